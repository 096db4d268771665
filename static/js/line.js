/**
 * The tasks that come next: claimed a few at a time, their photographs fetched and decoded before their turn.
 *
 * `claim(count)` resolves to `{tasks, waiting}` or `null` where nothing may be taken now (offline, a guideline to read).
 * `prepare(task)` fetches and decodes its photograph, unless it has; the first `ahead()` are prepared. Once fewer than
 * that are here, up to `spare()` more than that are claimed, so that not every answer needs a claim. `leases` as in
 * leases.js.
 *
 * A skipped task goes back to the front of everybody's line. Should it come round to the same person at once, it is
 * kept aside until nothing else is left.
 */

export class Line {
  #ready = [];
  #aside = [];
  #skipped = new Set();
  #filling = null;
  #asked = false;

  constructor({ claim, prepare, leases, ahead, spare = () => 0 }) {
    Object.assign(this, { claim, prepare, leases, ahead, spare, heldByOthers: 0 });
  }

  get length() {
    return this.#ready.length;
  }

  /** Whether the task waits here. */
  has(id) {
    return this.#ready.some((task) => task.id === id) || this.#aside.some((task) => task.id === id);
  }

  /** The next task that is here already, or undefined. */
  take() {
    const task = this.#ready.shift();
    this.#prepareFirst();
    return task;
  }

  /** Back to the front of this line, to be shown next. */
  putBack(task) {
    this.#ready.unshift(task);
  }

  /** The lease of a waiting task is gone. */
  drop(task) {
    this.#ready = this.#ready.filter((one) => one.id !== task.id);
    this.#aside = this.#aside.filter((one) => one.id !== task.id);
  }

  /** Gives the task back once others have been claimed in its stead. */
  async skip(task) {
    this.#skipped.add(task.id);
    await this.fill();
    await this.leases.release(task);
    if (this.length === 0) await this.fill();
  }

  /** Gives back all that waits here, to be claimed anew. */
  async empty() {
    const all = [...this.#ready.splice(0), ...this.#aside.splice(0)];
    await Promise.all(all.map((task) => this.leases.release(task)));
  }

  /**
   * Claims until `ahead` are here or none are left. One at a time, however often it is called; who calls meanwhile may
   * know of a task that came too late for the claim under way, so that finding none is then not the end.
   */
  fill() {
    this.#asked = true;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  async #fill() {
    while (this.#ready.length < this.ahead()) {
      this.#asked = false;
      const found = await this.claim(this.ahead() + this.spare() - this.#ready.length);
      if (found === null) return;
      this.heldByOthers = found.waiting ?? 0;
      for (const task of found.tasks) {
        this.leases.hold(task);
        (this.#skipped.has(task.id) ? this.#aside : this.#ready).push(task);
      }
      this.#prepareFirst();
      if (found.tasks.length === 0 && !this.#asked) break;
    }
    if (this.#ready.length === 0 && this.#aside.length > 0) {
      this.#ready.push(...this.#aside.splice(0));
      this.#skipped.clear();
      this.#prepareFirst();
    }
  }

  #prepareFirst() {
    for (const task of this.#ready.slice(0, this.ahead())) this.prepare(task);
  }
}
