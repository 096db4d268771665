import assert from "node:assert/strict";
import { test } from "node:test";

import { FIRST_RETRY_MS, LONGEST_RETRY_MS, follow, retryDelay } from "../../static/js/live.js";

class FakeSocket extends EventTarget {
  static all = [];
  constructor(url) {
    super();
    this.url = url;
    FakeSocket.all.push(this);
  }
  close() {}
  emit(type, fields = {}) {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

function start() {
  FakeSocket.all = [];
  const heard = [];
  const waits = [];
  const target = new EventTarget();
  for (const name of ["tasks.opened", "gap", "connection"]) {
    target.addEventListener(`vouch:${name}`, (event) => heard.push([name, event.detail]));
  }
  const end = follow("ws://x/ws/", target, { Socket: FakeSocket, wait: (again, ms) => waits.push({ again, ms }) });
  return { heard, waits, end };
}

test("a message becomes an event of its name", () => {
  const { heard } = start();
  FakeSocket.all[0].emit("message", { data: '{"topic":"queue.1.2","event":"tasks.opened","ids":["a"]}' });
  assert.deepEqual(heard, [["tasks.opened", { topic: "queue.1.2", ids: ["a"] }]]);
});

test("after a lost connection it opens another and says that something may be missed", () => {
  const { heard, waits } = start();
  FakeSocket.all[0].emit("open");
  FakeSocket.all[0].emit("close", { code: 1006 });
  assert.equal(waits.length, 1);
  waits[0].again();
  FakeSocket.all[1].emit("open");
  assert.deepEqual(heard.map(([name]) => name), ["connection", "connection", "connection", "gap"]);
});

test("a page that is not allowed does not try again", () => {
  const { waits } = start();
  FakeSocket.all[0].emit("close", { code: 4403 });
  assert.equal(waits.length, 0);
});

test("an ended page does not try again", () => {
  const { waits, end } = start();
  end();
  FakeSocket.all[0].emit("close", { code: 1006 });
  assert.equal(waits.length, 0);
});

test("waits double up to a limit and never reach nought", () => {
  assert.ok(retryDelay(0, 0) >= FIRST_RETRY_MS / 2);
  assert.equal(retryDelay(50, 1), LONGEST_RETRY_MS);
  assert.ok(retryDelay(3, 0.5) > retryDelay(2, 0.5));
});
