/** What is sent for a choice: the verdict that fits what was shown, and the value. */

/** The verdict and value for choosing a label; `accept` where it is what the model proposed. */
export function labelled(task, key) {
  const value = { label: key };
  if (!task.proposal) return { verdict: "label", value };
  return task.proposal.label === key ? { verdict: "accept", value } : { verdict: "correct", value };
}

/** Yes to the proposal, whatever it is. */
export const accepted = () => ({ verdict: "accept" });

/** Detection: there is nothing of what the project looks for. */
export function nothingThere(task) {
  const value = { regions: [] };
  if (!task.proposal) return { verdict: "label", value };
  return task.proposal.regions?.length === 0 ? { verdict: "accept", value } : { verdict: "correct", value };
}

export const cantTell = () => ({ verdict: "cant_tell", value: null });

export const noneOfThese = (words) => ({ verdict: "none_of_these", value: null, words: words.trim() });

/**
 * The outbox's entry for a choice about a task. `shown` is what was on the screen besides the proposal; `replaces`, the
 * answer whose place it takes, has a client_id and, once the server has it, an id.
 */
export function entryFor(task, choice, { seconds, idle_seconds, shown }, replaces = null) {
  const client_id = uuid();
  const body = { lease: task.lease?.token ?? null, client_id, ...choice, seconds, idle_seconds, shown };
  return {
    client_id,
    task: task.id,
    body,
    after: replaces?.client_id ?? null,
    supersedes: replaces?.id ?? null,
    until: task.lease ? Date.parse(task.lease.expires_at) : null,
    about: { id: task.id, queue: task.queue, image: task.image, proposal: task.proposal },
  };
}

/** A random UUID. Over plain HTTP a browser has no crypto.randomUUID. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** What a choice said, in words: for the banner that offers to take it back. */
export function inWords(choice, task, labels) {
  if (choice.verdict === "cant_tell") return "can’t tell";
  if (choice.verdict === "none_of_these") return choice.words;
  const value = choice.value ?? task.proposal;
  if (value.regions) return value.regions.length === 0 ? "nothing there" : "the boxes are right";
  return labels.find((label) => label.key === value.label)?.name ?? value.label;
}

/** Percent as a person says it: never a certainty the model does not have. */
export function percentSure(confidence) {
  return Math.min(Math.max(Math.round(confidence * 100), 1), 99);
}

export const sure = (confidence) => `${percentSure(confidence)}% sure`;
