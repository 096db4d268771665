/**
 * What the model says of the photograph, always in the same place and of the same height.
 *
 *   <section data-proposal> <p data-proposal-from> <span data-proposal-label> <span data-proposal-sure>
 *   <rect data-proposal-bar> <button data-accept>
 */

import { sure } from "../answers.js";

export function showProposal(root, task, labels) {
  const label = root.querySelector("[data-proposal-label]");
  if (!label) return;
  const proposal = task?.proposal;
  root.querySelector("[data-proposal-from]").textContent = from(task);
  label.textContent = proposal ? words(proposal, labels) : "–";
  const known = typeof proposal?.confidence === "number";
  root.querySelector("[data-proposal-sure]").textContent = known ? sure(proposal.confidence) : "";
  root.querySelector("[data-proposal-bar]").setAttribute("width", known ? 100 * proposal.confidence : 0);
}

function from(task) {
  if (!task) return "The model’s proposal";
  if (!task.proposal) return "No proposal: say what you see";
  return task.proposal.model ? `${task.proposal.model} proposes` : "The model’s proposal";
}

function words(proposal, labels) {
  if (!proposal.regions) return labels.find((label) => label.key === proposal.label)?.name ?? proposal.label;
  const count = proposal.regions.length;
  if (count === 0) return "Nothing there";
  return count === 1 ? "1 box" : `${count} boxes`;
}
