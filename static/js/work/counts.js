/** The small figures of the annotator's page: this session's answers and pace, what waits, what is being sent. */

import { howMany } from "../desk.js";

const $ = (selector) => document.querySelector(selector);

const TROUBLE = {
  offline: "No connection: kept here, sent by itself",
  busy: "The server is busy: kept here, sent by itself",
  "signed-out": "You are signed out. Sign in again in another tab: kept here until then",
  "another-user": "Somebody else is signed in in this browser: kept here until you sign in again",
  quiz: "A quiz comes first: kept here until then",
  guideline: "A new guideline is to be read first: kept here until then",
};

export function showCounts(tally) {
  $("[data-answered]").textContent = tally.answered;
  $("[data-pace]").textContent = tally.pace === null ? "–" : tally.pace.toFixed(tally.pace < 10 ? 1 : 0);
}

/** How many answers the server has not acknowledged, and why, once that is worth a word. */
export function showSending(count, trouble = "") {
  const element = $("[data-sending]");
  element.classList.toggle("trouble", trouble !== "");
  const many = count === 1 ? "1 answer" : `${count} answers`;
  if (count === 0) element.textContent = trouble === "offline" ? "No connection. Go on: what you answer is kept here and sent by itself." : "";
  else if (trouble) element.textContent = `${many} not sent yet. ${TROUBLE[trouble]}.`;
  else if (count > 2) element.textContent = `Sending ${many}…`;
}

/** `queues` as the API lists them. A quiz leads nowhere else: what came late would push its one link from under the finger. */
export function showWaiting(queues, here) {
  for (const { id, open } of queues) {
    const link = $(`[data-queue="${id}"] [data-open]`);
    if (link) link.textContent = howMany(open);
    if (id === here) $("[data-waiting]").textContent = howMany(open);
  }
  const links = queues
    .filter((queue) => queue.open > 0 && queue.id !== here)
    .map((queue) => [queue, $(`[data-queue="${queue.id}"]`)])
    .filter(([, link]) => link)
    .map(([queue, link]) => {
      const made = document.createElement("a");
      made.className = "button";
      made.href = link.href;
      made.textContent = `${howMany(queue.open)} in ${queue.name}`;
      return made;
    });
  $("[data-elsewhere]")?.replaceChildren(...links);
}
