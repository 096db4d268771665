/**
 * The one module that knows Annotorious: its editor puts edges and corners to take hold of on one box at a time.
 *
 * Everything else speaks of boxes [x1, y1, x2, y2] in pixels of the image. See docs/adr/0006.
 */

import "./process.js";
import { createImageAnnotator } from "@annotorious/annotorious";

/** What of it takes a pointer for itself: the box in hand, its edges and corners. */
const HELD = ".a9s-annotation.selected";

export class Handles {
  #annotator;
  #serial = 0;
  #changed;

  /** Lies over `target`, which shows an image of `width` × `height` pixels. `changed(box)` while the box is dragged. */
  constructor({ target, width, height, changed }) {
    this.#changed = changed;
    const blank = new Image(width, height);
    blank.alt = "";
    target.append(blank);
    this.#annotator = createImageAnnotator(blank, { drawingEnabled: false });
    this.#annotator.element.classList.add("box-handles");
    this.#annotator.state.store.observe(({ origin, changes }) => {
      const geometry = changes.updated?.[0]?.newValue.target.selector.geometry;
      if (origin === "LOCAL" && geometry) this.#changed([geometry.x, geometry.y, geometry.x + geometry.w, geometry.y + geometry.h]);
    });
    // Its own keyboard stops have neither name nor keys: ours are the boxes themselves.
    this.#silence();
    this.watch = new MutationObserver(() => this.#silence());
    this.watch.observe(this.#annotator.element, { childList: true, subtree: true });
  }

  /** Puts the handles on this box; null takes them away. */
  hold(box) {
    if (box === null) {
      this.#annotator.clearAnnotations();
      return;
    }
    // Under a new name each time, so that its own undo (Ctrl+Z on the document) finds nothing: ours is the one.
    const id = `held-${(this.#serial += 1)}`;
    const [minX, minY, maxX, maxY] = box;
    const geometry = { x: minX, y: minY, w: maxX - minX, h: maxY - minY, rot: 0, bounds: { minX, minY, maxX, maxY } };
    const selector = { type: "RECTANGLE", geometry };
    this.#annotator.setAnnotations([{ id, bodies: [], target: { annotation: id, selector } }], true);
    this.#annotator.setSelected(id, true);
  }

  /** Whether the element is a handle, or the box that they are on. */
  has(element) {
    return element.closest?.(HELD) !== null && this.#annotator.element.contains(element);
  }

  destroy() {
    this.watch.disconnect();
    this.#annotator.destroy();
  }

  #silence() {
    for (const stop of this.#annotator.element.querySelectorAll("[tabindex], [role]")) {
      stop.removeAttribute("tabindex");
      stop.removeAttribute("role");
    }
  }
}
