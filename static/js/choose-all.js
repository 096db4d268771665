/**
 * One box that chooses every other of a name, and follows them.
 *
 *   <input type="checkbox" data-choose-all="image">   <input type="checkbox" name="image" value="…"> …
 */

/** Whether all, none or some are chosen. */
export function stateOf(boxes) {
  const chosen = boxes.filter((box) => box.checked).length;
  return { checked: boxes.length > 0 && chosen === boxes.length, indeterminate: chosen > 0 && chosen < boxes.length };
}

export function tie(all, boxes) {
  const follow = () => Object.assign(all, stateOf(boxes));
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", follow);
  follow();
}

if (typeof document !== "undefined") {
  for (const all of document.querySelectorAll("[data-choose-all]")) {
    tie(all, [...document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all.dataset.chooseAll)}"]`)]);
  }
}
