/** Taking tasks from the page's queue, and why none came. */

import { acknowledge } from "../acknowledge.js";
import { post, problem, signedOut } from "../api.js";

export class Claiming {
  /** "" where the last claim went through, else "offline", "signed-out", "another-user", "paused", "quiz", "busy" or "refused". */
  trouble = "";
  /** What the server said of a claim it refused. */
  detail = "";

  /** `dialog` asks for a guideline to be read. */
  constructor(queue, dialog) {
    Object.assign(this, { queue, dialog });
    navigator.locks?.request(`vouch:queue:${queue}`, { mode: "shared" }, () => new Promise(() => {}));
  }

  /** Whether the same queue is open in another tab of this browser, which then has some of what waits. */
  async isOpenTwice() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.filter(({ name }) => name === `vouch:queue:${this.queue}`).length > 1;
  }

  /** `{tasks, waiting}`, or null where nothing may be taken now. */
  async claim(count) {
    let answer;
    try {
      answer = await post(`/queues/${this.queue}/claim/`, { count });
    } catch {
      return this.#nothing("offline");
    }
    if (answer.status === 200) {
      this.trouble = answer.body.paused ? "paused" : "";
      return answer.body;
    }
    if (problem(answer) === "guideline-not-acknowledged") {
      await acknowledge(this.dialog);
      return this.claim(count);
    }
    if (problem(answer) === "quiz-first") return this.#nothing("quiz", answer.body.detail);
    if (problem(answer) === "another-user") return this.#nothing("another-user");
    if (signedOut(answer)) return this.#nothing("signed-out");
    return this.#nothing(answer.status >= 500 ? "busy" : "refused", answer.body?.detail);
  }

  #nothing(trouble, detail = "") {
    Object.assign(this, { trouble, detail });
    return null;
  }
}
