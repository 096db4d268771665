import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsFor } from "../../static/js/ago.js";
import { cookie, problem, signedOut } from "../../static/js/api.js";
import { areOn, belongsTo, nameOf } from "../../static/js/shortcuts.js";
import { Stopwatch } from "../../static/js/stopwatch.js";
import { Tally } from "../../static/js/work/tally.js";

const store = (items = {}) => ({ getItem: (key) => items[key] ?? null, setItem: (key, value) => (items[key] = value) });

test("relative times", () => {
  const cases = [[5, "just now"], [61, "1 min ago"], [7_300, "2 h ago"], [200_000, "2 d ago"], [-90, "in 1 min"]];
  for (const [seconds, words] of cases) assert.equal(wordsFor(seconds), words);
});

test("a cookie is found by its whole name", () => {
  assert.equal(cookie("csrftoken", "old_csrftoken=no; csrftoken=a%3Db; x=1"), "a=b");
  assert.equal(cookie("csrftoken", ""), "");
});

test("problems are known by their name", () => {
  assert.equal(problem({ body: { type: "/problems/lease-lost" } }), "lease-lost");
  assert.equal(problem({ body: null }), "");
  assert.ok(signedOut({ status: 401 }));
  assert.ok(!signedOut({ status: 403, body: { detail: "Only engineers may do that." } }));
});

test("keys are named as aria-keyshortcuts writes them", () => {
  assert.equal(nameOf({ key: " " }), "Space");
  assert.equal(nameOf({ key: "A" }), "a");
  assert.equal(nameOf({ key: "Enter", metaKey: true }), "Control+Enter");
  assert.equal(nameOf({ key: "ArrowUp", altKey: true }), "Alt+ArrowUp");
});

test("what is typed belongs to the field, space belongs to the button that has the focus", () => {
  const field = { matches: (selector) => selector.startsWith("input:not") };
  const button = { matches: (selector) => selector.startsWith("button") };
  assert.ok(belongsTo(field, "a") && !belongsTo(field, "Control+Enter"));
  assert.ok(belongsTo(button, "Space") && !belongsTo(button, "a"));
});

test("shortcuts are on until they are switched off", () => {
  assert.ok(areOn(store()));
  assert.ok(!areOn(store({ "vouch:shortcuts": "off" })));
});

test("time without a sign of life counts as idle after half a minute, hidden time at once", () => {
  let now = 0;
  const watch = new Stopwatch(() => now);
  now = 4_000;
  assert.deepEqual(watch.read(), { seconds: 4, idle_seconds: 0 });
  now = 104_000;
  assert.deepEqual(watch.read(), { seconds: 34, idle_seconds: 70 });
  watch.hide(true);
  now = 110_000;
  watch.hide(false);
  now = 111_000;
  assert.deepEqual(watch.read(), { seconds: 35, idle_seconds: 76 });
});

test("the tally keeps its count through a reload, gives a pace, and begins anew after a break", () => {
  let now = 1_000_000;
  const kept = store();
  const tally = new Tally(kept, () => now);
  assert.equal(tally.pace, null);
  for (let i = 0; i < 5; i += 1) {
    tally.count();
    now += 6_000;
  }
  assert.equal(tally.pace, 8);
  tally.takeBack();
  assert.equal(new Tally(kept, () => now).answered, 4);
  now += 3_600_000;
  assert.equal(new Tally(kept, () => now).answered, 0);
});
