import assert from "node:assert/strict";
import { test } from "node:test";

import { Reason } from "../../static/js/work/reason.js";

class Field extends EventTarget {
  value = "";
}

const LABEL = { verdict: "label", value: { label: "low" } };

test("a reason goes with the answer, and an empty one does not", () => {
  const field = new Field();
  const reason = new Reason(field);
  assert.equal(reason.with(LABEL), LABEL);
  field.value = "  Half of it is air. ";
  assert.deepEqual(reason.with(LABEL), { ...LABEL, words: "Half of it is air." });
  const own = { verdict: "none_of_these", value: null, words: "a bird" };
  assert.equal(reason.with(own), own);
});

test("it begins empty, and with what was typed where an answer is taken back", () => {
  const field = new Field();
  const reason = new Reason(field);
  reason.about({ ...LABEL, words: "Half of it is air." });
  assert.equal(field.value, "Half of it is air.");
  reason.about();
  assert.equal(field.value, "");
  reason.about({ verdict: "none_of_these", words: "a bird" });
  assert.equal(field.value, "");
});

test("Enter leaves the field so that a digit answers; other keys are typed", () => {
  const field = new Field();
  let left = 0;
  new Reason(field, () => (left += 1));
  const press = (key) => {
    const event = new Event("keydown", { cancelable: true });
    event.key = key;
    field.dispatchEvent(event);
    return event.defaultPrevented;
  };
  assert.equal(press("4"), false);
  assert.equal(press("Enter"), true);
  assert.equal(press("Escape"), true);
  assert.equal(left, 2);
});

test("where there is no field nothing is asked", () => {
  const reason = new Reason(null);
  reason.about(LABEL);
  assert.equal(reason.with(LABEL), LABEL);
});
