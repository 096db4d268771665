/** What can be undone and redone: a line of states, each of which is never changed. */

export class History {
  #past = [];
  #future = [];
  #running = null;

  constructor(state) {
    this.state = state;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** The next state. Those that follow on each other under one `run` (a key held down) are undone together. */
  set(state, run = null) {
    if (run === null || run !== this.#running || !this.canUndo) this.#past.push(this.state);
    this.#running = run;
    this.#future = [];
    this.state = state;
  }

  undo() {
    return this.#step(this.#past, this.#future);
  }

  redo() {
    return this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (from.length === 0) return false;
    to.push(this.state);
    this.state = from.pop();
    this.#running = null;
    return true;
  }
}
