/** An alert as one sentence: where, what it looks like, how sure the model is. */

import { sure } from "../answers.js";

/** "Out of stock" within a sentence; a word in capitals stays as it is. */
export function within(name) {
  return /^\p{Lu}(\p{Ll}|\s|$)/u.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/** `{where, looks, sure, when}`; `looks` is null where nothing is proposed, `when` an ISO time or null. */
export function sentence(task, labels) {
  const { proposal, image } = task;
  const label = labels.find((one) => one.key === proposal?.label);
  return {
    where: image.source?.name || image.filename || "This photograph",
    looks: proposal ? within(label?.name ?? proposal.label ?? "different") : null,
    sure: typeof proposal?.confidence === "number" ? sure(proposal.confidence) : "",
    when: image.captured_at ?? null,
  };
}

/** The keys of the labels a No leads to: likeliest first by the model's scores, never the one just refused. */
export function alternatives(task, labels) {
  const scores = task.proposal?.scores ?? {};
  return labels
    .map(({ key }, position) => ({ key, position, score: scores[key] ?? -1 }))
    .filter(({ key }) => key !== task.proposal?.label)
    .sort((one, other) => other.score - one.score || one.position - other.position)
    .map(({ key }) => key);
}
