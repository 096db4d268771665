import assert from "node:assert/strict";
import { test } from "node:test";

import { stateOf, tie } from "../../static/js/choose-all.js";

class Box extends EventTarget {
  constructor(checked) {
    super();
    this.checked = checked;
  }

  press() {
    this.checked = !this.checked;
    this.dispatchEvent(new Event("change"));
  }
}

test("it tells all from some and none", () => {
  assert.deepEqual(stateOf([new Box(true), new Box(true)]), { checked: true, indeterminate: false });
  assert.deepEqual(stateOf([new Box(true), new Box(false)]), { checked: false, indeterminate: true });
  assert.deepEqual(stateOf([new Box(false)]), { checked: false, indeterminate: false });
  assert.deepEqual(stateOf([]), { checked: false, indeterminate: false });
});

test("the one box chooses the others and follows them", () => {
  const all = new Box(false);
  const boxes = [new Box(true), new Box(true)];
  tie(all, boxes);
  assert.equal(all.checked, true);
  boxes[0].press();
  assert.equal(all.indeterminate, true);
  all.checked = false;
  all.dispatchEvent(new Event("change"));
  assert.deepEqual(boxes.map((box) => box.checked), [false, false]);
});
