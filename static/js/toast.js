/**
 * A short word to the reader that leaves by itself. A warning or an error stays until it is closed.
 *
 *   <div class="toasts" role="status" data-toasts data-close="Close"> <p class="toast success">…</p> </div>
 */

const STAYS_MS = 6_000;

/** Shows `words`; `kind` is success, warning, error or info. Returns the element. */
export function toast(words, kind = "info") {
  const element = document.createElement("p");
  element.className = `toast ${kind}`;
  element.textContent = words;
  document.querySelector("[data-toasts]").append(element);
  arrange(element);
  return element;
}

function arrange(element) {
  if (element.matches(".warning, .error")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = document.querySelector("[data-toasts]").dataset.close;
    button.addEventListener("click", () => element.remove());
    element.append(button);
  } else {
    setTimeout(() => element.remove(), STAYS_MS);
  }
}

if (typeof document !== "undefined") {
  for (const element of document.querySelectorAll("[data-toasts] .toast")) arrange(element);
}
