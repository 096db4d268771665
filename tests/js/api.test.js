import assert from "node:assert/strict";
import test from "node:test";

test("one call that fails while others go through does not make the connection come and go", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 0 });
  const told = [];
  globalThis.document = new EventTarget();
  document.addEventListener("vouch:reached", ({ detail }) => told.push(detail.reached));
  globalThis.fetch = async (path) => {
    if (path.endsWith("/blocked/")) throw new TypeError("Failed to fetch");
    return new Response("{}");
  };
  const { call } = await import("../../static/js/api.js");

  for (let times = 0; times < 3; times += 1) {
    await assert.rejects(call("/blocked/"));
    t.mock.timers.tick(100);
    assert.deepEqual(await call("/open/"), { status: 200, body: {} });
  }
  assert.deepEqual(told, [false]);

  t.mock.timers.tick(1_000);
  await call("/open/");
  assert.deepEqual(told, [false, true]);
});
