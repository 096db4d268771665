import assert from "node:assert/strict";
import { test } from "node:test";

import { between, frameOf } from "../../static/js/region.js";

test("a frame lies between two corners, whichever came first, within the picture", () => {
  const drawn = { left: 20, top: 10.5, right: 80, bottom: 100 };
  assert.deepEqual(between({ x: 0.8, y: 1.2 }, { x: 0.2, y: 0.1049 }), drawn);
  assert.deepEqual(between({ x: 0.2, y: 0.1049 }, { x: 0.8, y: 1.2 }), drawn);
});

test("what is typed is a frame once it reaches from left to right and from top to bottom", () => {
  const typed = { left: "20,5", top: "10", right: "80", bottom: "90" };
  assert.deepEqual(frameOf(typed), { left: 20.5, top: 10, right: 80, bottom: 90 });
  assert.equal(frameOf({ ...typed, right: "20" }), null);
  assert.equal(frameOf({ ...typed, bottom: "" }), null);
});
