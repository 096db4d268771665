import assert from "node:assert/strict";
import { test } from "node:test";

import { accepted, cantTell, entryFor, inWords, labelled, noneOfThese, nothingThere, sure } from "../../static/js/answers.js";

const labels = [{ key: "low", name: "Low stock" }];
const proposing = (label) => ({ id: "t", lease: { token: "1.x" }, proposal: { label, confidence: 0.7 } });

test("a label is an answer of its own without a proposal, else it accepts or corrects", () => {
  assert.deepEqual(labelled({ proposal: null }, "low"), { verdict: "label", value: { label: "low" } });
  assert.equal(labelled(proposing("low"), "low").verdict, "accept");
  assert.equal(labelled(proposing("out"), "low").verdict, "correct");
});

test("nothing there accepts an empty proposal and corrects any other", () => {
  assert.equal(nothingThere({ proposal: null }).verdict, "label");
  assert.equal(nothingThere({ proposal: { regions: [] } }).verdict, "accept");
  assert.deepEqual(nothingThere({ proposal: { regions: [{}] } }), { verdict: "correct", value: { regions: [] } });
});

test("an entry carries the lease, one id for good, the time it took", () => {
  const task = { ...proposing("low"), lease: { token: "1.x", expires_at: "2026-03-01T08:00:00Z" } };
  const facts = { seconds: 1.2, idle_seconds: 0, shown: { screen: [1, 2] } };
  const entry = entryFor(task, accepted(), facts, { client_id: "before", id: "A" });
  assert.equal(entry.client_id, entry.body.client_id);
  assert.match(entry.client_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual([entry.task, entry.after, entry.supersedes], ["t", "before", "A"]);
  assert.deepEqual([entry.body.lease, entry.body.seconds], ["1.x", 1.2]);
  assert.equal(entry.until, Date.UTC(2026, 2, 1, 8));
});

test("what was said, in words", () => {
  assert.equal(inWords(cantTell(), {}, labels), "can’t tell");
  assert.equal(inWords(noneOfThese(" a cat "), {}, labels), "a cat");
  assert.equal(inWords(accepted(), proposing("low"), labels), "Low stock");
  assert.equal(inWords(nothingThere({ proposal: null }), {}, labels), "nothing there");
});

test("a confidence never reads as certain", () => {
  assert.deepEqual([0.71, 0.999, 0.001].map(sure), ["71% sure", "99% sure", "1% sure"]);
});
