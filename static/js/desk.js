/**
 * What both work pages stand on: what the server says of the desk, and what keeps it going while somebody is there.
 *
 *   <script type="application/json" id="desk">{"user": 7, "lease_seconds": 300, "labels": […], …}</script>
 */

import { call, callAs, post, serverNow } from "./api.js";
import { Outbox } from "./outbox.js";
import { openStore } from "./outbox-store.js";
import { photograph } from "./photograph.js";
import { listen } from "./shortcuts.js";

const POLL_MS = 5_000;
const POLL_CONNECTED_MS = 30_000;
const BEATS_A_LEASE = 3;
const COUNTED_TO = 1_000;

export const desk = JSON.parse(document.getElementById("desk").textContent);
callAs(desk.user);

const shared = `vouch:outbox:${desk.user}`;
const store = openStore(desk.user);

/** What this person answered and the server has not acknowledged yet, in all tabs of this browser. */
export const outbox = new Outbox({
  store,
  send: (path, body) => post(path, body, { keepalive: true }),
  // Over plain HTTP there are no locks; the server records an answer that two tabs send once.
  lock: (then) => (navigator.locks ? navigator.locks.request(shared, then) : then()),
  channel: new BroadcastChannel(shared),
  serverNow,
});

/** This page's own name among the tabs of this browser. */
export const pageId = String(Math.random());

navigator.locks?.request(`vouch:page:${pageId}`, () => new Promise(() => {}));

/** Whether a page of that name is open in some tab. */
export async function stillOpen(page) {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === `vouch:page:${page}`);
}

/** Where nothing can be kept in this browser `tell` is called, and a page with unsent answers asks before it goes. */
export async function warnUnlessKept(tell) {
  const { isKept } = await store;
  if (!isKept) tell();
  outbox.addEventListener("unkept", tell);
  addEventListener("beforeunload", (event) => {
    if (!isKept && outbox.size > 0) event.preventDefault();
  });
}

/** Fetches a task's photograph and decodes it, once, or again where that failed before. */
export function prepare(task, alt) {
  if (task.photograph && !task.failed) return;
  task.failed = false;
  task.photograph = photograph(task.image.url, alt);
  task.photograph.catch(() => {
    task.failed = true;
  });
}

/** The person's queues as the API lists them; null where they cannot be had now. */
export async function queues() {
  const found = await call("/queues/?page_size=200").catch(() => null);
  return found?.status === 200 ? found.body.results : null;
}

/** A count of what waits, in words: the server stops counting at a thousand. */
export const howMany = (open) => (open >= COUNTED_TO ? "1,000+" : String(open));

/**
 * Takes a task again whose lease is gone; resolves to the new lease, null where it is somebody else's by now, undefined
 * where the server cannot be asked.
 */
export async function claimAgain(task) {
  const found = await post(`/queues/${task.queue}/claim/`, { task: task.id }).catch(() => null);
  if (!found || found.status >= 500) return undefined;
  return found.status === 200 ? found.body.tasks[0].lease : null;
}

/**
 * Renews the leases, sends what waits and looks for more: by the clock, and whenever page or network come back.
 *
 * `turned(hidden)` hears that the page was hidden or shown, `back()` then that it is in view again, `look()` that it is
 * time to see what waits: seldom while the websocket tells, often while it is away.
 */
export function keepGoing({ leases, turned, back, look }) {
  document.addEventListener("visibilitychange", () => {
    turned(document.hidden);
    if (document.hidden) return;
    leases.beat();
    outbox.flush();
    back();
  });
  addEventListener("online", () => outbox.flush());
  document.addEventListener("vouch:reached", ({ detail }) => {
    if (detail.reached) outbox.flush();
  });
  addEventListener("pagehide", () => leases.releaseAll());
  addEventListener("pageshow", (event) => {
    // Back from the browser's own cache: what was held has been given back.
    if (event.persisted) location.reload();
  });
  setInterval(() => leases.beat(), (desk.lease_seconds * 1000) / BEATS_A_LEASE);
  let polled = 0;
  setInterval(() => {
    polled += POLL_MS;
    const connected = document.documentElement.dataset.connection === "on";
    if (polled < (connected ? POLL_CONNECTED_MS : POLL_MS) || document.hidden) return;
    polled = 0;
    look();
  }, POLL_MS);
  listen();
  outbox.flush();
}
