/**
 * Where the next alert comes from: the server, which leases it; or, while that cannot be reached, the phone's own
 * shelf. What comes off the shelf has no lease: its answer counts where the alert is still free by then.
 */

import { problem } from "../api.js";

const IN_TROUBLE = new Set([408, 425, 429]);

export class Source {
  isOffline = false;
  #answered = new Set();
  #handed = new Set();

  /**
   * `queues` by id; `post` as api.post; `shelf` a promise of the shelf; `unsent()` the outbox's entries; `isHere(id)`
   * whether an alert is on the screen or waits behind it; `read()` asks for a guideline to be read; `wanted` is the
   * id of the alert to begin with, which a notification was about.
   */
  constructor({ queues, post, shelf, unsent, isHere, read, signedOut, wanted = null }) {
    Object.assign(this, { queues, post, shelf, unsent, isHere, read, signedOut, wanted });
  }

  /** For line.js: `{tasks, waiting}`, or null where nothing can be had now. */
  async claim(count) {
    const wanted = await this.#claimWanted();
    if (wanted) return wanted;
    let waiting = 0;
    for (const queue of this.queues) {
      const found = await this.#claimFrom(queue, count);
      if (found === null || found.tasks.length > 0) return found;
      waiting += found.waiting ?? 0;
    }
    return { tasks: [], waiting };
  }

  /** The one that was asked for, once; null where it is somebody else's or settled. */
  async #claimWanted() {
    const task = this.isHere(this.wanted) ? null : this.wanted;
    this.wanted = null;
    for (const queue of task ? this.queues : []) {
      const claim = () => this.post(`/queues/${queue}/claim/`, { task }).catch(() => ({ status: 0 }));
      let answer = await claim();
      if (problem(answer) === "guideline-not-acknowledged") {
        await this.read();
        answer = await claim();
      }
      if (answer.status === 200 && answer.body.tasks.length > 0) return answer.body;
    }
    return null;
  }

  async #claimFrom(queue, count) {
    for (;;) {
      const answer = await this.post(`/queues/${queue}/claim/`, { count }).catch(() => ({ status: 0 }));
      if (answer.status === 0 || answer.status >= 500 || IN_TROUBLE.has(answer.status)) return this.#offShelf(count);
      if (problem(answer) === "guideline-not-acknowledged") {
        await this.read();
        continue;
      }
      if (answer.status === 401) this.signedOut();
      if (answer.status !== 200) return null;
      this.isOffline = false;
      this.#handed.clear();
      const tasks = answer.body.tasks.filter(({ id }) => !this.#isAnswered(id));
      // What was answered here and is not sent yet is still free to the server: it stays taken until that arrives.
      if (tasks.length > 0 || answer.body.tasks.length === 0) return { ...answer.body, tasks };
    }
  }

  /** The server is there again: nothing may be claimed for long, while the line is full. */
  reached() {
    this.isOffline = false;
  }

  async #offShelf(count) {
    this.isOffline = true;
    const left = (await this.left()).slice(0, count);
    for (const { id } of left) this.#handed.add(id);
    return { tasks: left.map((task) => ({ ...task, lease: null })) };
  }

  /** The alerts on the shelf that were neither answered nor handed out. */
  async left() {
    const kept = await (await this.shelf).all();
    return kept.filter(({ id }) => !this.#handed.has(id) && !this.isHere(id) && !this.#isAnswered(id));
  }

  async answered(task) {
    this.#answered.add(task.id);
    await (await this.shelf).drop(task);
  }

  /** What the server lists as open becomes what the phone keeps; what others look at is theirs. */
  async restock(tasks) {
    const free = tasks.filter(({ id, taken }) => !taken && !this.#isAnswered(id));
    await (await this.shelf).replace(free);
  }

  #isAnswered(id) {
    return this.#answered.has(id) || this.unsent().some((entry) => entry.task === id);
  }
}
