/** The associate's page, put together: one alert held at a time, answered in a tap, and the next by itself. */

import { acknowledge } from "../acknowledge.js";
import { accepted, cantTell, entryFor, inWords, labelled } from "../answers.js";
import { post, problem } from "../api.js";
import { attentionOn } from "../attention.js";
import { claimAgain, desk, keepGoing, outbox, pageId, prepare, queues, stillOpen } from "../desk.js";
import { wireFlag } from "../guideline/flag.js";
import { Leases } from "../leases.js";
import { Line } from "../line.js";
import { Stage } from "../stage.js";
import { Stopwatch } from "../stopwatch.js";
import { toast } from "../toast.js";
import { offerToKeep, offerUndo, openSheet, showAlert, showCount } from "./face.js";
import { Taps } from "./taps.js";

const UNDO_SECONDS = 10;
const AWAY_MS = 120_000;
const ENOUGH_FOR_ALL = 3;
const ALT = "What the camera saw";

const $ = (selector) => document.querySelector(selector);

const taps = new Taps();
const stage = new Stage($("[data-stage]"));
const attention = attentionOn($("[data-stage]"));
const leases = new Leases({
  post,
  isThere: () => !document.hidden && Date.now() - lastSign < AWAY_MS,
  lost,
  store: sessionStorage,
  page: pageId,
  stillOpen,
});
// Where few wait, colleagues in the same store get the rest.
const line = new Line({
  claim,
  prepare: (task) => prepare(task, ALT),
  leases,
  ahead: () => (current && open < ENOUGH_FOR_ALL ? 0 : 1),
});

/** `{task, watch, replaces, ready}`: the alert on the screen. */
let current = null;
let last = null;
let endOffer = () => {};
let open = Number($("[data-waiting]").textContent);
let lastSign = Date.now();

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
  current = { task, replaces, ready: false, watch: new Stopwatch() };
  const mine = current;
  say();
  attention.about(task);
  showAlert(task, desk.labels);
  taps.close();
  const shown = await stage.show(task, desk.labels);
  if (current !== mine) return;
  Object.assign(mine, { ready: shown, watch: new Stopwatch() });
  if (shown) taps.openSoon();
}

async function advance() {
  current = null;
  const here = line.take();
  if (here) show(here);
  else {
    attention.about(null);
    stage.loading();
  }
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
  attention.about(null);
  showAlert(null);
  stage.empty();
}

const tapped = (choice) => {
  if (current?.ready && taps.count) answer(choice(current.task));
};

function answer(choice) {
  const { task, watch, replaces } = current;
  const shown = { screen: [innerWidth, innerHeight] };
  const entry = entryFor(task, choice, { ...watch.read(), shown }, replaces);
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
  if (current?.task.id !== task.id) {
    line.drop(task);
    return;
  }
  const lease = await claimAgain(task);
  if (current?.task.id !== task.id) return;
  if (lease) {
    task.lease = lease;
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
  const found = await queues();
  if (!found) return;
  const mine = found.filter((queue) => desk.queues.includes(queue.id));
  count(mine.reduce((sum, queue) => sum + queue.open, 0));
}

function press(selector, then) {
  for (const button of document.querySelectorAll(selector)) button.addEventListener("click", then);
}

press("[data-yes]", () => tapped(accepted));
press("[data-no]", () => {
  if (!current?.ready || !taps.count) return;
  openSheet(true);
  taps.openSoon();
});
press("[data-back]", () => openSheet(false));
press("[data-cant-tell]", () => tapped(cantTell));
press("[data-undo]", undo);
press("[data-try-again]", () => {
  if (!current) return;
  prepare(current.task, ALT);
  show(current.task, current.replaces);
});
press("[data-label]", ({ currentTarget }) => {
  const { label } = currentTarget.dataset;
  tapped((task) => labelled(task, label));
});

const WHY = { "signed-out": "You are signed out", "another-user": "Somebody else is signed in in this browser" };

outbox.addEventListener("stuck", ({ detail }) => {
  const why = WHY[detail.reason] ?? "No connection";
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
wireFlag($("[data-flag-dialog]"), () => current?.task ?? null);
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

showCount(open);
keepGoing({
  leases,
  turned(hidden) {
    current?.watch.hide(hidden);
    if (!hidden) lastSign = Date.now();
  },
  back() {
    refill();
    waiting();
  },
  look() {
    waiting();
    if (!current) refill();
  },
});
leases.clear().then(refill);
