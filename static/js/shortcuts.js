/**
 * A key presses the visible button that names it, or goes to the field that does, so that every shortcut can be seen,
 * found and switched off.
 *
 *   <button aria-keyshortcuts="a">Accept <kbd>A</kbd></button>
 *   <label class="switch"><input type="checkbox" data-shortcuts-switch> Single-key shortcuts</label>
 */

const KEPT = "vouch:shortcuts";
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSABLE = "button, a[href], summary, input, [tabindex='0']";

/** A key event as `aria-keyshortcuts` writes it: `a`, `1`, `Space`, `Backspace`, `Control+Enter`, `?`. */
export function nameOf({ key, ctrlKey = false, metaKey = false, altKey = false }) {
  const name = key === " " ? "Space" : key.length === 1 ? key.toLowerCase() : key;
  return `${ctrlKey || metaKey ? "Control+" : ""}${altKey ? "Alt+" : ""}${name}`;
}

/** Whether the focused element wants this key for itself. */
export function belongsTo(element, name) {
  if (!element) return false;
  if (element.matches(TYPING)) return !name.startsWith("Control+");
  return (name === "Space" || name === "Enter") && element.matches(PRESSABLE);
}

export function areOn(store) {
  try {
    return store.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

export function listen(root = document, store = localStorage) {
  for (const box of root.querySelectorAll("[data-shortcuts-switch]")) {
    box.checked = areOn(store);
    box.addEventListener("change", () => store.setItem(KEPT, box.checked ? "on" : "off"));
  }
  root.addEventListener("keydown", (event) => {
    const name = nameOf(event);
    // A dialog that closes keeps the focus until the next frame.
    if (event.defaultPrevented || (event.target.checkVisibility() && belongsTo(event.target, name))) return;
    // With a modifier a key is no single-key shortcut: it works though those are off.
    if (!name.includes("+") && !areOn(store)) return;
    const within = root.querySelector("dialog[open]") ?? root;
    const button = [...within.querySelectorAll("[aria-keyshortcuts]")].find(
      (one) => one.getAttribute("aria-keyshortcuts").split(" ").includes(name) && one.checkVisibility(),
    );
    if (!button) return;
    event.preventDefault();
    if (!event.repeat && !button.disabled) press(button);
  });
}

function press(button) {
  if (button.matches(TYPING)) {
    button.focus();
    return;
  }
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 120);
  button.click();
}
