/**
 * Shows a label's right and wrong examples while a pointer rests on its button or the keyboard is on it, in the column
 * of the desk and never over the photograph. It stays while the pointer is on it, and goes by Escape.
 *
 *   <button data-label="KEY">…</button>   <section data-examples-of="KEY" data-label-name="…">…</section>
 */

const REST_MS = 250;
const LEAST_PX = 216;
const GAP_PX = 4;

export class Examples {
  /** `desk` is the column; `beside` the guideline's section, over which the examples are laid. */
  constructor(desk, beside) {
    Object.assign(this, { desk, beside, button: null, refused: null, timer: null });
    this.card = document.createElement("div");
    this.card.className = "label-examples";
    this.card.id = "label-examples";
    this.card.hidden = true;
    this.card.setAttribute("role", "group");
    desk.append(this.card);
  }

  wire() {
    const labelOf = ({ target }) => target.closest?.("[data-label]");
    this.desk.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const button = labelOf(event);
      if (button) this.soon(() => this.show(button));
      else if (this.card.contains(event.target)) this.soon(null);
      else this.soon(() => this.hide());
      if (button !== this.refused) this.refused = null;
    });
    this.desk.addEventListener("pointerleave", () => {
      this.refused = null;
      this.soon(() => this.hide());
    });
    this.desk.addEventListener("focusin", (event) => {
      const button = labelOf(event);
      if (!button?.matches(":focus-visible")) return;
      this.refused = null;
      this.soon(() => this.show(button), 0);
    });
    this.desk.addEventListener("focusout", (event) => {
      if (labelOf(event) && !this.card.contains(event.relatedTarget)) this.soon(() => this.hide());
    });
    // What was pressed has been decided: nothing more is said about it until the pointer comes back.
    this.desk.addEventListener("click", (event) => labelOf(event) && this.refuse());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.card.hidden) return;
      event.preventDefault();
      this.refuse();
    });
  }

  soon(then, wait = REST_MS) {
    clearTimeout(this.timer);
    if (then) this.timer = setTimeout(then, wait);
  }

  refuse() {
    this.refused = this.button;
    this.soon(null);
    this.hide();
  }

  show(button) {
    if (button === this.refused) return;
    const source = this.beside.querySelector(`[data-examples-of="${button.dataset.label}"]`);
    if (!source) {
      this.hide();
      return;
    }
    if (this.button === button && !this.card.hidden) return;
    this.hide();
    this.button = button;
    this.card.replaceChildren(...[...source.children].map((child) => child.cloneNode(true)));
    this.card.setAttribute("aria-label", `Examples of ${source.dataset.labelName}`);
    button.setAttribute("aria-details", this.card.id);
    this.card.hidden = false;
    this.place(button);
  }

  /** From the guideline's upper edge to the foot of the desk, higher where that is too little, below the button. */
  place(button) {
    const desk = this.desk.getBoundingClientRect();
    const guideline = this.beside.getBoundingClientRect();
    const bottom = desk.bottom - Math.max(guideline.bottom, Math.min(desk.bottom, guideline.top + LEAST_PX));
    const lowest = desk.height - bottom - LEAST_PX;
    const top = Math.max(Math.min(guideline.top - desk.top, lowest), button.getBoundingClientRect().bottom - desk.top + GAP_PX);
    this.card.style.top = `${top}px`;
    this.card.style.bottom = `${bottom}px`;
  }

  hide() {
    this.button?.removeAttribute("aria-details");
    this.card.hidden = true;
    this.button = null;
  }
}
