/** Tells how the sending of answers goes, and of every one that the server did not count. */

import { outbox, warnUnlessKept } from "../desk.js";
import { toast } from "../toast.js";
import { showSending } from "./counts.js";

/** `drop(client_id)` hears of an answer that does not stand: there is nothing to take back. */
export function tellOfSending(drop) {
  outbox.addEventListener("changed", () => showSending(outbox.size));
  outbox.addEventListener("stuck", ({ detail }) => showSending(outbox.size, detail.reason));
  outbox.addEventListener("late", ({ detail }) => {
    drop(detail.entry.client_id);
    toast(detail.detail, "warning");
  });
  outbox.addEventListener("refused", ({ detail }) => {
    drop(detail.entry.client_id);
    toast(`One answer was not taken: ${detail.detail}`, "error");
  });
  document.addEventListener("vouch:reached", ({ detail }) => showSending(outbox.size, detail.reached ? "" : "offline"));
  warnUnlessKept(() => toast("This browser keeps nothing for this site: stay on this page until your answers are sent.", "warning"));
}
