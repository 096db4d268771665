/** The boxes on the annotator's page: what its buttons and keys do to them, and the answer that comes of it. */

import { areOn, nameOf } from "../shortcuts.js";
import { BoxEditor } from "./editor.js";

const $ = (selector) => document.querySelector(selector);

export class BoxDesk {
  /** By the task's id: what was drawn on a photograph that somebody left for another, to come back to. */
  #aside = new Map();

  /** `skip()` is called by a space bar that panned nothing, `warn(words)` with what was refused, `changed()` after a change. */
  constructor({ labels, skip, warn, changed }) {
    this.warn = warn;
    this.editor = new BoxEditor({
      root: $("[data-photo]"),
      list: $("[data-boxes]"),
      labels,
      say: (words) => ($("[data-box-said]").textContent = words),
    });
    this.editor.addEventListener("refused", ({ detail }) => warn(detail.reason));
    this.editor.addEventListener("skip", () => areOn(localStorage) && skip());
    this.editor.addEventListener("changed", () => {
      this.#mark();
      changed();
    });
    if (labels.length > 0) this.label(labels[0].key);
    // Nobody leaves what they drew unasked: by the browser's own buttons it would be gone.
    addEventListener("beforeunload", (event) => this.isTouched && event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (this.editor.key(event)) event.preventDefault();
      // Where somebody types, Control+Z undoes what was typed.
      else if (event.target.matches?.("input, textarea") && nameOf(event) === "Control+z") event.stopImmediatePropagation();
    });
  }

  /** Whether something is drawn that no answer has yet. */
  get isTouched() {
    return this.editor.isTouched;
  }

  /** Lays aside what is drawn, for when this task is shown again. */
  layAside(task) {
    if (this.isTouched) this.#aside.set(task.id, this.editor.sheet);
  }

  /** Forgets what was laid aside of a task; whether there was anything. */
  forget(task) {
    return this.#aside.delete(task.id);
  }

  /** Shows the boxes of a task on its photograph: as laid aside, as an earlier choice left them, or as proposed. */
  show(task, image, earlier = null) {
    const { width, height } = task.image;
    const { proposal } = task;
    const sheet = this.#aside.get(task.id);
    this.editor.show({ image, width, height, proposal, value: valueOf(earlier, proposal), sheet });
    this.proposed = Boolean(task.proposal);
    this.#mark();
    const { activeElement } = document;
    if (activeElement === document.body || $("[data-stage]").contains(activeElement)) {
      this.editor.focus();
    }
  }

  clear() {
    this.editor.clear();
  }

  /** One button at a time is the obvious one: to accept while some wait to be judged, to send once none does. */
  #mark() {
    const accept = $("[data-accept]");
    const judged = accept === null || this.editor.undecided === 0;
    accept?.classList.toggle("primary", !judged);
    $("[data-submit]").classList.toggle("primary", judged);
  }

  label(key) {
    this.editor.setLabel(key);
    for (const button of document.querySelectorAll("[data-label]")) {
      button.classList.toggle("next", button.dataset.label === key);
      button.setAttribute("aria-pressed", String(button.dataset.label === key));
    }
  }

  /** The answer that the boxes come to, once something was said of each; null, and why, before that. */
  choice() {
    const { undecided } = this.editor;
    if (undecided > 0) {
      const many = undecided === 1 ? "1 proposed box is" : `${undecided} proposed boxes are`;
      this.warn(`${many} not judged yet: accept or reject each, or press A to accept the rest.`);
      return null;
    }
    const value = this.editor.value();
    if (!this.proposed) return { verdict: "label", value };
    return this.editor.isProposal() ? { verdict: "accept" } : { verdict: "correct", value };
  }

  /** Whether some boxes stand, and "nothing there" would throw them away unseen. */
  get isNotEmpty() {
    const stand = this.editor.value().regions.length - this.editor.undecided;
    if (stand > 0) this.warn(`${stand === 1 ? "1 box stands" : `${stand} boxes stand`}: send or delete them before you say that nothing is there.`);
    return stand > 0;
  }

  /** The answer with everything accepted that was not judged. */
  rest() {
    this.editor.acceptAll();
    return this.choice();
  }
}

/** What an earlier choice said of the boxes; null where it said nothing of them. */
function valueOf(earlier, proposal) {
  if (earlier?.verdict !== "accept") return earlier?.value ?? null;
  return { regions: proposal.regions.map((region) => ({ ...region, of: region.id })) };
}
