/** The annotator's page, put together: the line of tasks, the stage, the buttons, the outbox. */

import { acknowledge } from "../acknowledge.js";
import { accepted, cantTell, entryFor, inWords, labelled, noneOfThese, nothingThere } from "../answers.js";
import { post, problem } from "../api.js";
import { claimAgain, desk, keepGoing, outbox, prepare, queues } from "../desk.js";
import { Leases } from "../leases.js";
import { Line } from "../line.js";
import { Stage } from "../stage.js";
import { Stopwatch } from "../stopwatch.js";
import { wire } from "./buttons.js";
import { showCounts, showSending, showWaiting } from "./counts.js";
import { showProposal } from "./proposal.js";
import { Tally } from "./tally.js";

const AHEAD = 3;
const UNDO_REACH = 10;
const ALT = "The photograph to judge";

const $ = (selector) => document.querySelector(selector);

const stage = new Stage($("[data-stage]"));
const tally = new Tally(sessionStorage);
const leases = new Leases({ post, isThere: () => !document.hidden, lost, store: sessionStorage });
const line = new Line({ claim, prepare: (task) => prepare(task, ALT), leases, ahead: () => AHEAD });

/** `{task, watch, replaces}`: what is on the stage; `replaces` is the earlier answer it takes the place of. */
let current = null;
const said = [];
/** Answers gone past while undoing further back: they stand, and can be undone again. */
const passed = [];

async function claim(count) {
  let answer;
  try {
    answer = await post(`/queues/${desk.queue}/claim/`, { count });
  } catch {
    return null;
  }
  if (problem(answer) === "guideline-not-acknowledged") {
    await acknowledge($("[data-acknowledge]"));
    return claim(count);
  }
  if (answer.status === 401) banner("You are signed out. Sign in again in another tab: your answers are kept here.");
  return answer.status === 200 ? answer.body : null;
}

function banner(words = "") {
  const element = $("[data-banner]");
  element.textContent = words;
  element.hidden = words === "";
}

async function show(task, replaces = null) {
  current = { task, replaces, watch: new Stopwatch(), ready: false };
  const mine = current;
  banner(replaces ? `You said: ${replaces.words}. Your next answer takes its place.` : "");
  showProposal($("[data-proposal]"), task, desk.labels);
  buttons.set({ current, canUndo: said.length > 0 });
  const shown = await stage.show(task, desk.labels);
  if (current !== mine) return;
  mine.watch = new Stopwatch();
  mine.ready = shown;
  buttons.set({ current, canUndo: said.length > 0 });
}

/** On to what comes next: at once where it is here already. */
async function advance() {
  current = null;
  const here = line.take();
  if (here) {
    show(here);
    line.fill();
    return;
  }
  stage.loading();
  buttons.set({ current, canUndo: said.length > 0 });
  await refill();
}

/** Takes what waits, unless something is on the stage already. */
async function refill() {
  await line.fill();
  if (current) return;
  const task = line.take();
  if (task) {
    show(task);
    line.fill();
    return;
  }
  stage.empty();
  waiting();
  banner();
  showProposal($("[data-proposal]"), null, desk.labels);
  buttons.set({ current: null, canUndo: said.length > 0 });
  const others = line.heldByOthers;
  $("[data-empty-words]").textContent =
    others > 0
      ? `Others are working on the last ${others}. Should one come free, or a new one come in, it appears here by itself.`
      : "New photographs appear here by themselves the moment they come in.";
}

function answer(choice) {
  if (!current?.ready) return;
  const { task, watch, replaces } = current;
  const shown = { screen: [innerWidth, innerHeight], order: desk.labels.map((label) => label.key) };
  const entry = entryFor(task, choice, { ...watch.read(), shown }, replaces?.client_id);
  outbox.add(entry);
  leases.forget(task);
  said.push({ task, client_id: entry.client_id, words: inWords(choice, task, desk.labels) });
  if (said.length > UNDO_REACH) said.shift();
  tally.count();
  goOn();
}

function undo() {
  const last = said.pop();
  if (!last) return;
  if (current?.replaces) passed.push(current.replaces);
  else if (current) line.putBack(current.task);
  tally.takeBack();
  showCounts(tally);
  show(last.task, last);
}

/** An answer that was to be replaced stands after all. */
function keep() {
  passed.push(current.replaces);
  goOn();
}

function goOn() {
  for (const one of passed.splice(0).reverse()) {
    said.push(one);
    tally.count();
  }
  showCounts(tally);
  advance();
}

function skip() {
  if (!current) return;
  if (current.replaces) {
    keep();
    return;
  }
  const { task } = current;
  const done = line.skip(task);
  advance();
  done.then(refill);
}

/** A lease is gone: quietly taken again where the task is free still, said where it is not. */
async function lost(task) {
  if (current?.task.id !== task.id) {
    line.drop(task);
    return;
  }
  if (current.replaces) return;
  const lease = await claimAgain(task);
  if (current?.task.id !== task.id) return;
  if (lease) {
    task.lease = lease;
    leases.hold(task);
    return;
  }
  current.ready = false;
  banner("Your time with this photograph ran out and somebody else has it now. Press space for the next; what you sent is safe.");
  buttons.set({ current, canUndo: said.length > 0, lost: true });
}

async function waiting() {
  const found = await queues();
  if (found) showWaiting(found, desk.queue);
}

function retry() {
  if (!current) return;
  prepare(current.task, ALT);
  show(current.task, current.replaces);
}

const choose = (choice) => current && answer(choice(current.task));
const buttons = wire({
  label: (key) => choose((task) => labelled(task, key)),
  accept: () => choose(accepted),
  nothingThere: () => choose(nothingThere),
  cantTell: () => choose(cantTell),
  noneOfThese: (words) => choose(() => noneOfThese(words)),
  undo,
  skip,
  retry,
});

outbox.addEventListener("changed", () => showSending(outbox.size));
outbox.addEventListener("stuck", ({ detail }) => showSending(outbox.size, detail.reason));
outbox.addEventListener("late", ({ detail }) => banner(detail.detail));
outbox.addEventListener("refused", ({ detail }) => banner(`One answer was not taken: ${detail.detail}`));

document.addEventListener("vouch:tasks.opened", () => {
  if (!current || line.length < AHEAD) refill();
  waiting();
});
document.addEventListener("vouch:tasks.closed", waiting);
document.addEventListener("vouch:gap", refill);
document.addEventListener("vouch:guideline.published", async () => {
  await acknowledge($("[data-acknowledge]"));
  await line.empty();
  refill();
});

for (const sign of ["pointermove", "pointerdown", "keydown"]) {
  document.addEventListener(sign, () => current?.watch.alive(), { passive: true });
}

showCounts(tally);
showSending(outbox.size);
keepGoing({
  leases,
  turned: (hidden) => current?.watch.hide(hidden),
  back() {
    if (!current) refill();
  },
  look() {
    showCounts(tally);
    waiting();
    if (!current) refill();
  },
});
leases.clear().then(refill);
