/**
 * Keeps what a person said until the server has it: in order, through reloads, dropped by nothing but an answer.
 *
 * An entry is `{client_id, task, body, after, supersedes, until}`: `after` names the client_id of the answer it takes
 * the place of, whose id becomes known when that is acknowledged (`supersedes`, where it is known already). `until` is
 * when its lease runs out, in milliseconds by the server's clock: past it the answer asks for the task again, and counts
 * if that is free.
 *
 * Several tabs of one person share what waits. One of them sends at a time, under `lock`; `channel` tells the others.
 * Events: `sent` {entry, answer}, `late` and `refused` {entry, detail, problem}, `unkept`, `moving`, `changed`,
 * `stuck` {reason: "offline" | "signed-out" | "busy" | "guideline" | "quiz" | "another-user"}.
 */

import { problem, signedOut } from "./api.js";
import { retryDelay } from "./live.js";

const TOO_LATE = new Set(["lease-lost", "task-closed"]);
const DO_FIRST = { "another-user": "another-user", "guideline-not-acknowledged": "guideline", "quiz-first": "quiz" };
const TRY_AGAIN = new Set([408, 425, 429]);
/** Milliseconds: the server says its time in whole seconds, and an answer is under way for a while. */
const SOON = 2000;

export class Outbox extends EventTarget {
  #waiting = new Map();
  #unkept = new Map();
  /** By client_id: the id of an acknowledged answer, null for one that was not taken. */
  #settledIds = new Map();
  #running = false;
  #again = false;
  #attempt = 0;
  #timer = null;
  #latest = 0;

  /** `store` is a promise of `{all(), put(entry), delete(client_id)}`, each async; `send(path, body)` as api.post. */
  constructor({
    store,
    send,
    lock = (then) => then(),
    channel = null,
    wait = (then, after) => setTimeout(then, after),
    now = Date.now,
    serverNow = now,
  }) {
    super();
    Object.assign(this, { send, lock, channel, wait, now, serverNow });
    this.store = Promise.resolve(store);
    channel?.addEventListener("message", ({ data }) => this.#hear(data));
    this.ready = this.#refresh().then(() => this.#say("changed"));
  }

  get size() {
    return this.#waiting.size;
  }

  /** What the server has not acknowledged yet, oldest first. */
  get entries() {
    return [...this.#waiting.values()].sort((one, other) => one.at - other.at);
  }

  add(entry) {
    this.#latest = Math.max(this.now(), this.#latest + 1);
    const dated = { ...entry, at: this.#latest };
    this.#waiting.set(dated.client_id, dated);
    this.#unkept.set(dated.client_id, dated);
    this.#keep(dated);
    this.#say("changed");
    this.flush();
  }

  /** Tries at once, whatever it was waiting for. */
  flush() {
    this.#again = true;
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      clearTimeout(this.#timer);
      await this.ready;
      if (this.size > 0) await this.lock(() => this.#sendAll());
    }
    this.#running = false;
  }

  async #sendAll() {
    await this.#refresh();
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      let answer;
      try {
        answer = await this.send(`/tasks/${entry.task}/answers/`, this.#body(entry));
      } catch {
        this.#later("offline");
        return;
      }
      const trouble = troubleOf(answer);
      if (trouble) {
        this.#later(trouble);
        return;
      }
      await this.#settle(entry, answer);
    }
  }

  #body({ body, after, supersedes, until }) {
    const earlier = supersedes ?? this.#settledIds.get(after);
    if (earlier) {
      const { lease, ...said } = body;
      return { ...said, supersedes: earlier };
    }
    return until <= this.serverNow() + SOON ? { ...body, lease: null } : body;
  }

  async #settle(entry, { status, body, ...answer }) {
    this.#attempt = 0;
    const taken = status < 300;
    if (taken) {
      for (const next of this.#waiting.values()) {
        if (next.after !== entry.client_id) continue;
        next.supersedes = body.id;
        await this.#keep(next);
      }
    }
    await this.#forget(entry);
    const name = taken ? "sent" : TOO_LATE.has(problem({ body })) ? "late" : "refused";
    const told = taken ? {} : { detail: body?.detail ?? "", problem: problem({ body }) };
    const settled = { name, entry, answer: taken ? body : null, ...told };
    this.channel?.postMessage({ settled });
    this.#settled(settled);
  }

  #settled({ name, entry, answer, detail = "", problem = "" }) {
    this.#waiting.delete(entry.client_id);
    this.#unkept.delete(entry.client_id);
    this.#settledIds.set(entry.client_id, answer?.id ?? null);
    this.#say("moving");
    this.#say("changed");
    this.#say(name, { entry, answer, detail, problem });
  }

  /** Another tab of this person added an entry, or settled one. */
  #hear({ added, settled }) {
    if (settled) this.#settled(settled);
    // Told by the tab that added it, but sent by this one already.
    if (!added || this.#settledIds.has(added.client_id)) return;
    this.#waiting.set(added.client_id, added);
    this.#say("changed");
  }

  #later(reason) {
    this.#say("stuck", { reason });
    clearTimeout(this.#timer);
    this.#timer = this.wait(() => this.flush(), retryDelay(this.#attempt));
    this.#attempt += 1;
    this.#again = false;
  }

  #say(name, detail = {}) {
    this.dispatchEvent(Object.assign(new Event(name), { detail }));
  }

  /** The store knows best, but for what is on its way into it. */
  async #refresh() {
    let kept = [];
    try {
      kept = await (await this.store).all();
    } catch {
      // What waits is kept for as long as the page is.
    }
    const known = new Map(kept.map((entry) => [entry.client_id, entry]));
    for (const [client_id, entry] of this.#unkept) known.set(client_id, entry);
    this.#waiting = known;
  }

  async #keep(entry) {
    try {
      await (await this.store).put(entry);
      this.#unkept.delete(entry.client_id);
      this.channel?.postMessage({ added: entry });
    } catch {
      this.#say("unkept");
    }
  }

  async #forget(entry) {
    try {
      await (await this.store).delete(entry.client_id);
    } catch {
      // Sent again it is recorded once: the server knows its client_id.
    }
  }
}

function troubleOf(answer) {
  const first = DO_FIRST[problem(answer)];
  if (first) return first;
  if (signedOut(answer)) return "signed-out";
  return answer.status >= 500 || TRY_AGAIN.has(answer.status) ? "busy" : "";
}
