/**
 * Boxes on one photograph after another: drawn, moved, judged and undone, by mouse and by keyboard.
 *
 *   <figure data-photo> <section data-boxes>: see templates/labeling/_boxes.html
 *
 * Speaks of `{id, label, box: [x1, y1, x2, y2], of?}` in pixels of the image. Events: `changed`; `refused` with
 * `{reason}`; `skip`, for a space bar that was pressed and moved nothing.
 */

import { Handles } from "./adapter.js";
import { inTheMiddleOf, isTooSmall, settled, TOO_SMALL, under } from "./geometry.js";
import { History } from "./history.js";
import { Keys } from "./keys.js";
import { Layer } from "./layer.js";
import { inWords, List } from "./list.js";
import { Pen } from "./pen.js";
import * as said from "./regions.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";

const REACH_PX = 4;

export class BoxEditor extends EventTarget {
  #on = null;
  #history = new History([]);
  #selected = null;
  #live = null;

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
    return this.#on !== null;
  }

  get regions() {
    return this.#history.state;
  }

  get selected() {
    return this.regions.find(({ id }) => id === this.#selected) ?? null;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  get extremes() {
    return this.#on?.pen.extremes ?? false;
  }

  get scale() {
    return this.#on?.view.scale ?? null;
  }

  /** Puts a photograph of `width` × `height` pixels on the stage, its boxes as proposed, or as `value` has them. */
  show({ image, width, height, proposal = null, value = null }) {
    const extremes = this.extremes;
    this.clear();
    const size = { width, height };
    const view = new View({ frame: this.root, image, size, changed: () => this.#scaled() });
    const layer = new Layer({ pane: view.pane, size, labels: this.labels });
    const handles = new Handles({ target: view.pane, ...size, changed: (box) => this.#dragged(box) });
    const pen = new Pen({
      frame: this.root,
      view,
      handles,
      on: {
        band: (box) => layer.rubberBand(box, this.label),
        points: (points) => {
          layer.points(points, this.label);
          this.tools.show();
        },
        drawn: (box) => this.draw(box),
        chosen: (point) => this.choose(under(point, this.regions, REACH_PX / view.scale)?.id ?? null),
        held: () => (this.#live = null),
        letGo: () => this.#letGo(),
      },
    });
    pen.extremes = extremes;
    view.pane.tabIndex = 0;
    view.pane.setAttribute("role", "application");
    view.pane.setAttribute("aria-label", "Photograph with boxes. Tab goes through them, arrows move one, B draws one");
    this.#on = { view, layer, handles, pen, size, proposal };
    this.#history = new History(said.begun(proposal, value));
    this.#scaled();
    this.#refresh();
  }

  /** Nothing is on the stage any more. */
  clear() {
    if (!this.#on) return;
    for (const part of [this.#on.pen, this.#on.handles, this.#on.view]) part.destroy();
    this.#on = null;
    this.#history = new History([]);
    this.#selected = null;
    this.list.show([], null);
    this.tools.show();
  }

  /** What is said, as the API takes it. */
  value() {
    return said.valueOf(this.regions);
  }

  /** Whether there is a proposal, every box of it was accepted as it is, and none was added. */
  isProposal() {
    return this.#on?.proposal != null && said.isTheProposal(this.regions);
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
    this.#on.view.reveal(selected.box);
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
    this.#set(said.accepted(this.regions, id));
    this.#next(id);
  }

  /** Rejects a proposed box, deletes one that was drawn. */
  reject(id = this.#selected) {
    if (id === null) return;
    const index = this.regions.findIndex((region) => region.id === id);
    const name = this.named.get(this.regions[index].label)?.name;
    this.#set(said.rejected(this.regions, id));
    this.say(`${name} ${this.regions.some((region) => region.id === id) ? "rejected" : "deleted"}`);
    this.#next(id, index);
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
    if (this.isOn) this.draw(inTheMiddleOf(this.#on.view.inView(), this.#on.size));
  }

  draw(box) {
    if (isTooSmall(box)) {
      this.#refuse(TOO_SMALL);
      return;
    }
    const next = said.drawn(this.regions, this.label, box);
    this.#selected = next.at(-1).id;
    this.#set(next);
    this.#on.view.pane.focus({ preventScroll: true });
    this.#tell();
  }

  /** Moves or resizes the box in hand by `shape(box, size)`; one `run` of it is undone at once. */
  reshape(shape, run = null) {
    const { selected } = this;
    if (!selected) return false;
    const box = shape(selected.box, this.#on.size);
    this.#set(said.placed(this.regions, selected.id, box), run && `${run} ${selected.id}`);
    this.#on.view.reveal(box);
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
    const { pen } = this.#on;
    pen.cancel();
    pen.extremes = !pen.extremes;
    this.root.classList.toggle("extremes", pen.extremes);
    this.say(pen.extremes ? "Four clicks draw a box: top, left, bottom, right" : "A drag draws a box");
    this.tools.show();
  }

  /** Forgets half a box, lets go of the box in hand; whether there was anything to leave. */
  escape() {
    if (this.#on.pen.cancel()) return true;
    if (this.#selected === null) return false;
    this.choose(null);
    return true;
  }

  zoom(direction) {
    this.#on?.view.step(direction, this.selected?.box);
  }

  fit() {
    this.#on?.view.fit();
  }

  /** Whether space is held: dragging pans while it is. */
  set panning(held) {
    const { pen } = this.#on ?? {};
    if (!pen) return;
    pen.panning = held;
    this.root.classList.toggle("may-pan", held);
    if (held) pen.panned = false;
    else if (!pen.panned) this.dispatchEvent(new Event("skip"));
  }

  get pane() {
    return this.#on?.view.pane ?? null;
  }

  get points() {
    return this.#on?.pen.points ?? 0;
  }

  /** A key pressed on the page; whether it was for the boxes. */
  key(event) {
    return this.keys.pressed(event);
  }

  #next(id, index = this.regions.findIndex((region) => region.id === id)) {
    const after = [...this.regions.slice(index), ...this.regions.slice(0, index)];
    const next = said.undecided(after)[0];
    const lost = document.activeElement === document.body;
    if (next) this.choose(next.id);
    else if (!this.selected) this.choose(null);
    if (lost) this.#on.view.pane.focus({ preventScroll: true });
  }

  #dragged(box) {
    this.#live = box;
    this.#on.layer.follow(this.#selected, settled(box, this.selected.box, this.#on.size));
  }

  #letGo() {
    const { selected } = this;
    if (!this.#live || !selected) return;
    const box = settled(this.#live, selected.box, this.#on.size);
    this.#live = null;
    if (isTooSmall(box)) {
      this.#on.layer.follow(selected.id, selected.box);
      this.#on.handles.hold(selected.box);
      this.#refuse(TOO_SMALL);
      return;
    }
    this.#set(said.placed(this.regions, selected.id, box));
    this.#tell();
  }

  #set(regions, run = null) {
    this.#history.set(regions, run);
    this.#refresh();
    this.dispatchEvent(new Event("changed"));
  }

  #stepped(words) {
    if (!this.selected) this.#selected = null;
    this.#refresh();
    this.say(words);
    this.dispatchEvent(new Event("changed"));
  }

  #refresh() {
    if (!this.#on) return;
    if (!this.selected) this.#selected = null;
    this.#on.layer.show(this.regions, this.#selected);
    const inHand = this.selected?.state === "rejected" ? null : this.selected;
    this.#on.handles.hold(inHand?.box ?? null);
    this.list.show(this.regions, this.#selected);
    this.tools.show();
  }

  #scaled() {
    this.#on?.layer.rescale(this.#on.view.scale);
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
