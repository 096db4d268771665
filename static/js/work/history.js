/**
 * What this person said lately and can still take back: the last answers of the day, as the server counts them.
 *
 * One said is `{task, client_id, id, words, choice}`. Going back several answers passes by those in between: they stand,
 * and can be taken back again once the one in question is settled.
 */

export const REACH = 10;

export class History {
  #said = [];
  #passed = [];

  get isEmpty() {
    return this.#said.length === 0;
  }

  /** Whether somebody has gone back as far as it reaches. */
  get isAtItsEnd() {
    return this.isEmpty && this.#passed.length + 1 >= REACH;
  }

  /** What was said before this page was opened, oldest first. */
  restore(earlier) {
    const known = new Set([...this.#said, ...this.#passed].map((one) => one.client_id));
    this.#said.unshift(...earlier.filter((one) => !known.has(one.client_id)));
    this.#trim();
  }

  /** The latest that can be taken back, undefined where there is none. `going` was to be replaced until now: it stands. */
  back(going = null) {
    if (this.isEmpty) return undefined;
    if (going) this.#passed.push(going);
    return this.#said.pop();
  }

  /** Forwards again: what was passed by stands; returns how many those are. `stands` is one that was not replaced. */
  forward(stands = null) {
    if (stands) this.#passed.push(stands);
    const many = this.#passed.length;
    this.#said.push(...this.#passed.splice(0).reverse());
    return many;
  }

  add(one) {
    this.#said.push(one);
    this.#trim();
  }

  /** The server did not count it: there is nothing to take back. */
  drop(client_id) {
    this.#said = this.#said.filter((one) => one.client_id !== client_id);
    this.#passed = this.#passed.filter((one) => one.client_id !== client_id);
  }

  #trim() {
    while (this.#said.length + this.#passed.length > REACH && this.#said.length > 0) this.#said.shift();
  }
}
