import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../static/js/work/history.js";

const said = (number) => ({ client_id: `c${number}`, words: `${number}` });

function after(count) {
  const history = new History();
  for (let number = 1; number <= count; number += 1) history.add(said(number));
  return history;
}

/** What going back and back again brings, newest first. */
function all(history) {
  const found = [];
  let going = null;
  for (let one = history.back(going); one; one = history.back(going)) {
    found.push(one.words);
    going = one;
  }
  return [found, going];
}

test("it reaches exactly ten back", () => {
  const history = after(12);
  const [found] = all(history);
  assert.deepEqual(found, ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3"]);
  assert.ok(history.isAtItsEnd);
});

test("an end before the tenth is no end of its reach", () => {
  const history = after(3);
  all(history);
  assert.ok(history.isEmpty);
  assert.ok(!history.isAtItsEnd);
});

test("what was passed by stands, and the new answer is the latest, as the server has it", () => {
  const history = after(4);
  history.back();
  history.back(said(4));
  assert.equal(history.forward(), 1);
  history.add(said(5));
  assert.deepEqual(all(history)[0], ["5", "4", "2", "1"]);
});

test("one that is kept comes back among the others", () => {
  const history = after(3);
  const going = history.back();
  const last = history.back(going);
  assert.equal(history.forward(last), 2);
  assert.deepEqual(all(history)[0], ["3", "2", "1"]);
});

test("after a reload the earlier ones come before what was said since, each once", () => {
  const history = after(2);
  history.restore([said(0), said(1)]);
  assert.deepEqual(all(history)[0], ["2", "1", "0"]);
});

test("what the server did not count cannot be taken back", () => {
  const history = after(3);
  history.drop("c2");
  assert.deepEqual(all(history)[0], ["3", "1"]);
});
