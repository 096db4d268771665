/** What the associate's page shows of an alert: sentence, buttons, the sheet of alternatives, the offer to undo. */

import { refresh } from "../ago.js";
import { howMany } from "../desk.js";
import { alternatives, sentence } from "./sentence.js";

const $ = (selector) => document.querySelector(selector);

export class Face {
  #title = document.title;

  /** `words` as of words.js. */
  constructor(labels, words) {
    Object.assign(this, { labels, words });
  }

  /** The alert, or with null a vacant desk. */
  show(task) {
    $("[data-desk]").classList.toggle("vacant", !task);
    settle();
    if (!task) return;
    const { where, looks, sure, when } = sentence(task, this.labels, this.words);
    $("[data-where]").textContent = where;
    $("[data-colon]").textContent = this.words(looks === null ? "ask" : "looks");
    $("[data-looks]").textContent = looks ?? "";
    $("[data-sure]").textContent = sure;
    const time = $("[data-when]");
    time.hidden = when === null;
    $("[data-dot]").hidden = when === null || sure === "";
    if (when !== null) {
      time.dateTime = when;
      time.title = new Date(when).toLocaleString(document.documentElement.lang);
      refresh(time.parentElement);
    }
    arrange(task, this.labels);
    $("[data-desk]").classList.toggle("open-question", looks === null);
    openSheet(looks === null);
  }

  showCount(count) {
    $("[data-waiting]").textContent = howMany(count);
    $("[data-waiting-words]").textContent = this.words("waits", { n: count });
    document.title = count > 0 ? `(${count}) ${this.#title}` : this.#title;
  }

  /** Why nothing is on the screen: `none` waits, all are `with-others`, or there is `no-network`. */
  showVacancy(why) {
    for (const words of document.querySelectorAll("[data-vacant]")) words.hidden = words.dataset.vacant !== why;
    for (const head of document.querySelectorAll("[data-vacant-head]")) {
      head.hidden = (head.dataset.vacantHead === "no-network") !== (why === "no-network");
    }
  }

  /** Offers to take back what was said, for `seconds`; returns a function that ends the offer. */
  offerUndo(said, seconds) {
    const action = (n) => this.words("undo", { n });
    let left = seconds;
    const timer = setInterval(() => {
      left -= 1;
      if (left <= 0) end();
      else $("[data-undo]").textContent = action(left);
    }, 1_000);
    const close = offer(this.words("you_said", { said }), action(seconds));
    function end() {
      clearInterval(timer);
      close();
    }
    return end;
  }

  /** Offers to leave an answer as it was; returns a function that ends the offer. */
  offerToKeep(said) {
    return offer(this.words("you_said", { said }), this.words("keep"));
  }
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
