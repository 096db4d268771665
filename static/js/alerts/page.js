/** The associate's page, put together: one alert held at a time, answered in a tap, and the next by itself. */

import { acknowledge } from "../acknowledge.js";
import { accepted, cantTell, entryFor, inWords, labelled } from "../answers.js";
import { call, post, problem } from "../api.js";
import { Leases } from "../leases.js";
import { Line } from "../line.js";
import { Outbox } from "../outbox.js";
import { photograph } from "../photograph.js";
import { listen } from "../shortcuts.js";
import { Stage } from "../stage.js";
import { Stopwatch } from "../stopwatch.js";
import { toast } from "../toast.js";
import { offerToKeep, offerUndo, openSheet, showAlert, showCount } from "./face.js";

const POLL_MS = 5_000;
const POLL_CONNECTED_MS = 30_000;
const UNDO_SECONDS = 10;
const LOOK_FIRST_MS = 350;
const AWAY_MS = 120_000;
const ENOUGH_FOR_ALL = 3;
const BEATS_A_LEASE = 3;

const desk = JSON.parse(document.getElementById("desk").textContent);
const $ = (selector) => document.querySelector(selector);

const stage = new Stage($("[data-stage]"));
const outbox = new Outbox({
  owner: desk.user,
  store: localStorage,
  send: (path, body) => post(path, body, { keepalive: true }),
});
const leases = new Leases({
  post,
  isThere: () => !document.hidden && Date.now() - lastSign < AWAY_MS,
  lost,
  store: sessionStorage,
});
// Where few wait, colleagues in the same store get the rest.
const line = new Line({ claim, prepare, leases, ahead: () => (current && open < ENOUGH_FOR_ALL ? 0 : 1) });

/** `{task, watch, replaces, at}`: the alert on the screen. */
let current = null;
let last = null;
let endOffer = () => {};
let open = Number($("[data-waiting]").textContent);
let lastSign = Date.now();

function prepare(task) {
  task.photograph = photograph(task.image.url, "What the camera saw");
  task.photograph.catch(() => {});
}

async function claim(count) {
  for (const queue of desk.queues) {
    let answer;
    try {
      answer = await post(`/queues/${queue}/claim/`, { count });
    } catch {
      return null;
    }
    if (problem(answer) === "guideline-not-acknowledged") {
      await acknowledge($("[data-acknowledge]"));
      return claim(count);
    }
    if (answer.status === 401) {
      say("You are signed out: sign in again. What you answered is kept on this phone.");
      return null;
    }
    if (answer.status !== 200) return null;
    if (answer.body.tasks.length > 0) return answer.body;
  }
  return { tasks: [] };
}

function say(words = "") {
  const element = $("[data-banner]");
  element.textContent = words;
  element.hidden = words === "";
}

async function show(task, replaces = null) {
  current = { task, replaces, ready: false, at: 0, watch: new Stopwatch() };
  const mine = current;
  say();
  showAlert(task, desk.labels);
  const shown = await stage.show(task, desk.labels);
  if (current !== mine) return;
  Object.assign(mine, { ready: shown, at: Date.now(), watch: new Stopwatch() });
}

async function advance() {
  current = null;
  const here = line.take();
  if (here) show(here);
  else stage.loading();
  await refill();
}

async function refill() {
  await line.fill();
  if (current) return;
  const task = line.take();
  if (task) {
    show(task);
    line.fill();
    return;
  }
  showAlert(null);
  stage.empty();
}

/** A tap counts once the photograph is there and has been looked at for a moment: no double tap decides two alerts. */
const tapped = (choice) => {
  if (!current?.ready || Date.now() - current.at < LOOK_FIRST_MS) return;
  answer(choice(current.task));
};

function answer(choice) {
  const { task, watch, replaces } = current;
  const shown = { screen: [innerWidth, innerHeight] };
  const entry = entryFor(task, choice, { ...watch.read(), shown }, replaces?.client_id);
  outbox.add(entry);
  leases.forget(task);
  if (!replaces) count(open - 1);
  last = { task, client_id: entry.client_id, words: inWords(choice, task, desk.labels) };
  endOffer();
  endOffer = offerUndo(`You said: ${last.words}`, UNDO_SECONDS);
  advance();
}

function undo() {
  if (current?.replaces) {
    endOffer();
    advance();
    return;
  }
  if (!last) return;
  endOffer();
  const taken = last;
  last = null;
  if (current) line.putBack(current.task);
  show(taken.task, taken);
  endOffer = offerToKeep(`You said: ${taken.words}`);
}

async function lost(task) {
  const queue = task.queue;
  if (current?.task.id !== task.id) {
    line.drop(task);
    return;
  }
  const again = await post(`/queues/${queue}/claim/`, { task: task.id }).catch(() => null);
  if (current?.task.id !== task.id) return;
  if (again?.status === 200) {
    task.lease = again.body.tasks[0].lease;
    leases.hold(task);
    return;
  }
  vanish("Somebody else has taken that alert.");
}

function vanish(words) {
  leases.forget(current.task);
  toast(words);
  advance();
}

function count(found) {
  open = Math.max(found, 0);
  showCount(open);
}

async function waiting() {
  const found = await call("/queues/?page_size=200").catch(() => null);
  if (found?.status !== 200) return;
  const mine = found.body.results.filter((queue) => desk.queues.includes(queue.id));
  count(mine.reduce((sum, queue) => sum + queue.open, 0));
}

function press(selector, then) {
  for (const button of document.querySelectorAll(selector)) button.addEventListener("click", then);
}

press("[data-yes]", () => tapped(accepted));
press("[data-no]", () => {
  if (!current?.ready) return;
  openSheet(true);
  current.at = Date.now();
});
press("[data-back]", () => openSheet(false));
press("[data-cant-tell]", () => tapped(cantTell));
press("[data-undo]", undo);
press("[data-try-again]", () => {
  if (!current) return;
  prepare(current.task);
  show(current.task, current.replaces);
});
press("[data-label]", ({ currentTarget }) => {
  const { label } = currentTarget.dataset;
  tapped((task) => labelled(task, label));
});

outbox.addEventListener("stuck", ({ detail }) => {
  const why = detail.reason === "signed-out" ? "You are signed out" : "No connection";
  say(`${why}. ${outbox.size === 1 ? "1 answer is" : `${outbox.size} answers are`} kept here and sent by themselves.`);
});
outbox.addEventListener("moving", () => {
  if (!current?.replaces) say();
});
outbox.addEventListener("sent", waiting);
outbox.addEventListener("late", ({ detail }) => toast(detail.detail, "warning"));
outbox.addEventListener("refused", ({ detail }) => toast(`That answer was not taken: ${detail.detail}`, "error"));

document.addEventListener("vouch:tasks.opened", () => {
  if (!current) refill();
  waiting();
});
document.addEventListener("vouch:tasks.closed", ({ detail }) => {
  if (current && !current.replaces && detail.ids.includes(current.task.id)) vanish("That alert has been settled.");
  waiting();
});
document.addEventListener("vouch:gap", () => {
  refill();
  waiting();
});
document.addEventListener("vouch:guideline.published", () => acknowledge($("[data-acknowledge]")));

for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(
    sign,
    () => {
      const wasAway = Date.now() - lastSign >= AWAY_MS;
      lastSign = Date.now();
      current?.watch.alive();
      if (wasAway) leases.beat();
    },
    { passive: true },
  );
}
document.addEventListener("visibilitychange", () => {
  current?.watch.hide(document.hidden);
  if (document.hidden) return;
  lastSign = Date.now();
  leases.beat();
  outbox.flush();
  refill();
  waiting();
});
addEventListener("online", () => outbox.flush());
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
  waiting();
  if (!current) refill();
}, POLL_MS);

listen();
showCount(open);
outbox.flush();
leases.clear().then(refill);
