/** `<button data-print>`: the browser's own way to print the page, every part of it laid open. */

export function layOpen(root) {
  for (const part of root.querySelectorAll("main details")) part.open = true;
}

if (typeof document !== "undefined") {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-print]")) return;
    layOpen(document);
    print();
  });
  addEventListener("beforeprint", () => layOpen(document));
}
