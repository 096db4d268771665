/** The buttons of the annotator's page: what each does, and when it can be pressed. */

const ANSWERS = "[data-label], [data-accept], [data-nothing-there], [data-cant-tell], [data-none-of-these]";
const $ = (selector) => document.querySelector(selector);

/** Ties the buttons to `act`; returns `set`, which tells them what is on the stage. */
export function wire(act) {
  const press = (selector, then) =>
    $(selector)?.addEventListener("click", (event) => {
      then();
      // Pressed by mouse (detail counts its clicks): space skips next, it must not press this button again.
      if (event.detail > 0) $("[data-stage]").focus({ preventScroll: true });
    });
  for (const button of document.querySelectorAll("[data-label]")) {
    press(`[data-label="${button.dataset.label}"]`, () => act.label(button.dataset.label));
  }
  press("[data-accept]", act.accept);
  press("[data-nothing-there]", act.nothingThere);
  press("[data-cant-tell]", act.cantTell);
  press("[data-undo]", act.undo);
  press("[data-skip]", act.skip);
  press("[data-try-again]", act.retry);
  wireWords(act.noneOfThese);
  $("[data-help]").addEventListener("click", () => $("[data-help-dialog]").showModal());
  $("[data-help-close]").addEventListener("click", () => $("[data-help-dialog]").close());
  return { set };
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
    form.reset();
  });
  form.elements.words.addEventListener("input", ({ target }) => target.setCustomValidity(""));
}

function set({ current, canUndo, lost = false }) {
  const answerable = Boolean(current?.ready);
  for (const button of document.querySelectorAll(ANSWERS)) button.disabled = !answerable;
  const accept = $("[data-accept]");
  if (accept) accept.disabled = !answerable || !current.task.proposal;
  $("[data-undo]").disabled = !canUndo || lost;
  $("[data-skip]").disabled = !current;
  $("[data-skip-words]").textContent = current?.replaces ? "Keep it" : lost ? "Next" : "Skip";
}
