/** A photograph in its frame, zoomed by wheel and keys, panned by hand: an element the size of the image as it is seen. */

import { fitted, inView, isAllInView, panned, revealing, zoomed } from "./zoom.js";

const PIXELS_SHOW = 3;
const STEP = 1.25;

export class View {
  #fits = true;
  #view;

  /** `image` is put into a pane in `frame`; `size` is its own `{width, height}`; `changed()` after each zoom or pan. */
  constructor({ frame, image, size, changed }) {
    Object.assign(this, { frame, size, changed });
    this.pane = document.createElement("div");
    this.pane.className = "box-pane";
    this.pane.append(image);
    frame.replaceChildren(this.pane);
    this.fit();
    this.watch = new ResizeObserver(() => (this.#fits ? this.fit() : this.#set(panned(this.#view, 0, 0, ...this.#sizes()))));
    this.watch.observe(frame);
    this.wheel = (event) => this.#turned(event);
    frame.addEventListener("wheel", this.wheel, { passive: false });
  }

  /** CSS pixels to one pixel of the image. */
  get scale() {
    return this.#view.scale;
  }

  fit() {
    this.#fits = true;
    this.#set(fitted(...this.#sizes()));
  }

  /** One step nearer (1) or farther (-1) about a box, or about the middle of the frame. */
  step(direction, about = null) {
    const { width, height } = this.#sizes()[1];
    const middle = about && { x: (about[0] + about[2]) / 2, y: (about[1] + about[3]) / 2 };
    const point = middle
      ? { x: this.#view.x + middle.x * this.scale, y: this.#view.y + middle.y * this.scale }
      : { x: width / 2, y: height / 2 };
    this.#zoom(STEP ** direction, point);
  }

  /** Zoomed by a factor about a point of the window, which goes along from there to another. */
  pinch(factor, from, to) {
    const { left, top } = this.frame.getBoundingClientRect();
    this.#zoom(factor, { x: from.x - left, y: from.y - top });
    this.pan(to.x - from.x, to.y - from.y);
  }

  pan(dx, dy) {
    this.#set(panned(this.#view, dx, dy, ...this.#sizes()));
  }

  reveal(box) {
    if (!this.#fits) this.#set(revealing(this.#view, box, ...this.#sizes()));
  }

  /** Where a pointer is, in pixels of the image; outside it where the pointer is. */
  point({ clientX, clientY }) {
    const { left, top } = this.pane.getBoundingClientRect();
    return { x: (clientX - left) / this.scale, y: (clientY - top) / this.scale };
  }

  inView() {
    return inView(this.#view, ...this.#sizes());
  }

  destroy() {
    this.watch.disconnect();
    this.frame.removeEventListener("wheel", this.wheel);
    this.pane.remove();
  }

  #sizes() {
    return [this.size, { width: this.frame.clientWidth || 1, height: this.frame.clientHeight || 1 }];
  }

  #turned(event) {
    event.preventDefault();
    const { left, top } = this.frame.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.#zoom(Math.exp(-event.deltaY * lines * 0.002), { x: event.clientX - left, y: event.clientY - top });
  }

  #zoom(factor, point) {
    const next = zoomed(this.#view, factor, point, ...this.#sizes());
    this.#fits = isAllInView(next, ...this.#sizes());
    this.#set(next);
  }

  #set(view) {
    this.#view = view;
    const { style, classList } = this.pane;
    style.left = `${view.x}px`;
    style.top = `${view.y}px`;
    style.width = `${this.size.width * view.scale}px`;
    style.height = `${this.size.height * view.scale}px`;
    classList.toggle("pixels-show", view.scale >= PIXELS_SHOW);
    this.changed?.();
  }
}
