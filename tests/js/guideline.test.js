import assert from "node:assert/strict";
import { test } from "node:test";

import { boxOf } from "../../static/js/guideline/point.js";
import { shown } from "../../static/js/guideline/search.js";

const blocks = [
  { text: "Fill", level: 3 },
  { text: "Count the front row.", level: 0 },
  { text: "Gaps", level: 4 },
  { text: "A gap is no stock.", level: 0 },
  { text: "Crème fraîche", level: 3 },
  { text: "Lies in the fridge.", level: 0 },
];

test("nothing typed shows everything", () => {
  assert.deepEqual(shown(blocks, "  ").show, [true, true, true, true, true, true]);
});

test("a paragraph brings the headings above it and nothing else", () => {
  assert.deepEqual(shown(blocks, "no stock"), { show: [true, false, true, true, false, false], count: 1 });
});

test("a heading brings what stands under it, accents and case apart", () => {
  assert.deepEqual(shown(blocks, "CREME fraiche"), { show: [false, false, false, false, true, true], count: 1 });
  assert.deepEqual(shown(blocks, "fill").show, [true, true, true, true, false, false]);
});

test("words that stand nowhere show nothing", () => {
  assert.deepEqual(shown(blocks, "pallet"), { show: [false, false, false, false, false, false], count: 0 });
});

test("a drag in any direction is a box in order, inside the picture and in whole pixels", () => {
  assert.deepEqual(boxOf([300.4, 20], [-5, 500], [480, 360]), [0, 20, 300, 360]);
});
