/**
 * How long somebody looked at one task: active time apart from idle time, both in seconds.
 *
 * Time counts as idle while the page is hidden, and from half a minute after the last sign of life.
 */

export const PATIENCE_MS = 30_000;

export class Stopwatch {
  #active = 0;
  #idle = 0;
  #last;
  #hidden = false;

  constructor(now = () => performance.now()) {
    this.now = now;
    this.#last = now();
  }

  /** A key, a press, a move: somebody is there. */
  alive() {
    const moment = this.now();
    const passed = moment - this.#last;
    const active = this.#hidden ? 0 : Math.min(passed, PATIENCE_MS);
    this.#active += active;
    this.#idle += passed - active;
    this.#last = moment;
  }

  hide(hidden) {
    this.alive();
    this.#hidden = hidden;
  }

  read() {
    this.alive();
    const seconds = (milliseconds) => Math.round(milliseconds) / 1000;
    return { seconds: seconds(this.#active), idle_seconds: seconds(this.#idle) };
  }
}
