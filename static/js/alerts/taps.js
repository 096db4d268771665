/**
 * Taps that decide count once the photograph has been there for a moment: no double tap decides two alerts. Until then
 * the buttons say that they are disabled, and look it.
 */

const LOOK_FIRST_MS = 350;
const DECIDING = "[data-yes], [data-no], [data-cant-tell], [data-label]";

export class Taps {
  #timer = null;
  count = false;

  close() {
    clearTimeout(this.#timer);
    this.#let(false);
  }

  openSoon() {
    this.close();
    this.#timer = setTimeout(() => this.#let(true), LOOK_FIRST_MS);
  }

  #let(count) {
    this.count = count;
    for (const button of document.querySelectorAll(DECIDING)) button.setAttribute("aria-disabled", String(!count));
  }
}
