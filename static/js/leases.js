/**
 * Holds on to tasks while somebody is there, and gives them back when the page goes.
 *
 * `post` as api.post. `isThere()` says whether somebody is; `lost(task)` hears of a lease that is gone. `store` is the
 * tab's own Storage: a tab that was killed finds there what it still holds when it comes back. A tab that was duplicated
 * finds there what the other one holds: `page` is this page's own name, and `stillOpen(page)` says whether one is open.
 */

import { problem } from "./api.js";

const KEPT = "vouch:leases";

export class Leases {
  #held = new Map();

  constructor({ post, isThere, lost, store, page = "", stillOpen = async () => false }) {
    Object.assign(this, { post, isThere, lost, store, page, stillOpen });
  }

  /** Gives back what a killed page of this tab had. Call it before the first claim. */
  async clear() {
    let kept = null;
    try {
      kept = JSON.parse(this.store.getItem(KEPT) ?? "null");
    } catch {
      // Nothing kept: leases run out by themselves.
    }
    if (!kept?.tokens || (await this.stillOpen(kept.page))) return;
    await Promise.all(kept.tokens.map((token) => this.#giveBack(token)));
  }

  /** A task without a lease, kept for when there is no network, is held by nobody. */
  hold(task) {
    if (!task.lease) return;
    this.#held.set(task.id, task);
    this.#keep();
  }

  /** Answered, or no longer wanted: stop renewing. */
  forget(task) {
    this.#held.delete(task.id);
    this.#keep();
  }

  /** Renews all that is held, unless nobody is there. Call it several times a lease. */
  async beat() {
    if (!this.isThere()) return;
    await Promise.all([...this.#held.values()].map((task) => this.#renew(task)));
  }

  async #renew(task) {
    let answer;
    try {
      answer = await this.post(`/leases/${encodeURIComponent(task.lease.token)}/renew/`);
    } catch {
      return;
    }
    if (answer.status < 300) Object.assign(task.lease, { expires_at: answer.body?.expires_at ?? task.lease.expires_at });
    else if (problem(answer) === "lease-lost" && this.#held.delete(task.id)) this.lost(task);
  }

  /** Gives one back; a failure is no matter, for leases run out. */
  async release(task) {
    this.forget(task);
    if (!task.lease) return null;
    return this.#giveBack(task.lease.token);
  }

  releaseAll() {
    return Promise.all([...this.#held.values()].map((task) => this.release(task)));
  }

  #giveBack(token) {
    return this.post(`/leases/${encodeURIComponent(token)}/release/`, undefined, { keepalive: true }).catch(() => null);
  }

  #keep() {
    try {
      const tokens = [...this.#held.values()].map((task) => task.lease.token);
      this.store.setItem(KEPT, JSON.stringify({ page: this.page, tokens }));
    } catch {
      // As above.
    }
  }
}
