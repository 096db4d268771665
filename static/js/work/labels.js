/**
 * A long list of labels: typing narrows it, enter chooses the one that is marked, arrows walk through it.
 *
 *   <div data-labels>
 *     <input data-label-filter aria-keyshortcuts="/"> <p data-label-found role="status"></p>
 *     <section data-label-group> <h2>…</h2> <button data-label="milk"><span>Milk</span></button> … </section>
 *   </div>
 */

import { best, matches } from "./filter.js";

/** Wires the list; `leave()` gives the focus back to the photograph. A short list has no field, and only arrows. */
export function wireLabels(root, leave) {
  const field = root.querySelector("[data-label-filter]");
  const buttons = [...root.querySelectorAll("[data-label]")];
  root.addEventListener("keydown", (event) => walk(event, root, field));
  if (!field) return;
  const names = buttons.map((button) => button.querySelector("span").textContent);

  function narrow() {
    const typed = field.value;
    const chosen = best(names, typed);
    let count = 0;
    buttons.forEach((button, index) => {
      const is = matches(names[index], typed);
      count += is;
      button.hidden = !is;
      button.classList.toggle("marked", index === chosen);
    });
    for (const group of root.querySelectorAll("[data-label-group]")) {
      group.hidden = !group.querySelector("[data-label]:not([hidden])");
    }
    root.querySelector("[data-label-found]").textContent = said(typed, count, names[chosen]);
    if (chosen >= 0) buttons[chosen].scrollIntoView({ block: "nearest" });
  }

  function clear() {
    field.value = "";
    narrow();
  }

  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      clear();
      leave();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const chosen = buttons[best(names, field.value)];
      if (!chosen || chosen.disabled) return;
      clear();
      leave();
      chosen.click();
    }
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      if (field.value !== "") clear();
    });
  }
}

function said(typed, count, name) {
  if (typed.trim() === "") return "";
  if (count === 0) return "No label begins so";
  return count === 1 ? `Enter chooses ${name}` : `${count} labels. Enter chooses ${name}`;
}

function walk(event, root, field) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...(field ? [field] : []), ...root.querySelectorAll("button:not([hidden], :disabled)")];
  const at = stops.indexOf(event.target);
  if (at < 0) return;
  event.preventDefault();
  stops[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), stops.length - 1)].focus();
}
