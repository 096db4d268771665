/** Whether somebody is there: by their last touch or key. An alert is held no longer than somebody may be looking at it. */

const AWAY_MS = 120_000;

export class Presence {
  #lastSign = Date.now();

  /** `sign(wasAway)` is called at every sign of somebody; `wasAway` where there had been none for long. */
  constructor(sign) {
    for (const event of ["pointerdown", "keydown"]) {
      document.addEventListener(
        event,
        () => {
          const wasAway = this.isAway;
          this.here();
          sign(wasAway);
        },
        { passive: true },
      );
    }
  }

  get isAway() {
    return Date.now() - this.#lastSign >= AWAY_MS;
  }

  here() {
    this.#lastSign = Date.now();
  }
}
