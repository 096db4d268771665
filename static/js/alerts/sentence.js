/** An alert as one sentence: where, what it looks like, how sure the model is. */

import { percentSure } from "../answers.js";

/** "Out of stock" within a sentence; a word in capitals stays as it is. */
export function within(name) {
  return /^\p{Lu}(\p{Ll}|\s|$)/u.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/**
 * `{where, looks, sure, when}`; `looks` is null where nothing is proposed, `when` an ISO time or null. `words` as of
 * words.js.
 */
export function sentence(task, labels, words) {
  const { proposal, image, region } = task;
  const label = labels.find((one) => one.key === proposal?.label);
  const sure = typeof proposal?.confidence === "number";
  return {
    where: region?.name || image.source?.name || image.filename || words("this_photograph"),
    looks: proposal ? within(label?.name ?? proposal.label ?? words("different")) : null,
    sure: sure ? words("sure", { percent: percentSure(proposal.confidence) }) : "",
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

/** What a choice said, in words: for the strip that offers to take it back. */
export function inWords(choice, task, labels, words) {
  if (choice.verdict === "cant_tell") return words("cant_tell");
  const value = choice.value ?? task.proposal;
  if (value.regions) return words(value.regions.length === 0 ? "nothing_there" : "boxes_right");
  return labels.find((label) => label.key === value.label)?.name ?? value.label;
}
