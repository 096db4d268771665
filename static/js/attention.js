/**
 * Lays over a photograph where the model looked, on request: asks, waits until it is worked out, shows, hides.
 *
 *   <button type="button" data-attention aria-pressed="false" aria-keyshortcuts="h">Where it looked</button>
 *   <p role="status" data-attention-words></p>
 *   <figure data-photo><img></figure>      an image's page names the capture: <button data-attention="/captures/ID/attention/">
 */

import { call } from "./api.js";

const AGAIN_MS = 400;
const PATIENCE_MS = 20_000;

/** Resolves to true once the picture is there; rejects with words for whoever asked. */
export async function ready(path, { post, pause, now = () => Date.now() }) {
  const until = now() + PATIENCE_MS;
  for (;;) {
    const { status, body } = await post(path);
    if (status === 200) return true;
    if (status !== 202) throw new Error(body?.detail ?? "It cannot be shown here.");
    if (now() >= until) throw new Error("It takes longer than it should: ask again in a minute.");
    await pause(AGAIN_MS);
  }
}

export class Attention {
  #asked = 0;

  /** `place()` gives the element that the photograph lies in, `path()` whose attention: null where there is none. */
  constructor(button, words, { place, path }) {
    Object.assign(this, { button, words, place, path });
    button.addEventListener("click", () => (this.isShown ? this.hide() : this.show()));
  }

  get isShown() {
    return this.button.getAttribute("aria-pressed") === "true";
  }

  hide() {
    this.#asked += 1;
    this.button.setAttribute("aria-pressed", "false");
    this.words.textContent = "";
    this.place()?.querySelector("[data-attention-picture]")?.remove();
  }

  async show() {
    const path = this.path();
    if (!path) return;
    const asked = (this.#asked += 1);
    this.button.setAttribute("aria-pressed", "true");
    this.words.textContent = "Working out where it looked…";
    try {
      await ready(path, {
        post: (address) => call(address, { method: "POST", body: {} }),
        pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      });
    } catch (error) {
      if (asked !== this.#asked) return;
      this.hide();
      this.words.textContent = error.message;
      return;
    }
    if (asked !== this.#asked) return;
    const picture = new Image();
    picture.src = `/api/v1${path}`;
    picture.alt = "";
    picture.dataset.attentionPicture = "";
    this.place()?.append(picture);
    this.words.textContent = "The warmer a place, the more it spoke for what the model said.";
  }
}

if (typeof document !== "undefined") {
  for (const button of document.querySelectorAll('[data-attention^="/"]')) {
    const within = button.closest("[data-attention-within]");
    new Attention(button, within.querySelector("[data-attention-words]"), {
      place: () => within.querySelector("[data-attention-place]"),
      path: () => button.dataset.attention,
    });
  }
}
