import assert from "node:assert/strict";
import { test } from "node:test";

import { placeIn, restore } from "../../static/js/keep-place.js";

function part({ open, scrollLeft, id = "table", name = "Answers" }) {
  const details = { id, open };
  const attributes = { "aria-label": name };
  const frame = { scrollLeft, scrollTop: 0, getAttribute: (key) => attributes[key] ?? null };
  return {
    details,
    frame,
    querySelectorAll: (selector) => (selector.startsWith("details") ? [details] : [frame]),
  };
}

test("what was open and scrolled is so again in what came instead", () => {
  const place = placeIn(part({ open: true, scrollLeft: 120 }));
  const renewed = part({ open: false, scrollLeft: 0 });
  restore(renewed, place);
  assert.equal(renewed.details.open, true);
  assert.equal(renewed.frame.scrollLeft, 120);
});

test("what was closed stays closed, and another frame stays where it is", () => {
  const place = placeIn(part({ open: false, scrollLeft: 120 }));
  const renewed = part({ open: false, scrollLeft: 0, name: "Models" });
  restore(renewed, place);
  assert.equal(renewed.details.open, false);
  assert.equal(renewed.frame.scrollLeft, 0);
});
