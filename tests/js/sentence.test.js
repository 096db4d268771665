import assert from "node:assert/strict";
import { test } from "node:test";

import { alternatives, sentence, within } from "../../static/js/alerts/sentence.js";
import { speaker } from "../../static/js/alerts/words.js";

const words = speaker({ sure: "{percent}% sure" });

const labels = [
  { key: "in", name: "In stock" },
  { key: "low", name: "Low stock" },
  { key: "out", name: "Out of stock" },
  { key: "blocked", name: "View blocked" },
];

test("an alert is one sentence", () => {
  const task = {
    image: { source: { name: "Shelf 12, dairy" }, captured_at: "2026-03-01T08:00:00Z" },
    proposal: { label: "out", confidence: 0.71 },
  };
  assert.deepEqual(sentence(task, labels, words), {
    where: "Shelf 12, dairy",
    looks: "out of stock",
    sure: "71% sure",
    when: "2026-03-01T08:00:00Z",
  });
});

test("without a proposal it asks, without a camera it names the file", () => {
  const found = sentence({ image: { source: null, filename: "a.jpg" }, proposal: null }, labels, words);
  assert.deepEqual([found.where, found.looks, found.sure, found.when], ["a.jpg", null, "", null]);
});

test("within a sentence only an ordinary capital goes", () => {
  assert.deepEqual(["Out of stock", "SKU gone", "A gap", "Öppen"].map(within), ["out of stock", "SKU gone", "a gap", "öppen"]);
});

test("No leads to the likeliest others first, never to what was refused", () => {
  const task = { proposal: { label: "out", scores: { in: 0.05, low: 0.2, out: 0.7 } } };
  assert.deepEqual(alternatives(task, labels), ["low", "in", "blocked"]);
  assert.deepEqual(alternatives({ proposal: null }, labels), ["in", "low", "out", "blocked"]);
});
