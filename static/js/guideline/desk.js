/** What the guideline does beside the work: found in, shown by label, flagged where it says nothing. */

import { Examples } from "./examples.js";
import { wireFlag } from "./flag.js";
import { wireSearch } from "./search.js";

/** `task()` is the task on the stage, or null. */
export function wireGuideline(task) {
  const stage = document.querySelector("[data-stage]");
  const back = () => stage.focus({ preventScroll: true });
  wireSearch(back);
  new Examples(document.querySelector(".desk"), document.querySelector("[data-guideline]")).wire();
  wireFlag(document.querySelector("[data-flag-dialog]"), task, back);
}
