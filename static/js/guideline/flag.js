/**
 * Tells the QA lead that the guideline does not cover what is on the screen.
 *
 *   <button data-flag aria-keyshortcuts="q">   <dialog data-flag-dialog data-nothing data-sent data-unreached>
 *     <form method="dialog"> <textarea name="words">
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
      toast(dialog.dataset.nothing);
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
      say((document.documentElement.lang === "en" && answer.body?.detail) || dialog.dataset.unreached);
      return;
    }
    form.reset();
    dialog.close();
    toast(dialog.dataset.sent, "success");
  });

  function say(words) {
    trouble.textContent = words;
    trouble.hidden = words === "";
  }
}
