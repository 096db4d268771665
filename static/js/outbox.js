/**
 * Keeps what a person said until the server has it: in order, through reloads, dropped by nothing but an answer.
 *
 * An entry is `{client_id, task, body, after}`: `after` names the client_id of the answer it takes the place of, whose
 * id becomes known when that is acknowledged. Events: `sent` {entry, answer}, `late` {entry, detail},
 * `refused` {entry, detail}, `stuck` {reason: "offline" | "signed-out" | "busy"}, `moving`, `changed`.
 */

import { problem, signedOut } from "./api.js";
import { retryDelay } from "./live.js";

const TOO_LATE = new Set(["lease-lost", "task-closed"]);
const TRY_AGAIN = new Set([408, 425, 429]);

export class Outbox extends EventTarget {
  #entries = [];
  #answers = new Map();
  #running = false;
  #attempt = 0;
  #timer = null;

  /** `owner` keeps people who share a browser apart; `store` is a Storage; `send(path, body)` as api.post. */
  constructor({ owner, store, send, wait = (then, after) => setTimeout(then, after) }) {
    super();
    Object.assign(this, { prefix: `vouch:outbox:${owner}:`, store, send, wait });
    this.#entries = this.#kept();
  }

  get size() {
    return this.#entries.length;
  }

  add(entry) {
    this.#entries.push({ ...entry, at: Date.now() });
    this.#keep(this.#entries.at(-1));
    this.#say("changed");
    this.flush();
  }

  /** Tries at once, whatever it was waiting for. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    while (this.#entries.length > 0) {
      const entry = this.#entries[0];
      let answer;
      try {
        answer = await this.send(`/tasks/${entry.task}/answers/`, this.#body(entry));
      } catch {
        this.#later("offline");
        break;
      }
      if (signedOut(answer)) {
        this.#later("signed-out");
        break;
      }
      if (answer.status >= 500 || TRY_AGAIN.has(answer.status)) {
        this.#later("busy");
        break;
      }
      this.#settle(entry, answer);
    }
    this.#running = false;
  }

  #body({ body, after, supersedes }) {
    const earlier = supersedes ?? this.#answers.get(after);
    if (!earlier) return body;
    const { lease, ...said } = body;
    return { ...said, supersedes: earlier };
  }

  #settle(entry, answer) {
    const { status, body } = answer;
    this.#attempt = 0;
    this.#entries.shift();
    if (status < 300) {
      this.#answers.set(entry.client_id, body.id);
      for (const next of this.#entries) {
        if (next.after !== entry.client_id) continue;
        next.supersedes = body.id;
        this.#keep(next);
      }
    }
    this.#forget(entry);
    this.#say("moving");
    this.#say("changed");
    if (status < 300) this.#say("sent", { entry, answer: body });
    else this.#say(TOO_LATE.has(problem(answer)) ? "late" : "refused", { entry, detail: body?.detail ?? "" });
  }

  #later(reason) {
    this.#say("stuck", { reason });
    this.#timer = this.wait(() => this.flush(), retryDelay(this.#attempt));
    this.#attempt += 1;
  }

  #say(name, detail = {}) {
    this.dispatchEvent(Object.assign(new Event(name), { detail }));
  }

  #kept() {
    const found = [];
    try {
      for (let index = 0; index < this.store.length; index += 1) {
        const key = this.store.key(index);
        if (key.startsWith(this.prefix)) found.push(JSON.parse(this.store.getItem(key)));
      }
    } catch {
      // No storage in this browser: what waits is kept for as long as the page is.
    }
    return found.sort((one, other) => one.at - other.at);
  }

  #keep(entry) {
    try {
      this.store.setItem(this.prefix + entry.client_id, JSON.stringify(entry));
    } catch {
      // As above: full or forbidden.
    }
  }

  #forget(entry) {
    try {
      this.store.removeItem(this.prefix + entry.client_id);
    } catch {
      // As above.
    }
  }
}
