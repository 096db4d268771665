/** One photograph and its boxes on the stage: how they are seen, and what a hand does to them there. */

import { Handles } from "./adapter.js";
import { edgeShows, moved, settled, under } from "./geometry.js";
import { Layer } from "./layer.js";
import { Pen } from "./pen.js";
import { Pinch } from "./pinch.js";
import { View } from "./view.js";

const REACH_PX = 4;
const NAME = "Photograph with boxes. Tab goes through them, arrows move one, B draws one";

export class Scene {
  #live = null;
  #carried = null;
  #regions = [];
  #selected = null;

  /**
   * `on` hears `drawn(box)`, `chosen(id | null)`, `reshaped(id, box)`, `carried(id, box)`, `stepped()` after each click at an extreme, and
   * `scaled()`; `label()` is the key of the label that the next box gets.
   */
  constructor({ root, image, size, labels, label, on }) {
    Object.assign(this, { root, size, label, on });
    this.view = new View({ frame: root, image, size, changed: () => this.#scaled() });
    this.layer = new Layer({ pane: this.view.pane, size, labels });
    this.handles = new Handles({ target: this.view.pane, ...size, changed: (box) => this.#dragged(box) });
    this.pinch = new Pinch({ frame: root, view: this.view, begins: () => this.pen.abandon() });
    this.pen = new Pen({
      frame: root,
      view: this.view,
      handles: this.handles,
      on: {
        band: (box) => this.layer.rubberBand(box, label()),
        points: (points) => {
          this.layer.points(points, label());
          on.stepped();
        },
        drawn: on.drawn,
        chosen: (point) => on.chosen(under(point, this.#regions, REACH_PX / this.view.scale)?.id ?? null),
        held: () => (this.#live = null),
        letGo: (stands) => this.#letGo(stands),
        carries: (point) => this.#takesUp(point),
        carried: (dx, dy) => this.layer.follow(this.#carried.id, moved(this.#carried.box, dx, dy, size)),
        dropped: (by) => this.#drop(by),
      },
    });
    const { pane } = this.view;
    pane.tabIndex = 0;
    pane.setAttribute("role", "application");
    pane.setAttribute("aria-label", NAME);
    this.layer.rescale(this.view.scale);
  }

  /** Shows these regions, with handles on the one in hand unless it was rejected. */
  show(regions, selected) {
    this.#regions = regions;
    this.#selected = regions.find(({ id }) => id === selected) ?? null;
    this.layer.show(regions, selected);
    this.#hold();
  }

  focus() {
    this.view.pane.focus({ preventScroll: true });
  }

  set extremes(are) {
    this.pen.cancel();
    this.pen.extremes = are;
    this.root.classList.toggle("extremes", are);
  }

  get extremes() {
    return this.pen.extremes;
  }

  /** Begins or ends panning by drag; at its end, whether anything was panned. */
  pan(begins) {
    this.pen.panning = begins;
    this.root.classList.toggle("may-pan", begins);
    if (begins) this.pen.panned = false;
    return this.pen.panned;
  }

  destroy() {
    this.root.classList.remove("extremes", "may-pan", "panning");
    for (const part of [this.pinch, this.pen, this.handles, this.view]) part.destroy();
  }

  #hold() {
    const held = this.#selected?.state === "rejected" ? null : this.#selected;
    this.handles.hold(held?.box ?? null);
  }

  #dragged(box) {
    this.#live = box;
    const { id, box: before } = this.#selected;
    this.layer.follow(id, settled(box, before, this.size));
  }

  /** Takes up the box under the point to be carried along; false where there is none that can be. */
  #takesUp(point) {
    const view = this.view.inView();
    const free = this.#regions.filter(({ box, state }) => state !== "rejected" && edgeShows(box, view));
    this.#carried = under(point, free);
    return this.#carried !== null;
  }

  #drop(by) {
    const { id, box } = this.#carried;
    this.layer.follow(id, box);
    if (by) this.on.carried(id, moved(box, ...by, this.size));
  }

  #letGo(stands) {
    if (!this.#live || !this.#selected) return;
    if (!stands) {
      this.#live = null;
      this.layer.follow(this.#selected.id, this.#selected.box);
      this.#hold();
      return;
    }
    const { id, box: before } = this.#selected;
    const box = settled(this.#live, before, this.size);
    this.#live = null;
    // As it was, until it is shown anew: it may be refused.
    this.layer.follow(id, before);
    this.#hold();
    this.on.reshaped(id, box);
  }

  #scaled() {
    this.layer?.rescale(this.view.scale);
    this.on.scaled();
  }
}
