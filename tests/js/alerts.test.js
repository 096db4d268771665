import assert from "node:assert/strict";
import { test } from "node:test";

import { Source } from "../../static/js/alerts/source.js";
import { standing } from "../../static/js/alerts/standing.js";
import { speaker } from "../../static/js/alerts/words.js";

const alert = (id) => ({ id, image: { url: `/images/${id}/` } });

function shelf(tasks) {
  let kept = [...tasks];
  return {
    all: async () => kept,
    drop: async ({ id }) => {
      kept = kept.filter((one) => one.id !== id);
    },
    replace: async (next) => {
      kept = next;
    },
  };
}

/** A source whose server gives `replies`, one a claim; a reply of null is no network. */
function made(replies, { kept = [], unsent = [], here = [], read = async () => {} } = {}) {
  const said = { signedOut: 0 };
  const source = new Source({
    queues: ["q"],
    post: async () => {
      const reply = replies.shift();
      if (reply === null) throw new Error("no network");
      return reply;
    },
    shelf: Promise.resolve(shelf(kept)),
    unsent: () => unsent,
    isHere: (id) => here.includes(id),
    read,
    signedOut: () => (said.signedOut += 1),
  });
  return { source, said };
}

const leased = (...ids) => ({ status: 200, body: { tasks: ids.map((id) => ({ ...alert(id), lease: {} })) } });
const ids = ({ tasks }) => tasks.map(({ id }) => id);

test("with a network alerts come from the server", async () => {
  const { source } = made([leased("a")], { kept: [alert("b")] });
  assert.deepEqual(ids(await source.claim(1)), ["a"]);
  assert.equal(source.isOffline, false);
});

test("without one they come off the shelf, each once, and without a lease", async () => {
  const { source } = made([null, { status: 503 }, null], { kept: [alert("a"), alert("b")], here: ["b"] });
  const first = await source.claim(1);
  assert.deepEqual(ids(first), ["a"]);
  assert.equal(first.tasks[0].lease, null);
  assert.deepEqual(ids(await source.claim(1)), []);
  assert.equal(source.isOffline, true);
  source.reached();
  assert.equal(source.isOffline, false);
});

test("what was answered here comes from nowhere again, sent or not", async () => {
  const unsent = [{ task: "a" }];
  const { source } = made([null, leased("a", "b"), leased("c")], { kept: [alert("a"), alert("b")], unsent });
  assert.deepEqual(ids(await source.claim(2)), ["b"]);
  await source.answered(alert("b"));
  assert.deepEqual(ids(await source.claim(2)), ["c"]);
});

test("what others look at is not kept", async () => {
  const { source } = made([]);
  await source.restock([{ ...alert("a"), taken: true }, { ...alert("b"), taken: false }]);
  assert.deepEqual((await source.left()).map(({ id }) => id), ["b"]);
});

test("a guideline is read first, and who is signed out is told", async () => {
  let read = 0;
  const problem = { status: 409, body: { type: "/problems/guideline-not-acknowledged" } };
  const first = made([problem, leased("a")], { read: async () => (read += 1) });
  assert.deepEqual(ids(await first.source.claim(1)), ["a"]);
  assert.equal(read, 1);
  const second = made([{ status: 401 }]);
  assert.equal(await second.source.claim(1), null);
  assert.equal(second.said.signedOut, 1);
});

const known = {
  no_connection: "No connection.",
  busy: "The server is busy.",
  kept: { one: "1 answer is kept.", other: "{n} answers are kept." },
  left: { one: "1 alert is left.", other: "{n} alerts are left." },
  none_left: "None is left.",
  sign_in: "Sign in.",
};

test("the page says how it stands, what is unsent first", () => {
  const well = { reason: null, unsent: 0, isOffline: false, left: 0, isSignedOut: false };
  const said = (change) => standing({ ...well, ...change }, speaker(known));
  assert.equal(said({}), "");
  assert.equal(said({ unsent: 1 }), "");
  assert.equal(said({ unsent: 1, reason: "offline", isOffline: true, left: 4 }), "No connection. 1 answer is kept.");
  assert.equal(said({ unsent: 5, reason: "busy" }), "The server is busy. 5 answers are kept.");
  assert.equal(said({ isOffline: true, left: 4 }), "No connection. 4 alerts are left.");
  assert.equal(said({ isOffline: true }), "No connection. None is left.");
  assert.equal(said({ isSignedOut: true }), "Sign in.");
});

test("words take the form of their count, as the language has it", () => {
  const words = speaker({ n: { one: "{n} sak", other: "{n} saker" } }, "sv");
  assert.deepEqual([words("n", { n: 1 }), words("n", { n: 0 })], ["1 sak", "0 saker"]);
  assert.equal(words("unknown"), "unknown");
});
