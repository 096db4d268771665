/**
 * Boxes on one photograph after another: drawn, moved, judged and undone, by mouse and by keyboard.
 *
 *   <figure data-photo> <section data-boxes>: see templates/labeling/_boxes.html
 *
 * Speaks of `{id, label, box: [x1, y1, x2, y2], of?}` in pixels of the image. Events: `changed`; `refused` with
 * `{reason}`; `skip`, for a space bar that was pressed and moved nothing.
 */

import { inTheMiddleOf, isTooSmall, TOO_SMALL } from "./geometry.js";
import { History } from "./history.js";
import { Keys } from "./keys.js";
import { inWords, List } from "./list.js";
import * as said from "./regions.js";
import { Scene } from "./scene.js";
import { Tools } from "./tools.js";

const NO_LABEL = "This project has no label to give a box. A QA lead or an engineer adds them.";

export class BoxEditor extends EventTarget {
  #scene = null;
  #proposal = null;
  #history = new History([]);
  #selected = null;

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

  get regions() {
    return this.#history.state;
  }

  get selected() {
    return this.#region(this.#selected) ?? null;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
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

  /** Puts a photograph of `width` × `height` pixels on the stage, its boxes as proposed, or as `value` has them. */
  show({ image, width, height, proposal = null, value = null }) {
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
        stepped: () => this.tools.show(),
        scaled: () => this.tools.show(),
      },
    });
    this.#scene.extremes = extremes;
    this.#proposal = proposal;
    this.#history = new History(said.begun(proposal, value));
    this.#refresh();
  }

  /** Nothing is on the stage any more. */
  clear() {
    if (!this.isOn) return;
    this.#scene.destroy();
    this.#scene = this.#proposal = this.#selected = null;
    this.#history = new History([]);
    this.list.show([], null);
    this.tools.show();
  }

  /** What is said, as the API takes it. */
  value() {
    return said.valueOf(this.regions);
  }

  /** Whether there is a proposal, every box of it was accepted as it is, and none was added. */
  isProposal() {
    return this.#proposal !== null && said.isTheProposal(this.regions);
  }

  /** How many proposed boxes nothing was said about yet. */
  get undecided() {
    return said.undecided(this.regions).length;
  }

  choose(id) {
    this.#selected = id;
    this.#refresh();
    const { selected } = this;
    if (!selected) return;
    this.#scene.view.reveal(selected.box);
    this.#tell();
  }

  /** Relabels the box in hand; with none, the next box that is drawn gets the label. */
  setLabel(key) {
    this.label = key;
    const { selected } = this;
    if (selected) this.#set(said.relabelled(this.regions, selected.id, key));
    else if (this.isOn) this.say(`The next box is ${this.named.get(key)?.name ?? key}`);
    this.tools.show();
    if (selected) this.#tell();
  }

  /** Takes the box as proposed (or as it was fixed), and on to the next that is undecided. */
  accept(id = this.#selected) {
    if (id === null) return;
    const { state } = this.#region(id);
    if (state === "proposed" || state === "rejected") this.#set(said.accepted(this.regions, id));
    this.#next(this.regions.indexOf(this.#region(id)));
  }

  /** Rejects a proposed box, deletes one that was drawn. */
  reject(id = this.#selected) {
    if (id === null || this.#region(id).state === "rejected") return;
    const region = this.#region(id);
    const index = this.regions.indexOf(region);
    this.#set(said.rejected(this.regions, id));
    this.say(`${this.named.get(region.label)?.name ?? region.label} ${this.#region(id) ? "rejected" : "deleted"}`);
    this.#next(index);
  }

  acceptAll() {
    this.#set(said.allAccepted(this.regions));
  }

  undo() {
    if (this.#history.undo()) this.#stepped("Undone");
  }

  redo() {
    if (this.#history.redo()) this.#stepped("Done again");
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
    const next = said.drawn(this.regions, this.label, box);
    this.#selected = next.at(-1).id;
    this.#set(next);
    this.#scene.focus();
    this.#tell();
  }

  /** Moves or resizes the box in hand by `shape(box, size)`; what has the same `run` is undone at once. */
  reshape(shape, run = null) {
    const { selected } = this;
    if (!selected) return false;
    const box = shape(selected.box, this.#scene.size);
    this.#set(said.placed(this.regions, selected.id, box), run);
    this.#scene.view.reveal(box);
    this.#tell();
    return true;
  }

  /** On to the next box (1) or the one before (-1); false beyond the last. */
  cycle(direction) {
    const index = this.regions.findIndex(({ id }) => id === this.#selected);
    const next = index < 0 && direction < 0 ? -1 : this.regions[index + direction];
    if (next === -1 || !next) return false;
    this.choose(next.id);
    return true;
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
    if (this.#selected === null) return false;
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

  #region(id) {
    return this.regions.find((region) => region.id === id);
  }

  /** On to the next from there that nothing was said about. */
  #next(index) {
    const [next] = said.undecided([...this.regions.slice(index), ...this.regions.slice(0, index)]);
    const lost = document.activeElement === document.body;
    if (next) this.choose(next.id);
    else if (!this.selected) this.choose(null);
    if (lost) this.#scene.focus();
  }

  #place(id, box) {
    if (isTooSmall(box)) {
      this.#refuse(TOO_SMALL);
      return;
    }
    this.#set(said.placed(this.regions, id, box));
    this.#tell();
  }

  #set(regions, run = null) {
    this.#history.set(regions, run);
    this.#refresh();
    this.dispatchEvent(new Event("changed"));
  }

  #stepped(words) {
    this.#refresh();
    this.say(words);
    this.dispatchEvent(new Event("changed"));
  }

  #refresh() {
    if (!this.isOn) return;
    if (!this.selected) this.#selected = null;
    this.#scene.show(this.regions, this.#selected);
    this.list.show(this.regions, this.#selected);
    this.tools.show();
  }

  #tell() {
    const { selected } = this;
    const index = this.regions.indexOf(selected) + 1;
    this.say(`Box ${index} of ${this.regions.length}: ${inWords(selected, this.named)}`);
  }

  #refuse(reason) {
    this.say(reason);
    this.dispatchEvent(new CustomEvent("refused", { detail: { reason } }));
  }
}
