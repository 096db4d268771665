/** How a session goes: answers so far, and the pace of the last minutes. Kept through a reload of the tab. */

const KEPT = "vouch:tally";
const WINDOW_MS = 5 * 60_000;
const SESSION_GAP_MS = 30 * 60_000;

export class Tally {
  #times;

  constructor(store, now = Date.now) {
    Object.assign(this, { store, now });
    this.#times = this.#kept();
  }

  get answered() {
    return this.#times.length;
  }

  /** Answers a minute over the last five, or since the first if that is later; null before there is a pace. */
  get pace() {
    const since = this.now() - WINDOW_MS;
    const recent = this.#times.filter((time) => time >= since);
    if (recent.length < 2) return null;
    const minutes = (this.now() - recent[0]) / 60_000;
    return minutes > 0 ? (recent.length - 1) / minutes : null;
  }

  count() {
    this.#times.push(this.now());
    this.#keep();
  }

  takeBack() {
    this.#times.pop();
    this.#keep();
  }

  #kept() {
    try {
      const times = JSON.parse(this.store.getItem(KEPT) ?? "[]");
      return this.now() - (times.at(-1) ?? 0) < SESSION_GAP_MS ? times : [];
    } catch {
      return [];
    }
  }

  #keep() {
    try {
      this.store.setItem(KEPT, JSON.stringify(this.#times));
    } catch {
      // Without storage the tally lasts as long as the page.
    }
  }
}
