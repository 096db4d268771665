/**
 * Brings the photograph closer: two fingers spread, one finger moves it then, a double tap goes in and out again, the
 * wheel does where there is one. A button that says so brings all of it back.
 *
 *   <section data-stage> <figure data-photo> <button type="button" data-whole hidden>
 */

import { Pinch } from "../boxes/pinch.js";
import { isAllInView, panned, zoomed } from "../boxes/zoom.js";

const ALL = { scale: 1, x: 0, y: 0 };
const CLOSER = 2.5;
const A_NOTCH = 1.2;
const DOUBLE_TAP_MS = 300;
const STILL_PX = 12;

export class Closer {
  #view = ALL;
  #finger = null;
  #tapped = null;

  constructor(stage) {
    this.stage = stage;
    this.photo = stage.querySelector("[data-photo]");
    this.button = stage.querySelector("[data-whole]");
    this.button.addEventListener("click", () => this.whole());
    new Pinch({ frame: this.photo, view: this, begins: () => this.#letGo() });
    this.photo.addEventListener("pointerdown", (event) => this.#down(event));
    this.photo.addEventListener("pointermove", (event) => this.#moved(event));
    this.photo.addEventListener("pointerup", (event) => this.#up(event));
    this.photo.addEventListener("pointercancel", () => this.#letGo());
    this.photo.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.whole()).observe(stage);
  }

  /** All of the photograph in view. */
  whole() {
    this.#set(ALL);
  }

  /** Two fingers went from one middle to another, and spread by a factor; places of the window. */
  pinch(factor, from, to) {
    const frame = this.#frame();
    const moved = panned(this.#view, to.x - from.x, to.y - from.y, frame, frame);
    this.#set(zoomed(moved, factor, this.#place(to, frame), frame, frame));
  }

  #frame() {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { left, top, width, height };
  }

  #place = ({ x, y }, { left, top }) => ({ x: x - left, y: y - top });

  #set(view) {
    this.#view = view;
    const { scale, x, y } = view;
    const isAll = view === ALL || isAllInView(view, this.#frame(), this.#frame());
    this.photo.style.transform = isAll ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    this.button.hidden = isAll;
    if (isAll) this.#view = ALL;
  }

  #down(event) {
    if (!event.isPrimary) return;
    this.#finger = { x: event.clientX, y: event.clientY, start: { x: event.clientX, y: event.clientY } };
    this.photo.setPointerCapture(event.pointerId);
  }

  #moved(event) {
    if (!this.#finger || this.#view === ALL) return;
    const frame = this.#frame();
    this.#set(panned(this.#view, event.clientX - this.#finger.x, event.clientY - this.#finger.y, frame, frame));
    Object.assign(this.#finger, { x: event.clientX, y: event.clientY });
  }

  #up(event) {
    const from = this.#finger?.start;
    this.#letGo();
    if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) return;
    const isSecond = this.#tapped !== null && event.timeStamp - this.#tapped < DOUBLE_TAP_MS;
    this.#tapped = isSecond ? null : event.timeStamp;
    if (!isSecond) return;
    const frame = this.#frame();
    if (this.#view !== ALL) this.whole();
    else this.#set(zoomed(ALL, CLOSER, this.#place({ x: event.clientX, y: event.clientY }, frame), frame, frame));
  }

  #letGo() {
    this.#finger = null;
  }

  #wheel(event) {
    event.preventDefault();
    const frame = this.#frame();
    const factor = event.deltaY < 0 ? A_NOTCH : 1 / A_NOTCH;
    this.#set(zoomed(this.#view, factor, this.#place({ x: event.clientX, y: event.clientY }, frame), frame, frame));
  }
}
