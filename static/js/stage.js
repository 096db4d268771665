/**
 * Shows one thing at a time where the photograph stands: it, that it is on its way, that it failed, or that none waits.
 *
 *   <section data-stage> <figure data-photo> <p data-synthetic> <p data-banner> <div data-loading|data-empty|data-broken>
 */

const STATES = ["loading", "empty", "broken"];
const PATIENCE_MS = 150;

export class Stage {
  #serial = 0;

  /** `overlay(task, labels)` draws what lies over the photograph, or nothing; null where something else does. */
  constructor(root, overlay) {
    this.root = root;
    this.overlay = overlay;
    this.photo = root.querySelector("[data-photo]");
    this.synthetic = root.querySelector("[data-synthetic]");
  }

  get isBroken() {
    return !this.root.querySelector("[data-broken]").hidden;
  }

  /** Shows the task's photograph as soon as it is decoded; resolves to whether it could be shown. */
  async show(task, labels) {
    const serial = (this.#serial += 1);
    const patience = setTimeout(() => this.#only("loading", serial), PATIENCE_MS);
    let image = null;
    try {
      image = await task.photograph;
    } catch {
      // Said below.
    }
    clearTimeout(patience);
    if (serial !== this.#serial) return false;
    this.photo.replaceChildren(...(image ? [image] : []));
    const over = image && this.overlay?.(task, labels);
    if (over) this.photo.append(over);
    this.synthetic.hidden = !(image && task.image.context?.synthetic);
    this.#only(image ? null : "broken", serial);
    return image !== null;
  }

  loading() {
    this.#clear("loading");
  }

  empty() {
    this.#clear("empty");
  }

  #clear(state) {
    this.#serial += 1;
    this.photo.replaceChildren();
    this.synthetic.hidden = true;
    this.#only(state, this.#serial);
  }

  #only(state, serial) {
    if (serial !== this.#serial) return;
    for (const name of STATES) this.root.querySelector(`[data-${name}]`).hidden = name !== state;
    if (state === "loading") this.photo.replaceChildren();
  }
}
