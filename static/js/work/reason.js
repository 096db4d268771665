/**
 * Why an adjudicator decides so: typed before the answer, sent with it.
 *
 *   <input data-reason aria-keyshortcuts="w">      in a queue for QA leads only; Enter and Escape leave it for the keys
 */

export class Reason {
  /** `field` is null in any other queue; `leave` takes the focus to where keys answer. */
  constructor(field, leave = () => {}) {
    this.field = field;
    field?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      leave();
    });
  }

  /** The choice with the reason typed; words of its own ("none of these") stay. */
  with(choice) {
    const words = this.field?.value.trim();
    return words && !choice.words ? { ...choice, words } : choice;
  }

  /** For the next photograph: empty, or what was typed the last time for one that is taken back. */
  about(choice = null) {
    if (this.field) this.field.value = choice?.verdict === "none_of_these" ? "" : (choice?.words ?? "");
  }
}
