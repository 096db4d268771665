/**
 * Saves rows that the page carries as a CSV file.
 *
 *   <script id="all-errors" type="application/json">[[3, "a.jpg", "why"], …]</script>
 *   <button hidden data-download-table="all-errors" data-download-name="refused.csv" data-download-head="row,file,reason">
 *
 * The button is hidden until this has loaded.
 */

const FORMULA = /^[=+\-@\t\r]/;

/** One cell as RFC 4180 wants it. Text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function cell(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && FORMULA.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows below the head, lines ended by CR LF. */
export function csvOf(head, rows) {
  return [head, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

function save(button) {
  const rows = JSON.parse(document.getElementById(button.dataset.downloadTable).textContent);
  const csv = csvOf(button.dataset.downloadHead.split(","), rows);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  link.download = button.dataset.downloadName;
  link.click();
  URL.revokeObjectURL(link.href);
}

if (typeof document !== "undefined") {
  for (const button of document.querySelectorAll("[data-download-table]")) {
    button.hidden = false;
    button.addEventListener("click", () => save(button));
  }
}
