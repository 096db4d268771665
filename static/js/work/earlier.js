/** What was said before this page was opened: acknowledged, from the server; not sent yet, from the outbox. */

import { inWords } from "../answers.js";
import { call } from "../api.js";

/** Resolves to the answers to tasks of one queue that can still be taken back, oldest first, as history.js keeps them. */
export async function earlier(queue, outbox, labels) {
  const found = await call(`/answers/mine/?queue=${queue}`).catch(() => null);
  await outbox.ready;
  const unsent = outbox.entries.filter((entry) => entry.about?.queue === queue).map((entry) => pending(entry, labels));
  const replaced = new Set(outbox.entries.flatMap((entry) => [entry.after, entry.supersedes]));
  const standing = found?.status === 200 ? found.body.results.map((answer) => acknowledged(answer, labels)) : [];
  return [...standing.reverse(), ...unsent].filter((one) => !replaced.has(one.client_id) && !replaced.has(one.id));
}

function acknowledged({ id, client_id, task, verdict, value, words }, labels) {
  const choice = { verdict, value, words };
  return { task, id, client_id, choice, words: inWords(choice, task, labels) };
}

function pending({ client_id, about, body }, labels) {
  const choice = { verdict: body.verdict, value: body.value, words: body.words };
  return { task: about, client_id, choice, words: inWords(choice, about, labels) };
}
