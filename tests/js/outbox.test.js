import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";

class Store {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key = (index) => [...this.#items.keys()][index];
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => this.#items.set(key, value);
  removeItem = (key) => this.#items.delete(key);
}

const entry = (client_id, more = {}) => ({ client_id, task: `task-${client_id}`, body: { client_id, lease: "1.x" }, ...more });
const created = (id) => ({ status: 201, body: { id } });
const until = async (true_) => {
  while (!true_()) await new Promise((resolve) => setImmediate(resolve));
};

function outbox(replies, { store = new Store() } = {}) {
  const sent = [];
  const heard = [];
  const retries = [];
  const box = new Outbox({
    owner: 7,
    store,
    send: async (path, body) => {
      sent.push([path, body]);
      const reply = replies.shift();
      if (reply instanceof Error) throw reply;
      return reply;
    },
    wait: (then) => retries.push(then),
  });
  for (const name of ["sent", "late", "refused", "stuck"]) {
    box.addEventListener(name, ({ detail }) => heard.push([name, detail.reason ?? detail.entry.client_id]));
  }
  return { box, sent, heard, retries, store };
}

test("an answer is sent once and forgotten when acknowledged", async () => {
  const { box, sent, heard, store } = outbox([created("A")]);
  box.add(entry("a"));
  await until(() => heard.length === 1);
  assert.deepEqual(heard, [["sent", "a"]]);
  assert.equal(sent[0][0], "/tasks/task-a/answers/");
  assert.deepEqual([box.size, store.length], [0, 0]);
});

test("what could not be sent is kept, tried again with the same client_id, and in order", async () => {
  const { box, sent, heard, retries, store } = outbox([new Error("no network"), { status: 503 }, created("A"), created("B")]);
  box.add(entry("a"));
  await until(() => retries.length === 1);
  assert.equal(store.length, 1);
  retries[0]();
  await until(() => retries.length === 2);
  box.add(entry("b"));
  await until(() => heard.length === 4);
  assert.deepEqual(heard, [["stuck", "offline"], ["stuck", "busy"], ["sent", "a"], ["sent", "b"]]);
  assert.deepEqual(sent.map(([, body]) => body.client_id), ["a", "a", "a", "b"]);
});

test("a reload finds what was not acknowledged, and only its owner's", async () => {
  const first = outbox([new Error("no network")]);
  first.box.add(entry("a"));
  await until(() => first.retries.length === 1);
  first.store.setItem("vouch:outbox:8:z", JSON.stringify({ ...entry("z"), at: 1 }));
  const second = outbox([created("A")], { store: first.store });
  assert.equal(second.box.size, 1);
  second.box.flush();
  await until(() => second.heard.length === 1);
  assert.deepEqual(second.heard, [["sent", "a"]]);
});

test("signed out: it waits", async () => {
  const { box, heard, retries } = outbox([{ status: 401, body: {} }, { status: 403, body: { detail: "CSRF Failed: token incorrect" } }]);
  box.add(entry("a"));
  await until(() => retries.length === 1);
  box.flush();
  await until(() => retries.length === 2);
  assert.deepEqual(heard, [["stuck", "signed-out"], ["stuck", "signed-out"]]);
  assert.equal(box.size, 1);
});

test("late and refused answers leave, and are told apart", async () => {
  const { box, heard } = outbox([
    { status: 409, body: { type: "/problems/lease-lost", detail: "too late" } },
    { status: 400, body: { type: "/problems/invalid", detail: "value.label: unknown" } },
  ]);
  box.add(entry("a"));
  box.add(entry("b"));
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [["late", "a"], ["refused", "b"]]);
});

test("an answer in another's place waits for its id, and then needs no lease", async () => {
  const { box, sent, heard } = outbox([created("A"), created("B")]);
  box.add(entry("a"));
  box.add(entry("b", { after: "a" }));
  await until(() => heard.length === 2);
  assert.deepEqual(sent[1][1], { client_id: "b", supersedes: "A" });
});

test("it knows what to take the place of after a reload, too", async () => {
  const first = outbox([created("A"), new Error("no network")]);
  first.box.add(entry("a"));
  first.box.add(entry("b", { after: "a" }));
  await until(() => first.retries.length === 1);
  const second = outbox([created("B")], { store: first.store });
  second.box.flush();
  await until(() => second.heard.length === 1);
  assert.equal(second.sent[0][1].supersedes, "A");
});

test("where the first came too late, the second goes under its lease", async () => {
  const { box, sent, heard } = outbox([
    { status: 409, body: { type: "/problems/task-closed", detail: "closed" } },
    { status: 409, body: { type: "/problems/task-closed", detail: "closed" } },
  ]);
  box.add(entry("a"));
  box.add(entry("b", { after: "a" }));
  await until(() => heard.length === 2);
  assert.equal(sent[1][1].lease, "1.x");
});

test("without storage it keeps what it has in memory", async () => {
  const broken = new Proxy({}, { get: () => { throw new Error("forbidden"); } });
  const { box, heard } = outbox([created("A")], { store: broken });
  box.add(entry("a"));
  await until(() => heard.length === 1);
  assert.equal(box.size, 0);
});
