/** What the associate's page shows of an alert: sentence, buttons, the sheet of alternatives, the offer to undo. */

import { refresh } from "../ago.js";
import { howMany } from "../desk.js";
import { alternatives, sentence } from "./sentence.js";

const $ = (selector) => document.querySelector(selector);
const title = document.title;

export function showAlert(task, labels) {
  $("[data-desk]").classList.toggle("vacant", !task);
  settle();
  if (!task) return;
  const { where, looks, sure, when } = sentence(task, labels);
  $("[data-where]").textContent = where;
  $("[data-colon]").textContent = looks === null ? ": what do you see?" : ": looks ";
  $("[data-looks]").textContent = looks ?? "";
  $("[data-sure]").textContent = sure;
  const time = $("[data-when]");
  time.hidden = when === null;
  $("[data-dot]").hidden = when === null || sure === "";
  if (when !== null) {
    time.dateTime = when;
    time.title = new Date(when).toLocaleString();
    refresh(time.parentElement);
  }
  arrange(task, labels);
  $("[data-desk]").classList.toggle("open-question", looks === null);
  openSheet(looks === null);
}

/** A vacant desk keeps its place while Undo is offered above it: nothing moves under a thumb that reaches for it. */
function settle() {
  const desk = $("[data-desk]");
  desk.hidden = desk.classList.contains("vacant") && $("[data-undo-strip]").hidden;
}

function arrange(task, labels) {
  const choices = $("[data-choices]");
  const keys = alternatives(task, labels);
  for (const button of choices.querySelectorAll("[data-label]")) button.hidden = !keys.includes(button.dataset.label);
  for (const key of keys) choices.append(choices.querySelector(`[data-label="${CSS.escape(key)}"]`));
}

export function openSheet(open) {
  $("[data-sheet]").hidden = !open;
  $("[data-actions]").inert = open;
  $("[data-back]").hidden = $("[data-desk]").classList.contains("open-question");
}

export function showCount(count) {
  const words = count === 1 ? "alert waits" : "alerts wait";
  $("[data-waiting]").textContent = howMany(count);
  $("[data-waiting-words]").textContent = words;
  $("[data-with-others]").hidden = count === 0;
  $("[data-none-waits]").hidden = count > 0;
  document.title = count > 0 ? `(${count}) ${title}` : title;
}

/** Offers to take back what was said, for `seconds`; returns a function that ends the offer. */
export function offerUndo(words, seconds) {
  let left = seconds;
  const timer = setInterval(() => {
    left -= 1;
    if (left <= 0) end();
    else $("[data-undo]").textContent = `Undo (${left})`;
  }, 1_000);
  const close = offer(words, `Undo (${left})`);
  function end() {
    clearInterval(timer);
    close();
  }
  return end;
}

/** Offers to leave an answer as it was; returns a function that ends the offer. */
export const offerToKeep = (words) => offer(words, "Keep it");

function offer(words, action) {
  const strip = $("[data-undo-strip]");
  $("[data-undo-words]").textContent = words;
  $("[data-undo]").textContent = action;
  strip.hidden = false;
  return () => {
    strip.hidden = true;
    settle();
  };
}
