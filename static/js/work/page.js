/** The annotator's page, put together: the line of tasks, the stage, the buttons, the outbox. */

import { acknowledge } from "../acknowledge.js";
import { accepted, cantTell, entryFor, inWords, labelled, noneOfThese, nothingThere } from "../answers.js";
import { call, post } from "../api.js";
import { attentionOn } from "../attention.js";
import { claimAgain, desk, keepGoing, outbox, pageId, prepare, queues, stillOpen } from "../desk.js";
import { wireGuideline } from "../guideline/desk.js";
import { Leases } from "../leases.js";
import { Line } from "../line.js";
import { Stage } from "../stage.js";
import { Stopwatch } from "../stopwatch.js";
import { toast } from "../toast.js";
import { wire } from "./buttons.js";
import { Claiming } from "./claiming.js";
import { showCounts, showWaiting } from "./counts.js";
import { earlier } from "./earlier.js";
import { seen } from "./glance.js";
import { History } from "./history.js";
import { showProposal } from "./proposal.js";
import { Reason } from "./reason.js";
import { tellOfSending } from "./sending.js";
import { Tally } from "./tally.js";
import { showVacancy } from "./vacancy.js";

const AHEAD = 3;
const HURRIED = 6;
const SPARE = 3;
const PLENTY = 50;
const ALT = "The photograph to judge";
const LONG_GONE = new Date(0).toISOString();
const LOST =
  "Your time with this photograph ran out, and somebody else has it now. What you typed or drew stays: send it still, " +
  "and it counts should they let go, or press space for the next.";

const DRAWN = "What you drew here is not sent, and would be lost: press space once more to skip the photograph all the same.";
const DRAWN_LOST = "A photograph that you had begun to draw on is somebody else’s by now: what you drew on it was not sent.";

const $ = (selector) => document.querySelector(selector);

const stage = new Stage($("[data-stage]"), null);
const attention = attentionOn($("[data-stage]"));
const tally = new Tally(sessionStorage);
const history = new History();
const reason = new Reason($("[data-reason]"), () => $("[data-stage]").focus({ preventScroll: true }));
const claiming = new Claiming(desk.queue, $("[data-acknowledge]"));
const leases = new Leases({ post, isThere: () => !document.hidden, lost, store: sessionStorage, page: pageId, stillOpen });
const line = new Line({
  claim: (count) => claiming.claim(count),
  prepare: (task) => prepare(task, ALT),
  leases,
  ahead: () => (hurried && open >= PLENTY ? HURRIED : AHEAD),
  // Where few wait, colleagues get the rest.
  spare: () => (open >= PLENTY ? SPARE : 0),
});

/**
 * `{task, watch, ready, replaces, lost, warned}`: what is on the stage; `replaces` is the earlier answer it takes the
 * place of, `warned` whether it was said what a skip would lose.
 */
let current = null;
let open = desk.open;
/** Whether the line ran dry: somebody answers faster than the next arrive. */
let hurried = false;

function banner(words = "") {
  const element = $("[data-banner]");
  element.textContent = words;
  element.hidden = words === "";
}

const setButtons = () => buttons.set({ current, canUndo: !history.isEmpty });

async function show(task, replaces = null) {
  current = { task, replaces, watch: new Stopwatch(), ready: false, lost: false };
  const mine = current;
  banner(replaces ? youSaid(replaces) : "");
  attention?.about(task);
  showProposal($("[data-proposal]"), task, desk.labels);
  buttons.about(task, replaces?.choice);
  reason.about(replaces?.choice);
  setButtons();
  prepare(task, ALT);
  boxes?.clear();
  const shown = await stage.show(task, desk.labels);
  if (current !== mine) return;
  if (shown) boxes?.show(task, await task.photograph, replaces?.choice);
  mine.watch = new Stopwatch();
  if (shown) await seen();
  if (current !== mine) return;
  mine.ready = shown;
  setButtons();
}

const youSaid = ({ words }) => `You said: ${words}. Your next answer takes its place.`;

/** On to what comes next: at once where it is here already. */
async function advance() {
  current = null;
  const here = line.take();
  if (here) {
    show(here);
    line.fill();
    return;
  }
  hurried = true;
  boxes?.clear();
  attention?.about(null);
  stage.loading();
  setButtons();
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
  showVacancy(claiming, line.heldByOthers);
  waiting();
  banner();
  showProposal($("[data-proposal]"), null, desk.labels);
  setButtons();
  const isOpenTwice = await claiming.isOpenTwice();
  if (!current) showVacancy(claiming, line.heldByOthers, isOpenTwice);
}

function answer(chosen) {
  if (!current?.ready || !chosen) return;
  const choice = reason.with(chosen);
  const { task, watch, replaces } = current;
  const shown = { screen: [innerWidth, innerHeight], order: desk.labels.map((label) => label.key) };
  const entry = entryFor(task, choice, { ...watch.read(), shown }, replaces);
  outbox.add(entry);
  // Taken back, an answer without the boxes drawn before it still has them.
  if (choice.value || choice.verdict === "accept") boxes?.forget(task);
  else boxes?.layAside(task);
  leases.forget(task);
  goOn(null);
  history.add({ task, client_id: entry.client_id, choice, words: inWords(choice, task, desk.labels) });
  tally.count();
  showCounts(tally);
  advance();
}

function undo() {
  const last = history.back(current?.replaces);
  if (!last) {
    if (history.isAtItsEnd) banner(`Undo reaches ten answers back, and this is the tenth. ${youSaid(current.replaces)}`);
    else banner("There is nothing to take back. Undo reaches your last ten answers of the day in this queue.");
    return;
  }
  if (current?.ready) boxes?.layAside(current.task);
  if (current && !current.replaces) line.putBack(current.task);
  tally.takeBack();
  showCounts(tally);
  show(last.task, last);
}

/** What was passed by on the way back stands. */
function goOn(stands) {
  for (let many = history.forward(stands); many > 0; many -= 1) tally.count();
  showCounts(tally);
}

function skip() {
  if (!current) return;
  const { task, replaces, lost, warned } = current;
  if (boxes?.isTouched && !replaces && !lost && !warned) {
    current.warned = true;
    banner(DRAWN);
    return;
  }
  boxes?.forget(task);
  if (replaces) {
    goOn(replaces);
    advance();
  } else if (lost) {
    advance();
  } else {
    const done = line.skip(task);
    advance();
    done.then(refill);
  }
}

/** A lease is gone: quietly taken again where the task is free still, said where it is not. */
async function lost(task) {
  if (current?.task.id !== task.id) {
    line.drop(task);
    if (boxes?.forget(task)) toast(DRAWN_LOST, "warning");
    return;
  }
  if (current.replaces || (await takeAgain()) || current?.task.id !== task.id) return;
  current.lost = true;
  task.lease.expires_at = LONG_GONE;
  banner(LOST);
  setButtons();
}

async function takeAgain() {
  const { task } = current;
  const lease = await claimAgain(task);
  if (!lease || current?.task.id !== task.id) return false;
  task.lease = lease;
  leases.hold(task);
  if (current.lost) banner("The photograph is yours again.");
  current.lost = false;
  setButtons();
  return true;
}

async function waiting() {
  const found = await queues();
  if (!found) return;
  showWaiting(found, desk.queue);
  open = found.find((queue) => queue.id === desk.queue)?.open ?? 0;
}

/** Shows it again, at a new address: the old one may have expired. */
async function retry() {
  const tried = current;
  if (!tried) return;
  const found = await call(`/tasks/${tried.task.id}/`).catch(() => null);
  if (current !== tried) return;
  if (found?.status === 200) tried.task.image = found.body.image;
  show(tried.task, tried.replaces);
}

const { BoxDesk } = $("[data-boxes]") ? await import("../boxes/work.js") : {};
const boxes = BoxDesk && new BoxDesk({ labels: desk.labels, skip: () => $("[data-skip]").click(), warn: banner, changed });

/** What was said of an earlier state of the boxes is over; that the photograph is lost is not. */
function changed() {
  if (current) current.warned = false;
  banner(current?.lost ? LOST : "");
}

const choose = (choice) => current && answer(choice(current.task));
const buttons = wire({
  label: (key) => (boxes ? boxes.label(key) : choose((task) => labelled(task, key))),
  accept: () => choose(boxes ? () => boxes.rest() : accepted),
  submit: () => choose(() => boxes.choice()),
  nothingThere: () => choose((task) => (boxes?.isNotEmpty ? null : nothingThere(task))),
  cantTell: () => choose(cantTell),
  noneOfThese: (words) => choose(() => noneOfThese(words)),
  undo,
  skip,
  retry,
});

wireGuideline(() => current?.task ?? null);
tellOfSending((client_id) => history.drop(client_id));
document.addEventListener("vouch:reached", ({ detail: { reached } }) => {
  if (!reached) return;
  if (current && stage.isBroken) retry();
  else refill();
});

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
keepGoing({
  leases,
  turned: (hidden) => current?.watch.hide(hidden),
  back() {
    if (!current) refill();
  },
  look() {
    showCounts(tally);
    waiting();
    if (current?.lost) takeAgain();
    if (!current) refill();
  },
});
earlier(desk.queue, outbox, desk.labels).then((before) => {
  history.restore(before);
  setButtons();
});
leases.clear().then(refill);
