/** Two fingers on the photograph: it is zoomed as far as they spread and panned as they go; one finger is the pen's. */

const between = ([one, other]) => ({
  middle: { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 },
  gap: Math.max(Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), 1),
});

export class Pinch {
  #fingers = new Map();
  #stop = new AbortController();

  /** `begins()` is called when a second finger comes down: what the first began is off. */
  constructor({ frame, view, begins }) {
    Object.assign(this, { view, begins });
    const { signal } = this.#stop;
    // Before pen and handles: what two fingers do is not for them.
    frame.addEventListener("pointerdown", (event) => this.#down(event), { capture: true, signal });
    addEventListener("pointermove", (event) => this.#moved(event), { capture: true, signal });
    for (const last of ["pointerup", "pointercancel"]) {
      addEventListener(last, ({ pointerId }) => this.#fingers.delete(pointerId), { capture: true, signal });
    }
  }

  destroy() {
    this.#stop.abort();
  }

  #down(event) {
    if (event.pointerType !== "touch") return;
    this.#fingers.set(event.pointerId, event);
    if (this.#fingers.size < 2) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    this.begins();
  }

  #moved(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    const before = [...this.#fingers.values()];
    this.#fingers.set(event.pointerId, event);
    if (before.length < 2) return;
    event.stopImmediatePropagation();
    const [from, to] = [between(before), between([...this.#fingers.values()])];
    this.view.pinch(to.gap / from.gap, from.middle, to.middle);
  }
}
