import assert from "node:assert/strict";
import { test } from "node:test";

import { ready } from "../../static/js/attention.js";

const answering = (...answers) => {
  const asked = [];
  return { asked, post: async (path) => (asked.push(path), answers.length > 1 ? answers.shift() : answers[0]) };
};
const pause = async () => {};

const words = { notHere: "not here", slow: "slow" };

test("it asks again until the picture is there", async () => {
  const { asked, post } = answering({ status: 202 }, { status: 202 }, { status: 200 });
  assert.equal(await ready("/tasks/1/attention/", { post, pause, words }), true);
  assert.deepEqual(asked, Array(3).fill("/tasks/1/attention/"));
});

test("what the server refuses is said in its own words", async () => {
  const { post } = answering({ status: 409, body: { detail: "The model drew boxes." } });
  await assert.rejects(ready("/", { post, pause, words }), { message: "The model drew boxes." });
  const there = answering({ status: 409, body: { detail: "The model drew boxes." } });
  await assert.rejects(ready("/", { post: there.post, pause, words, language: "sv" }), { message: words.notHere });
});

test("it gives up after a while", async () => {
  let now = 0;
  const { post } = answering({ status: 202 });
  await assert.rejects(ready("/", { post, pause, words, now: () => (now += 5_000) }), { message: words.slow });
});
