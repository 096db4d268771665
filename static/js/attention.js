/**
 * Lays over a photograph where the model looked, on request: asks, waits until it is worked out, shows, hides.
 *
 *   <section data-stage> <figure data-photo> <button type="button" data-attention aria-pressed="false" hidden>
 *     <p role="status" data-attention-words data-working data-seen data-not-here data-slow>
 *   An image's page: <div data-attention-place><img></div> … <button data-attention="/captures/ID/attention/">
 */

import { call } from "./api.js";

const AGAIN_MS = 400;
const PATIENCE_MS = 20_000;

/**
 * Resolves to true once the picture is there; rejects with words for whoever asked: the server's own, which are English,
 * or one of `words`, notHere and slow.
 */
export async function ready(path, { post, pause, words, language = "en", now = () => Date.now() }) {
  const until = now() + PATIENCE_MS;
  for (;;) {
    const { status, body } = await post(path);
    if (status === 200) return true;
    if (status !== 202) throw new Error((language === "en" && body?.detail) || words.notHere);
    if (now() >= until) throw new Error(words.slow);
    await pause(AGAIN_MS);
  }
}

export class Attention {
  #asked = 0;

  /** `place` is the element that the photograph lies in, `path` whose attention, null where there is none. */
  constructor(button, words, place, path = null) {
    Object.assign(this, { button, words, place, path });
    button.addEventListener("click", () => (this.isShown ? this.hide() : this.show()));
  }

  get isShown() {
    return this.button.getAttribute("aria-pressed") === "true";
  }

  /** Another task is on the stage, or null: what was laid over the one before goes with it. */
  about(task) {
    this.hide();
    this.path = task?.proposal?.label && task.capture ? `/tasks/${task.id}/attention/` : null;
    this.button.hidden = this.path === null;
  }

  hide() {
    this.#asked += 1;
    this.button.setAttribute("aria-pressed", "false");
    this.words.textContent = "";
    this.place.querySelector("[data-attention-picture]")?.remove();
  }

  async show() {
    const asked = (this.#asked += 1);
    this.button.setAttribute("aria-pressed", "true");
    this.words.textContent = this.words.dataset.working;
    let failure = "";
    try {
      await ready(this.path, {
        post: (address) => call(address, { method: "POST", body: {} }),
        words: this.words.dataset,
        language: document.documentElement.lang,
        pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      });
    } catch (error) {
      failure = error.message;
    }
    if (asked !== this.#asked) return;
    if (failure) {
      this.hide();
      this.words.textContent = failure;
      return;
    }
    const picture = new Image();
    picture.src = `/api/v1${this.path}`;
    picture.alt = "";
    picture.dataset.attentionPicture = "";
    this.place.append(picture);
    this.words.textContent = this.words.dataset.seen;
  }
}

/** That of a work page's stage; null where the queue has none, being blind. */
export function attentionOn(stage) {
  const button = stage.querySelector("[data-attention]");
  if (!button) return null;
  return new Attention(button, stage.querySelector("[data-attention-words]"), stage.querySelector("[data-photo]"));
}

if (typeof document !== "undefined") {
  for (const button of document.querySelectorAll('[data-attention^="/"]')) {
    const words = button.parentElement.querySelector("[data-attention-words]");
    new Attention(button, words, document.querySelector("[data-attention-place]"), button.dataset.attention);
  }
}
