import assert from "node:assert/strict";
import { test } from "node:test";

import { best, matches } from "../../static/js/work/filter.js";

test("every word typed begins a word of the name, in any order", () => {
  assert.ok(matches("Oat drink, 1 litre", "dr oat"));
  assert.ok(!matches("Oat drink, 1 litre", "rink"));
  assert.ok(matches("Anything", ""));
});

test("accents and case do not matter", () => {
  assert.ok(matches("Crème fraîche", "creme FR"));
  assert.ok(matches("Smör", "smor"));
  assert.ok(matches("Smor", "smör"));
});

test("enter means the name that is what was typed, before one that begins so, before any other", () => {
  const names = ["Sour milk", "Milk, low fat", "Milk"];
  assert.equal(best(names, "milk"), 2);
  assert.equal(best(names, "mil"), 1);
  assert.equal(best(names, "so"), 0);
  assert.equal(best(names, "x"), -1);
  assert.equal(best(names, "  "), -1);
});
