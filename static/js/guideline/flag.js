/**
 * Tells the QA lead that the guideline does not cover what is on the screen.
 *
 *   <button data-flag aria-keyshortcuts="q">   <dialog data-flag-dialog> <form method="dialog"> <textarea name="words">
 */

import { post } from "../api.js";
import { toast } from "../toast.js";

/** `task()` is the task on the screen, or null; `leave` is called when the dialog has closed. */
export function wireFlag(dialog, task, leave = () => {}) {
  const form = dialog.querySelector("form");
  const trouble = dialog.querySelector("[data-flag-trouble]");
  let flagged = null;

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-flag]")) return;
    flagged = task();
    if (!flagged) {
      toast("There is no photograph to flag.");
      return;
    }
    say("");
    dialog.showModal();
  });
  dialog.querySelector("[data-flag-cancel]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", leave);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const send = form.querySelector("[type=submit]");
    send.disabled = true;
    const answer = await post(`/tasks/${flagged.id}/flag/`, { words: form.elements.words.value }).catch(() => ({ status: 0 }));
    send.disabled = false;
    if (answer.status !== 200 && answer.status !== 201) {
      say(answer.body?.detail ?? "That did not reach the server. Your words are kept here; try again in a moment.");
      return;
    }
    form.reset();
    dialog.close();
    toast("A QA lead has it now, with the photograph.", "success");
  });

  function say(words) {
    trouble.textContent = words;
    trouble.hidden = words === "";
  }
}
