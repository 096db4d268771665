import assert from "node:assert/strict";
import { test } from "node:test";

import { Leases } from "../../static/js/leases.js";

const task = (id) => ({ id, lease: { token: `1.${id}`, expires_at: "then" } });

function storage() {
  const items = {};
  return { getItem: (key) => items[key] ?? null, setItem: (key, value) => (items[key] = value) };
}

function made(reply, { isThere = () => true, store = storage(), page, stillOpen } = {}) {
  const calls = [];
  const gone = [];
  const post = async (path, body, options) => {
    calls.push([path, options]);
    return reply(path);
  };
  const leases = new Leases({ post, isThere, lost: (one) => gone.push(one.id), store, page, stillOpen });
  return { leases, calls, gone };
}

test("a beat renews what is held", async () => {
  const { leases, calls } = made(() => ({ status: 200, body: { expires_at: "later" } }));
  const held = task("a");
  leases.hold(held);
  await leases.beat();
  assert.equal(calls[0][0], "/leases/1.a/renew/");
  assert.equal(held.lease.expires_at, "later");
});

test("nobody there: nothing is renewed", async () => {
  const { leases, calls } = made(() => ({ status: 200 }), { isThere: () => false });
  leases.hold(task("a"));
  await leases.beat();
  assert.deepEqual(calls, []);
});

test("a lost lease is said once, a server in trouble is not taken for one", async () => {
  const replies = [{ status: 503, body: null }, { status: 409, body: { type: "/problems/lease-lost" } }];
  const { leases, gone } = made(() => replies.shift());
  leases.hold(task("a"));
  await leases.beat();
  assert.deepEqual(gone, []);
  await leases.beat();
  await leases.beat();
  assert.deepEqual(gone, ["a"]);
});

test("answered while a renewal was under way: not lost", async () => {
  const { leases, gone } = made(() => {
    leases.forget(held);
    return { status: 409, body: { type: "/problems/lease-lost" } };
  });
  const held = task("a");
  leases.hold(held);
  await leases.beat();
  assert.deepEqual(gone, []);
});

test("leaving gives everything back in requests that outlive the page", async () => {
  const { leases, calls } = made(() => ({ status: 204 }));
  leases.hold(task("a"));
  leases.hold(task("b"));
  await leases.releaseAll();
  assert.deepEqual(calls.map(([path]) => path), ["/leases/1.a/release/", "/leases/1.b/release/"]);
  assert.ok(calls.every(([, options]) => options.keepalive));
});

test("a tab that was killed gives back what it held when it comes back", async () => {
  const store = storage();
  const killed = made(() => ({ status: 204 }), { store });
  killed.leases.hold(task("a"));
  killed.leases.hold(task("b"));
  killed.leases.forget(task("a"));
  const again = made(() => ({ status: 204 }), { store });
  await again.leases.clear();
  assert.deepEqual(again.calls.map(([path]) => path), ["/leases/1.b/release/"]);
});

test("a duplicated tab leaves alone what the other one still holds", async () => {
  const store = storage();
  const first = made(() => ({ status: 204 }), { store, page: "first" });
  first.leases.hold(task("a"));
  const copy = made(() => ({ status: 204 }), { store, page: "copy", stillOpen: async (page) => page === "first" });
  await copy.leases.clear();
  assert.deepEqual(copy.calls, []);
});
