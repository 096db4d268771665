/**
 * The form that brings labels in: shows what belongs to predictions for predictions alone, and says that it works.
 *
 *   <form data-label-import> <input type="radio" name="kind" value="labels|predictions">
 *     <div data-for-predictions>…</div> <button type="submit">Import</button> <span data-busy role="status"></span> </form>
 */

export function showFor(form) {
  const predictions = form.elements.kind.value === "predictions";
  for (const part of form.querySelectorAll("[data-for-predictions]")) part.hidden = !predictions;
}

export function showBusy(form, name) {
  form.querySelector("[type=submit]").disabled = true;
  form.querySelector("[data-busy]").textContent = `Sending and reading ${name}… Stay on this page: it tells what became of it.`;
}

if (typeof document !== "undefined") {
  for (const form of document.querySelectorAll("form[data-label-import]")) {
    showFor(form);
    form.addEventListener("change", () => showFor(form));
    form.addEventListener("submit", () => showBusy(form, form.elements.file.files[0]?.name ?? "the file"));
  }
  // A page that comes back from the browser's cache is not busy any more.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
