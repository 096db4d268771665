/**
 * The boxes in words beside the photograph: one row each, chosen both ways, accepted or rejected there too.
 *
 *   <section data-boxes> <p data-box-count> <ol data-box-rows>
 *
 * Tab stops at one row; up, down, home and end go through them.
 */

import { heightOf, widthOf } from "./geometry.js";
import { SIGNS } from "./layer.js";

const STATES = ["proposed", "accepted", "fixed", "rejected", "new"];
const whole = (number) => Math.round(number);

/** A box as it is said: `Bottle, 92% sure, proposed; 40 × 30 at 120, 15 pixels`. */
export function inWords(region, labels) {
  const name = labels.get(region.label)?.name ?? region.label;
  const sure = region.confidence === undefined ? "" : `, ${whole(region.confidence * 100)}% sure`;
  return `${name}${sure}, ${region.state}; ${place(region.box)} pixels`;
}

export const place = (box) =>
  `${whole(widthOf(box))} × ${whole(heightOf(box))} at ${whole(box[0])}, ${whole(box[1])}`;

function made(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export class List {
  #rows = new Map();
  #selected = null;

  /** `act` is `{choose(id), accept(id), reject(id)}`. */
  constructor({ root, labels, act }) {
    this.labels = new Map(labels.map((label) => [label.key, label]));
    this.act = act;
    this.count = root.querySelector("[data-box-count]");
    this.rows = root.querySelector("[data-box-rows]");
    this.rows.addEventListener("click", (event) => this.#clicked(event));
    this.rows.addEventListener("keydown", (event) => this.#pressed(event));
  }

  show(regions, selected) {
    const left = new Set(this.#rows.keys());
    regions.forEach((region, index) => {
      left.delete(region.id);
      const known = this.#rows.get(region.id);
      const row = known?.row ?? this.#row(region.id);
      if (known?.region !== region) this.#write(row, region);
      this.#rows.set(region.id, { row, region });
      if (this.rows.children[index] !== row) this.rows.insertBefore(row, this.rows.children[index] ?? null);
    });
    for (const id of left) {
      this.#rows.get(id).row.remove();
      this.#rows.delete(id);
    }
    this.count.textContent = this.#counted(regions);
    this.#mark(selected);
  }

  #mark(selected) {
    const before = this.#rows.get(this.#selected)?.row;
    before?.removeAttribute("aria-current");
    this.#selected = selected;
    const row = this.#rows.get(selected)?.row;
    row?.setAttribute("aria-current", "true");
    row?.scrollIntoView({ block: "nearest" });
    // One row at a time is a stop of the Tab key.
    const stop = row ?? this.rows.firstElementChild;
    for (const one of new Set([before, this.stop, stop])) this.#open(one, one === stop);
    this.stop = stop;
  }

  #open(row, isStop) {
    for (const button of row?.querySelectorAll("button") ?? []) button.tabIndex = isStop ? 0 : -1;
  }

  #row(id) {
    const row = made("li", { "data-row": id });
    const choose = made("button", { type: "button", class: "box-row", "data-choose": "" });
    const accept = made("button", { type: "button", class: "box-act", "data-box-accept": "" }, "✓");
    const reject = made("button", { type: "button", class: "box-act", "data-box-reject": "" }, "✕");
    const acts = made("span", { class: "box-acts" }, accept, reject);
    row.append(choose, acts);
    this.#open(row, false);
    return row;
  }

  #write(row, region) {
    const [choose, accept, reject] = row.querySelectorAll("button");
    const label = this.labels.get(region.label);
    row.className = region.state;
    const name = label?.name ?? region.label;
    const dot = made("span", { class: "box-dot", "aria-hidden": "true" });
    dot.style.background = label?.colour ?? "#ffffff";
    const sure = region.confidence === undefined ? "" : `${whole(region.confidence * 100)}% · `;
    choose.replaceChildren(
      dot,
      made("span", { class: "box-name" }, name),
      made("span", { class: "box-state" }, `${SIGNS[region.state]} ${region.state}`),
      made("span", { class: "box-place" }, `${sure}${place(region.box)}`),
    );
    accept.hidden = region.of === undefined;
    accept.disabled = region.state === "accepted" || region.state === "fixed";
    accept.setAttribute("aria-label", `Accept ${name}`);
    reject.disabled = region.state === "rejected";
    reject.setAttribute("aria-label", `${region.of === undefined ? "Delete" : "Reject"} ${name}`);
  }

  #counted(regions) {
    const counts = new Map();
    for (const { state } of regions) counts.set(state, (counts.get(state) ?? 0) + 1);
    const parts = STATES.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${state}`);
    return parts.length > 0 ? parts.join(" · ") : "No boxes";
  }

  #clicked({ target }) {
    const row = target.closest("[data-row]");
    if (!row) return;
    const { row: id } = row.dataset;
    if (target.closest("[data-box-accept]")) this.act.accept(id);
    else if (target.closest("[data-box-reject]")) this.act.reject(id);
    else this.act.choose(id);
  }

  #pressed(event) {
    const row = event.target.closest("[data-row]");
    const to = {
      ArrowDown: row?.nextElementSibling,
      ArrowUp: row?.previousElementSibling,
      Home: this.rows.firstElementChild,
      End: this.rows.lastElementChild,
    };
    if (!row || !(event.key in to)) return;
    event.preventDefault();
    const next = to[event.key];
    if (!next) return;
    this.act.choose(next.dataset.row);
    next.querySelector("[data-choose]").focus();
  }
}
