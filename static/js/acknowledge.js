/**
 * Asks a person to read the guideline that came into force, and goes on once they say they have.
 *
 *   <dialog data-acknowledge data-fragment="…" data-beside="…">
 *     <div data-words></div> <button data-have-read>I have read it</button>
 *   <section data-guideline>…</section> stands beside the work and follows the version in force.
 */

import { post } from "./api.js";

/** Fetches the words, asks, records it; resolves when it is recorded. A second call joins the first. */
export function acknowledge(dialog) {
  dialog.asking ??= ask(dialog).finally(() => {
    dialog.asking = null;
  });
  return dialog.asking;
}

async function ask(dialog) {
  const words = dialog.querySelector("[data-words]");
  words.innerHTML = await fragment(dialog.dataset.fragment);
  const id = words.querySelector("[data-guideline-id]").dataset.guidelineId;
  if (!dialog.open) dialog.showModal();
  words.scrollTop = 0;
  await pressed(dialog, id);
  dialog.close();
  const beside = document.querySelector("[data-guideline]");
  if (beside) beside.innerHTML = await fragment(dialog.dataset.beside);
}

async function fragment(address) {
  const response = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw new Error(`The guideline could not be fetched (${response.status}).`);
  return response.text();
}

function pressed(dialog, id) {
  const button = dialog.querySelector("[data-have-read]");
  const trouble = dialog.querySelector("[data-trouble]");
  return new Promise((resolve) => {
    async function read() {
      button.disabled = true;
      const answer = await post(`/guidelines/${id}/acknowledge/`).catch(() => ({ status: 0 }));
      button.disabled = false;
      trouble.hidden = answer.status >= 200 && answer.status < 300;
      if (!trouble.hidden) return;
      button.removeEventListener("click", read);
      resolve();
    }
    button.addEventListener("click", read);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
  });
}
