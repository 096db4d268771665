import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";

/** What IndexedDB would keep for one person, shared by the outboxes of several tabs. */
class Store {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  all = async () => [...this.#items.values()].map((entry) => structuredClone(entry));
  put = async (entry) => void this.#items.set(entry.client_id, structuredClone(entry));
  delete = async (client_id) => void this.#items.delete(client_id);
}

/** One turn at a time, as the Web Locks API gives it. */
function oneAtATime() {
  let last = Promise.resolve();
  return (then) => (last = last.then(then, then));
}

const entry = (client_id, more = {}) => ({ client_id, task: `task-${client_id}`, body: { client_id, lease: "1.x" }, ...more });
const created = (id) => ({ status: 201, body: { id } });
const until = async (true_) => {
  while (!true_()) await new Promise((resolve) => setImmediate(resolve));
};

function outbox(replies, { store = new Store(), lock, channel, serverNow } = {}) {
  const sent = [];
  const heard = [];
  const retries = [];
  const box = new Outbox({
    store,
    lock,
    channel,
    serverNow,
    send: async (path, body) => {
      sent.push([path, body]);
      const reply = replies.shift();
      if (reply instanceof Error) throw reply;
      return reply;
    },
    wait: (then) => retries.push(then),
  });
  for (const name of ["sent", "late", "refused", "stuck", "unkept"]) {
    box.addEventListener(name, ({ detail }) => heard.push([name, detail.reason ?? detail.entry?.client_id]));
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

test("a reload finds what was not acknowledged", async () => {
  const first = outbox([new Error("no network")]);
  first.box.add(entry("a"));
  await until(() => first.retries.length === 1);
  const second = outbox([created("A")], { store: first.store });
  await second.box.ready;
  assert.deepEqual(second.box.entries.map(({ client_id }) => client_id), ["a"]);
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

test("past its lease, or so near its end that a clock of whole seconds cannot tell, an answer asks for the task again, whatever the clock of this machine says", async () => {
  const { box, sent, heard } = outbox([created("A"), created("B")], { serverNow: () => 1_000 });
  box.add(entry("a", { until: 2_999 }));
  box.add(entry("b", { until: 3_001 }));
  await until(() => heard.length === 2);
  assert.deepEqual(sent.map(([, body]) => body.lease), [null, "1.x"]);
});

test("a guideline to be read first holds an answer up, and loses none", async () => {
  const unread = { status: 409, body: { type: "/problems/guideline-not-acknowledged" } };
  const { box, heard, retries } = outbox([unread, created("A")]);
  box.add(entry("a"));
  await until(() => retries.length === 1);
  retries[0]();
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [["stuck", "guideline"], ["sent", "a"]]);
});

test("two tabs send each answer once, in the order they were given", async () => {
  const store = new Store();
  const lock = oneAtATime();
  const name = `tabs ${Math.random()}`;
  const channels = [new BroadcastChannel(name), new BroadcastChannel(name)];
  const replies = ["A", "B", "C"].map(created);
  const [one, other] = channels.map((channel) => outbox(replies, { store, lock, channel }));
  one.box.add(entry("a"));
  await until(() => other.box.size === 1 || other.heard.length > 0);
  other.box.add(entry("b"));
  one.box.add(entry("c"));
  other.box.flush();
  await until(() => one.heard.length === 3 && other.heard.length === 3);
  const ids = [...one.sent, ...other.sent].map(([, body]) => body.client_id);
  assert.deepEqual(ids.sort(), ["a", "b", "c"]);
  assert.deepEqual([one.box.size, other.box.size, store.length], [0, 0, 0]);
  channels.forEach((channel) => channel.close());
});

test("an answer in another's place finds its id though another tab sent that", async () => {
  const name = `tabs ${Math.random()}`;
  const channels = [new BroadcastChannel(name), new BroadcastChannel(name)];
  const store = new Store();
  const closed = outbox([new Error("no network"), created("B")], { store, channel: channels[0] });
  closed.box.add(entry("a"));
  await until(() => closed.retries.length === 1);
  const other = outbox([created("A")], { store, channel: channels[1] });
  other.box.flush();
  await until(() => closed.heard.some(([event]) => event === "sent"));
  closed.box.add(entry("b", { after: "a" }));
  await until(() => closed.sent.length === 2);
  assert.equal(closed.sent[1][1].supersedes, "A");
  channels.forEach((channel) => channel.close());
});

test("where nothing can be kept it says so, and sends what it has", async () => {
  const forbidden = async () => {
    throw new Error("forbidden");
  };
  const { box, heard } = outbox([created("A")], { store: { all: forbidden, put: forbidden, delete: forbidden } });
  box.add(entry("a"));
  await until(() => heard.length === 2);
  assert.deepEqual(heard.map(([event]) => event).sort(), ["sent", "unkept"]);
  assert.equal(box.size, 0);
});
