/**
 * Boxes on one photograph after another: drawn, moved, judged and undone, by mouse and by keyboard.
 *
 *   <figure data-photo> <section data-boxes>: see templates/labeling/_boxes.html
 *
 * Speaks of `{id, label, box: [x1, y1, x2, y2], of?}` in pixels of the image. Events: `changed`; `refused` with
 * `{reason}`; `skip`, for a space bar that was pressed and moved nothing.
 */

import { inTheMiddleOf, isTooSmall, TOO_SMALL } from "./geometry.js";
import { Keys } from "./keys.js";
import { inWords, List } from "./list.js";
import { Scene } from "./scene.js";
import { Sheet } from "./sheet.js";
import { Tools } from "./tools.js";

const NO_LABEL = "This project has no label to give a box. A QA lead or an engineer adds them.";

export class BoxEditor extends EventTarget {
  #scene = null;
  sheet = new Sheet();

  /** `root` is the stage's figure, `list` the section beside it; `say(words)` is heard by a screen reader. */
  constructor({ root, list, labels, say }) {
    super();
    Object.assign(this, { root, labels, say, label: labels[0]?.key });
    this.named = new Map(labels.map((label) => [label.key, label]));
    this.keys = new Keys({ root, list, editor: this });
    this.list = new List({
      root: list,
      labels,
      act: { choose: (id) => this.choose(id), accept: (id) => this.accept(id), reject: (id) => this.reject(id) },
    });
    this.tools = new Tools({ roots: [root.parentElement, list], editor: this });
    this.tools.show();
  }

  /** Whether a photograph is shown. */
  get isOn() {
    return this.#scene !== null;
  }

  get selected() {
    return this.sheet.selected;
  }

  get extremes() {
    return this.#scene?.extremes ?? false;
  }

  /** How many extremes of the next box were clicked. */
  get points() {
    return this.#scene?.pen.points ?? 0;
  }

  get scale() {
    return this.#scene?.view.scale ?? null;
  }

  /** Whether something was done to the boxes that no answer has yet. */
  get isTouched() {
    return this.sheet.canUndo;
  }

  /**
   * Puts a photograph of `width` × `height` pixels on the stage, its boxes as proposed, as `value` has them, or as they
   * were on a `sheet` laid aside.
   */
  show({ image, width, height, proposal = null, value = null, sheet = new Sheet(proposal, value) }) {
    const { extremes } = this;
    this.clear();
    this.#scene = new Scene({
      root: this.root,
      image,
      size: { width, height },
      labels: this.labels,
      label: () => this.label,
      on: {
        drawn: (box) => this.draw(box),
        chosen: (id) => this.choose(id),
        reshaped: (id, box) => this.#place(id, box),
        carried: (id, box) => {
          this.sheet.choose(id);
          this.#place(id, box);
          this.#scene.focus();
        },
        stepped: () => this.tools.show(),
        scaled: () => this.tools.show(),
      },
    });
    this.#scene.extremes = extremes;
    this.sheet = sheet;
    this.#refresh();
  }

  /** Nothing is on the stage any more. */
  clear() {
    if (!this.isOn) return;
    this.#scene.destroy();
    this.#scene = null;
    this.sheet = new Sheet();
    this.list.show([], null);
    this.tools.show();
  }

  /** What is said, as the API takes it. */
  value() {
    return this.sheet.value;
  }

  /** Whether there is a proposal, every box of it was accepted as it is, and none was added. */
  isProposal() {
    return this.sheet.isProposal;
  }

  /** How many proposed boxes nothing was said about yet. */
  get undecided() {
    return this.sheet.undecided;
  }

  choose(id) {
    this.sheet.choose(id);
    this.#refresh();
    if (!this.selected) return;
    this.#scene.view.reveal(this.selected.box);
    this.#tell();
  }

  /** Relabels the box in hand; with none, the next box that is drawn gets the label. */
  setLabel(key) {
    this.label = key;
    const { inHand } = this.sheet;
    if (inHand) {
      this.sheet.relabel(inHand.id, key);
      this.#changed();
      this.#tell();
    } else if (this.isOn) {
      this.say(`The next box is ${this.named.get(key)?.name ?? key}`);
    }
    this.tools.show();
  }

  /** Takes the box as proposed (or as it was fixed), and on to the next that is undecided. */
  accept(id = this.selected?.id) {
    if (id === undefined) return;
    if (this.sheet.accept(id)) this.#changed();
    this.#next(this.sheet.regions.indexOf(this.sheet.region(id)));
  }

  /** Rejects a proposed box, deletes one that was drawn. */
  reject(id = this.selected?.id) {
    if (id === undefined) return;
    const region = this.sheet.region(id);
    const index = this.sheet.regions.indexOf(region);
    if (!this.sheet.reject(id)) return;
    this.#changed();
    this.say(`${this.named.get(region.label)?.name ?? region.label} ${this.sheet.region(id) ? "rejected" : "deleted"}`);
    this.#next(index);
  }

  acceptAll() {
    this.sheet.acceptAll();
    this.#changed();
  }

  undo() {
    if (this.sheet.undo()) this.#stepped("Undone");
  }

  redo() {
    if (this.sheet.redo()) this.#stepped("Done again");
  }

  /** A new box in the middle of what is in view, in hand at once: to be moved and resized by keys. */
  drawInTheMiddle() {
    if (this.isOn) this.draw(inTheMiddleOf(this.#scene.view.inView(), this.#scene.size));
  }

  draw(box) {
    if (!this.label || isTooSmall(box)) {
      this.#refuse(this.label ? TOO_SMALL : NO_LABEL);
      return;
    }
    this.sheet.draw(this.label, box);
    this.#changed();
    this.#scene.focus();
    this.#tell();
  }

  /** Moves or resizes the box in hand by `shape(box, size)`; what has the same `run` is undone at once. */
  reshape(shape, run = null) {
    const { inHand } = this.sheet;
    if (!inHand) return false;
    const box = shape(inHand.box, this.#scene.size);
    this.#place(inHand.id, box, run);
    this.#scene.view.reveal(box);
    return true;
  }

  /** On to the next box (1) or the one before (-1); false beyond the last. */
  cycle(direction) {
    const next = this.sheet.beside(direction);
    if (next) this.choose(next.id);
    return next !== undefined;
  }

  toggleExtremes() {
    if (!this.isOn) return;
    this.#scene.extremes = !this.extremes;
    this.say(this.extremes ? "Four clicks draw a box: top, left, bottom, right" : "A drag draws a box");
    this.tools.show();
  }

  /** Forgets half a box, lets go of the box in hand; whether there was anything to leave. */
  escape() {
    if (this.#scene.pen.cancel()) return true;
    if (!this.selected) return false;
    this.choose(null);
    return true;
  }

  zoom(direction) {
    this.#scene?.view.step(direction, this.selected?.box);
  }

  fit() {
    this.#scene?.view.fit();
  }

  /** Whether space is held: dragging pans while it is. */
  set panning(held) {
    const panned = this.#scene?.pan(held);
    if (panned === false && !held) this.dispatchEvent(new Event("skip"));
  }

  focus() {
    this.#scene?.focus();
  }

  /** A key pressed on the page; whether it was for the boxes. */
  key(event) {
    return this.keys.pressed(event);
  }

  /** On to the next from there that nothing was said about. */
  #next(index) {
    const lost = document.activeElement === document.body;
    const next = this.sheet.undecidedFrom(index);
    if (next) this.choose(next.id);
    if (lost) this.#scene.focus();
  }

  #place(id, box, run = null) {
    if (isTooSmall(box)) {
      this.#refuse(TOO_SMALL);
      return;
    }
    this.sheet.place(id, box, run);
    this.#changed();
    this.#tell();
  }

  #changed() {
    this.#refresh();
    this.dispatchEvent(new Event("changed"));
  }

  #stepped(words) {
    this.#changed();
    this.say(words);
  }

  #refresh() {
    if (!this.isOn) return;
    const { regions, selected } = this.sheet;
    this.#scene.show(regions, selected?.id ?? null);
    this.list.show(regions, selected?.id ?? null);
    this.tools.show();
  }

  #tell() {
    const { regions } = this.sheet;
    const words = inWords(this.selected, this.named);
    this.say(`Box ${regions.indexOf(this.selected) + 1} of ${regions.length}: ${words}`);
  }

  #refuse(reason) {
    this.say(reason);
    this.dispatchEvent(new CustomEvent("refused", { detail: { reason } }));
  }
}
