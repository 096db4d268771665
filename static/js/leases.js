/**
 * Holds on to tasks while somebody is there, and gives them back when the page goes.
 *
 * `post` as api.post. `isThere()` says whether somebody is; `lost(task)` hears of a lease that is gone.
 */

import { problem } from "./api.js";

export class Leases {
  #held = new Map();

  constructor({ post, isThere, lost }) {
    Object.assign(this, { post, isThere, lost });
  }

  hold(task) {
    this.#held.set(task.id, task);
  }

  /** Answered, or no longer wanted: stop renewing. */
  forget(task) {
    this.#held.delete(task.id);
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
  release(task) {
    this.forget(task);
    return this.post(`/leases/${encodeURIComponent(task.lease.token)}/release/`, undefined, { keepalive: true }).catch(
      () => null,
    );
  }

  releaseAll() {
    return Promise.all([...this.#held.values()].map((task) => this.release(task)));
  }
}
