/** The associate's page, put together: one alert held at a time, answered in a tap, and the next by itself. */

import { acknowledge } from "../acknowledge.js";
import { accepted, cantTell, entryFor, labelled } from "../answers.js";
import { post } from "../api.js";
import { attentionOn } from "../attention.js";
import { boxes } from "../boxes.js";
import { claimAgain, desk, keepGoing, outbox, pageId, prepare, stillOpen, warnUnlessKept } from "../desk.js";
import { wireFlag } from "../guideline/flag.js";
import { Leases } from "../leases.js";
import { Line } from "../line.js";
import { Stage } from "../stage.js";
import { Stopwatch } from "../stopwatch.js";
import { toast } from "../toast.js";
import { Closer } from "./closer.js";
import { Face, openSheet } from "./face.js";
import { Listing } from "./listing.js";
import { keepThisPage } from "./offline.js";
import { Presence } from "./presence.js";
import { inWords } from "./sentence.js";
import { openShelf } from "./shelf.js";
import { Source } from "./source.js";
import { Standing } from "./standing.js";
import { Taps } from "./taps.js";
import { speaker } from "./words.js";

const UNDO_SECONDS = 10;
const ENOUGH_FOR_ALL = 3;

const $ = (selector) => document.querySelector(selector);

const words = speaker(desk.words, document.documentElement.lang);
const taps = new Taps();
const face = new Face(desk.labels, words);
const stage = new Stage($("[data-stage]"), (task, labels) => boxes(task, labels, words));
const closer = new Closer($("[data-stage]"));
const attention = attentionOn($("[data-stage]"));
const leases = new Leases({
  post,
  isThere: () => !document.hidden && !presence.isAway,
  lost,
  store: sessionStorage,
  page: pageId,
  stillOpen,
});
const source = new Source({
  queues: desk.queues,
  post,
  shelf: openShelf(desk.user, desk.project),
  unsent: () => outbox.entries,
  isHere: (id) => current?.task.id === id || line.has(id),
  read: () => acknowledge($("[data-acknowledge]")),
  signedOut: () => standing.signedOut(),
  wanted: new URLSearchParams(location.search).get("task"),
});
// Loaded again, the page goes on with what is next.
if (location.search) history.replaceState(null, "", location.pathname);
// Where few wait, colleagues in the same store get the rest.
const line = new Line({
  claim: (count) => source.claim(count),
  prepare: (task) => prepare(task, words("photograph")),
  leases,
  ahead: () => (current && open < ENOUGH_FOR_ALL ? 0 : 1),
});
const standing = new Standing($("[data-banner]"), { outbox, source, words });
const listing = new Listing(desk.project, async (found) => {
  count(found.open);
  await source.restock(found.results);
  standing.renew();
  recover();
});
const presence = new Presence((wasAway) => {
  current?.watch.alive();
  if (wasAway) leases.beat();
});

/** `{task, watch, replaces, ready}`: the alert on the screen. */
let current = null;
let last = null;
let endOffer = () => {};
let open = desk.open;

async function show(task, replaces = null) {
  current = { task, replaces, ready: false, watch: new Stopwatch() };
  const mine = current;
  attention?.about(task);
  face.show(task);
  closer.whole();
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
    attention?.about(null);
    stage.loading();
  }
  await refill();
}

async function refill() {
  await line.fill();
  standing.renew();
  if (current) return;
  const task = line.take();
  if (task) {
    show(task);
    line.fill();
    return;
  }
  attention?.about(null);
  face.show(null);
  face.showVacancy(source.isOffline ? "no-network" : line.heldByOthers > 0 ? "with-others" : "none");
  stage.empty();
}

const tapped = (choice) => {
  if (current?.ready && taps.count) answer(choice(current.task));
};

function answer(choice) {
  const { task, watch, replaces } = current;
  const shown = { screen: [innerWidth, innerHeight], language: document.documentElement.lang };
  const entry = entryFor(task, choice, { ...watch.read(), shown }, replaces);
  outbox.add(entry);
  leases.forget(task);
  source.answered(task);
  if (!replaces) count(open - 1);
  last = { task, client_id: entry.client_id, words: inWords(choice, task, desk.labels, words) };
  endOffer();
  endOffer = face.offerUndo(last.words, UNDO_SECONDS);
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
  endOffer = face.offerToKeep(taken.words);
}

async function lost(task) {
  if (current?.task.id === task.id) await hold(task);
  else line.drop(task);
}

/** Takes the alert on the screen, whose lease is gone or which came off the shelf; if somebody else has it, it leaves. */
async function hold(task) {
  const lease = await claimAgain(task);
  if (lease === undefined || current?.task.id !== task.id) return;
  if (lease) {
    task.lease = lease;
    leases.hold(task);
  } else vanish(words("taken"));
}

function vanish(said) {
  leases.forget(current.task);
  toast(said);
  advance();
}

function count(found) {
  open = Math.max(found, 0);
  face.showCount(open);
}

/** What an earlier page of this phone took, and could not give back as it went, is free to nobody else: it comes here. */
async function recover() {
  await line.fill();
  if (current || source.isOffline) return;
  if (line.length === 0) {
    const [free] = await source.left();
    if (!free) return;
    source.wanted = free.id;
  }
  refill();
}

/** The page is looked at again, or the server can be reached again. */
function back() {
  if (current && !current.task.lease && !current.replaces) hold(current.task);
  refill();
  listing.renew();
}

function reached() {
  source.reached();
  back();
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
  prepare(current.task, words("photograph"));
  show(current.task, current.replaces);
});
press("[data-label]", ({ currentTarget }) => {
  const { label } = currentTarget.dataset;
  tapped((task) => labelled(task, label));
});

outbox.addEventListener("sent", () => listing.renew());
outbox.addEventListener("late", ({ detail: { entry, problem } }) => {
  const { image } = entry.about ?? {};
  const where = image?.source?.name || image?.filename || words("this_photograph");
  toast(words(problem === "task-closed" ? "late_settled" : "late_lost", { where }), "warning");
});
outbox.addEventListener("refused", ({ detail }) => toast(words("refused", { why: detail.detail }), "error"));
warnUnlessKept(() => toast(words("keeps_nothing"), "warning"));

function opened() {
  if (!current) refill();
  listing.renew();
}

document.addEventListener("vouch:tasks.opened", opened);
document.addEventListener("vouch:tasks.released", opened);
document.addEventListener("vouch:tasks.taken", () => listing.renew());
document.addEventListener("vouch:tasks.closed", ({ detail }) => {
  if (current && !current.replaces && detail.ids.includes(current.task.id)) vanish(words("settled"));
  listing.renew();
});
document.addEventListener("vouch:gap", reached);
document.addEventListener("vouch:reached", ({ detail }) => {
  if (detail.reached) reached();
});
wireFlag($("[data-flag-dialog]"), () => current?.task ?? null);
document.addEventListener("vouch:guideline.published", () => acknowledge($("[data-acknowledge]")));

face.showCount(open);
keepGoing({
  leases,
  turned(hidden) {
    current?.watch.hide(hidden);
    if (!hidden) presence.here();
  },
  back,
  look: opened,
});
leases.clear().then(opened);
keepThisPage().catch(() => false);
