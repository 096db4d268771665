/**
 * Keys that no button stands for: arrows move (Shift: ten pixels) and with Alt resize, Tab goes through the boxes and on
 * at either end, Enter accepts, Delete rejects, Escape lets go, Control+Z undoes, space held pans.
 */

import { moved, resized } from "./geometry.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10;
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSABLE = "button, a[href], summary, input";

export class Keys {
  #space = false;
  #presses = 0;

  constructor({ root, list, editor }) {
    Object.assign(this, { stage: root.closest("[data-stage]") ?? root, list, editor });
    addEventListener("keyup", (event) => this.#released(event));
    addEventListener("blur", () => (this.#space = false));
  }

  /** Whether the key was for the boxes: then nothing else may come of it. */
  pressed(event) {
    const { target, key } = event;
    const { editor } = this;
    if (!editor.isOn || event.defaultPrevented || document.querySelector("dialog[open]")) return false;
    if (target.matches?.(TYPING)) return false;
    if (event.ctrlKey || event.metaKey) return this.#withControl(event);
    const onStage = target === document.body || this.stage.contains(target);
    if (key === " ") return this.#spaced(event);
    if (key in ARROWS) return (onStage || this.list.contains(target)) && this.#arrow(event);
    if (event.altKey) return false;
    if (key === "Delete") return editor.selected !== null && (editor.reject(), true);
    if (!onStage) return false;
    if (key === "Tab") return editor.cycle(event.shiftKey ? -1 : 1);
    if (key === "Enter") return editor.selected !== null && (editor.accept(), true);
    return key === "Escape" && editor.escape();
  }

  #withControl({ key, shiftKey, altKey }) {
    const letter = key.toLowerCase();
    if (altKey || (letter !== "z" && letter !== "y")) return false;
    if (letter === "y" || shiftKey) this.editor.redo();
    else this.editor.undo();
    return true;
  }

  #arrow({ key, shiftKey, altKey, repeat }) {
    const by = ARROWS[key].map((step) => step * (shiftKey ? FAR : 1));
    const shape = altKey ? resized : moved;
    // Held down, a key is one press, and undone as one.
    if (!repeat) this.#presses += 1;
    const reshaped = this.editor.reshape((box, size) => shape(box, ...by, size), this.#presses);
    // With Alt an arrow would leave the page: never, with a photograph on the stage.
    return reshaped || altKey;
  }

  #spaced({ target, repeat }) {
    if (target.matches?.(PRESSABLE)) return false;
    if (!repeat) this.editor.panning = this.#space = true;
    return true;
  }

  #released({ key }) {
    if (key !== " " || !this.#space) return;
    this.#space = false;
    this.editor.panning = false;
  }
}
