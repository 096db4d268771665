/** The buttons of the annotator's page: what each does, and when it can be pressed. */

import { wireLabels } from "./labels.js";

const ANSWERS = "[data-label], [data-accept], [data-submit], [data-nothing-there], [data-cant-tell], [data-none-of-these]";
const $ = (selector) => document.querySelector(selector);

/**
 * Ties the buttons to `act`; returns `set`, which tells them what is on the stage, and `about`, which tells them what
 * was said of it before.
 */
export function wire(act) {
  const leave = () => $("[data-stage]").focus({ preventScroll: true });
  const press = (selector, then) =>
    $(selector)?.addEventListener("click", (event) => {
      then();
      // Pressed by mouse (detail counts its clicks): space skips next, it must not press this button again.
      if (event.detail > 0) leave();
    });
  for (const button of document.querySelectorAll("[data-label]")) {
    press(`[data-label="${CSS.escape(button.dataset.label)}"]`, () => act.label(button.dataset.label));
  }
  press("[data-accept]", act.accept);
  press("[data-submit]", act.submit);
  press("[data-nothing-there]", act.nothingThere);
  press("[data-cant-tell]", act.cantTell);
  press("[data-undo]", act.undo);
  press("[data-skip]", act.skip);
  press("[data-try-again]", act.retry);
  wireLabels($("[data-labels]"), leave);
  wireWords(act.noneOfThese);
  $("[data-help]").addEventListener("click", () => $("[data-help-dialog]").showModal());
  $("[data-help-close]").addEventListener("click", () => $("[data-help-dialog]").close());
  return { set, about };
}

function wireWords(send) {
  const dialog = $("[data-words-dialog]");
  const form = dialog.querySelector("form");
  $("[data-none-of-these]").addEventListener("click", () => dialog.showModal());
  $("[data-words-cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    const { words } = form.elements;
    if (words.value.trim() === "") {
      event.preventDefault();
      words.setCustomValidity("Say in a few words what it is.");
      words.reportValidity();
      return;
    }
    send(words.value);
  });
  form.elements.words.addEventListener("input", ({ target }) => target.setCustomValidity(""));
}

function set({ current, canUndo }) {
  const answerable = Boolean(current?.ready);
  for (const button of document.querySelectorAll(ANSWERS)) button.disabled = !answerable;
  // With no button to reach in it, the list is scrolled by the keyboard only where it is a stop itself.
  $("[data-label-list]").tabIndex = answerable ? -1 : 0;
  const accept = $("[data-accept]");
  if (accept) accept.disabled = !answerable || !current.task.proposal;
  // Pressed nevertheless it says why there is nothing to take back.
  $("[data-undo]").setAttribute("aria-disabled", String(!canUndo));
  $("[data-skip]").disabled = !current;
  $("[data-skip-words]").textContent = current?.replaces ? "Keep it" : current?.lost ? "Next" : "Skip";
}

/** Marks what was said of the task, and begins the words of "none of these" with those typed then. */
function about(task, choice = null) {
  $("[data-words-dialog] form").elements.words.value = choice?.words ?? "";
  const value = choice?.verdict === "accept" ? task.proposal : choice?.value;
  const key = value?.label;
  for (const button of document.querySelectorAll("[data-label]")) {
    button.classList.toggle("said", button.dataset.label === key);
  }
}
