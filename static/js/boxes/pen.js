/**
 * The hand on the photograph: a drag draws, begun in a box it carries that one, with Shift it draws all the same; a click
 * chooses, four clicks at the extremes of a thing draw its box (Papadopoulos et al., "Extreme clicking for efficient
 * object annotation", ICCV 2017), space or the middle button pans.
 *
 * `on` hears `band(box | null)`, `points([…])`, `drawn(box)`, `chosen(point)`; of a handle `held()` and `letGo(stands)`;
 * of a box under the pointer `carried(dx, dy)` in pixels of the image and `dropped([dx, dy] | null)`, after
 * `carries(point)` said whether there is one.
 */

import { around } from "./geometry.js";

const DRAG_PX = 4;
const EXTREMES = 4;

export class Pen {
  #points = [];
  #stop = new AbortController();
  #leave = () => {};
  panning = false;
  extremes = false;

  constructor({ frame, view, handles, on }) {
    Object.assign(this, { frame, view, handles, on });
    const { signal } = this.#stop;
    // Before the handles hear of it: what is not theirs never reaches them.
    frame.addEventListener("pointerdown", (event) => this.#down(event), { capture: true, signal });
    frame.addEventListener("auxclick", (event) => event.preventDefault(), { signal });
  }

  get points() {
    return this.#points.length;
  }

  /** Forgets the points clicked so far; whether there were any. */
  cancel() {
    const had = this.#points.length > 0;
    this.#points = [];
    this.on.points([]);
    return had;
  }

  /** Nothing comes of what this pointer began: a second finger makes it a pinch. */
  abandon() {
    this.#leave();
    if (!this.#points.pop()) return;
    this.on.points([...this.#points]);
  }

  destroy() {
    this.#stop.abort();
  }

  #down(event) {
    if (event.button === 1 || (event.button === 0 && this.panning)) {
      this.#take(event);
      this.#pan(event);
      return;
    }
    if (event.button !== 0) return;
    if (this.extremes) {
      this.#take(event);
      this.#click(this.view.point(event));
      return;
    }
    if (!event.shiftKey && this.handles.has(event.target)) {
      this.on.held();
      this.#until(event, () => {}, ({ type }) => this.on.letGo(type !== "pointercancel"));
      return;
    }
    this.#take(event);
    this.#drag(event);
  }

  #click(point) {
    this.#points.push(point);
    if (this.#points.length < EXTREMES) {
      this.on.points([...this.#points]);
      return;
    }
    const box = around(this.#points, this.view.size);
    this.cancel();
    this.on.drawn(box);
  }

  #drag(start) {
    const from = this.view.point(start);
    const carries = !start.shiftKey && this.on.carries(from);
    let box = null;
    let by = null;
    this.#until(
      start,
      (event) => {
        const far = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) >= DRAG_PX;
        if (!box && !by && !far) return;
        const to = this.view.point(event);
        if (carries) {
          by = [to.x - from.x, to.y - from.y];
          this.on.carried(...by);
          return;
        }
        box = around([from, to], this.view.size);
        this.on.band(box);
      },
      ({ type }) => {
        const stands = type !== "pointercancel";
        this.on.band(null);
        if (by) this.on.dropped(stands ? by : null);
        else if (!stands) return;
        else if (box) this.on.drawn(box);
        else this.on.chosen(from);
      },
    );
  }

  #pan(start) {
    let { clientX: x, clientY: y } = start;
    this.panned = true;
    this.frame.classList.add("panning");
    this.#until(
      start,
      ({ clientX, clientY }) => {
        this.view.pan(clientX - x, clientY - y);
        [x, y] = [clientX, clientY];
      },
      () => this.frame.classList.remove("panning"),
    );
  }

  /** Follows this pointer to its end, wherever it goes. */
  #until({ pointerId }, move, end) {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stop.signal]);
    const mine = (then) => (event) => event.pointerId === pointerId && then(event);
    this.#leave = () => {
      this.#leave = () => {};
      over.abort();
      end({ type: "pointercancel" });
    };
    addEventListener("pointermove", mine(move), { signal });
    for (const last of ["pointerup", "pointercancel"]) {
      addEventListener(last, mine((event) => {
        this.#leave = () => {};
        over.abort();
        end(event);
      }), { signal });
    }
  }

  #take(event) {
    event.stopPropagation();
    event.preventDefault();
    this.frame.setPointerCapture?.(event.pointerId);
  }
}
