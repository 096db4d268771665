import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../static/js/line.js";

const task = (id) => ({ id, lease: { token: id } });

/** A queue on a server: claimed from the front, released to the front. */
function made(ids, ahead = 3, spare = 0) {
  const queue = ids.map(task);
  const released = [];
  const prepared = [];
  const claims = [];
  const leases = {
    hold() {},
    async release(one) {
      released.push(one.id);
      queue.unshift(one);
    },
  };
  const line = new Line({
    claim: async (count) => {
      claims.push(count);
      return { tasks: queue.splice(0, count), waiting: 2 };
    },
    prepare: (one) => prepared.push(one.id),
    leases,
    ahead: () => ahead,
    spare: () => spare,
  });
  return { line, queue, released, prepared, claims };
}

test("it claims small batches and prepares each photograph at once", async () => {
  const { line, prepared, claims } = made(["a", "b", "c", "d"]);
  await line.fill();
  assert.deepEqual([line.length, prepared, claims], [3, ["a", "b", "c"], [3]]);
  assert.equal(line.take().id, "a");
  await line.fill();
  assert.deepEqual(claims, [3, 1]);
});

test("with some to spare a claim serves several answers, and only the first are prepared", async () => {
  const { line, prepared, claims } = made([..."abcdefghijkl"], 2, 2);
  await line.fill();
  assert.deepEqual([line.length, new Set(prepared)], [4, new Set(["a", "b"])]);
  for (let answers = 0; answers < 4; answers += 1) {
    line.take();
    await line.fill();
  }
  assert.deepEqual(claims, [4, 3]);
  assert.deepEqual(new Set(prepared), new Set([..."abcdef"]));
});

test("two calls at once claim once", async () => {
  const { line, claims } = made(["a", "b", "c", "d"]);
  await Promise.all([line.fill(), line.fill()]);
  assert.deepEqual(claims, [3]);
});

test("when nothing is left it says how many others hold", async () => {
  const { line } = made([]);
  await line.fill();
  assert.deepEqual([line.take(), line.heldByOthers], [undefined, 2]);
});

test("a claim that cannot be made now leaves the line as it is", async () => {
  const line = new Line({ claim: async () => null, prepare() {}, leases: {}, ahead: () => 3 });
  await line.fill();
  assert.equal(line.length, 0);
});

test("a skipped task goes back after the next were claimed, and is not the next again", async () => {
  const { line, released } = made(["a", "b", "c", "d", "e", "f"], 2);
  await line.fill();
  const first = line.take();
  await line.skip(first);
  assert.deepEqual(released, ["a"]);
  const order = [];
  for (let one = line.take(); one; one = line.take()) {
    order.push(one.id);
    await line.fill();
  }
  assert.deepEqual(order, ["b", "c", "d", "e", "f", "a"]);
});

test("a skipped task that is the only one left comes back", async () => {
  const { line } = made(["a"]);
  await line.fill();
  await line.skip(line.take());
  assert.equal(line.take().id, "a");
});

test("what was put back is the next; what was lost is gone", async () => {
  const { line } = made(["a", "b"]);
  await line.fill();
  const a = line.take();
  line.putBack(a);
  line.drop(task("b"));
  assert.deepEqual([line.take().id, line.take()], ["a", undefined]);
});

test("emptied, it gives back all it has", async () => {
  const { line, released } = made(["a", "b", "c"]);
  await line.fill();
  await line.empty();
  assert.deepEqual([line.length, released], [0, ["a", "b", "c"]]);
});

test("what comes while a claim finds nothing is claimed by who asks meanwhile", async () => {
  const { line, queue, claims } = made([], 1);
  const first = line.fill();
  queue.push(task("late"));
  await Promise.all([first, line.fill()]);
  assert.deepEqual([line.take()?.id, claims.length], ["late", 2]);
  await line.fill();
  assert.equal(claims.length, 3);
});
