/** What is said of the boxes of one photograph: the regions, which of them is in hand, and what can be undone. */

import { History } from "./history.js";
import * as said from "./regions.js";

export class Sheet {
  #history;
  #chosen = null;

  /** Begins as proposed (null: nothing was), or as an earlier answer's `value` left it. */
  constructor(proposal = null, value = null) {
    this.proposal = proposal;
    this.#history = new History(said.begun(proposal, value));
  }

  get regions() {
    return this.#history.state;
  }

  get selected() {
    return this.region(this.#chosen) ?? null;
  }

  /** The one that can be moved and relabelled; a rejected one is taken back first. */
  get inHand() {
    return this.selected?.state === "rejected" ? null : this.selected;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  get undecided() {
    return said.undecided(this.regions).length;
  }

  get value() {
    return said.valueOf(this.regions);
  }

  get isProposal() {
    return this.proposal !== null && said.isTheProposal(this.regions);
  }

  region(id) {
    return this.regions.find((region) => region.id === id);
  }

  choose(id) {
    this.#chosen = id;
  }

  /** The region before (-1) or after (1) the chosen one; with none, the first after and none before. */
  beside(direction) {
    const index = this.regions.indexOf(this.selected);
    return index < 0 && direction < 0 ? undefined : this.regions[index + direction];
  }

  /** The next region from an index on, and round, that nothing was said about. */
  undecidedFrom(index) {
    return said.undecided([...this.regions.slice(index), ...this.regions.slice(0, index)])[0];
  }

  /** Takes a region back or as it is; whether that was news. */
  accept(id) {
    const { state } = this.region(id);
    if (state !== "proposed" && state !== "rejected") return false;
    this.#history.set(said.accepted(this.regions, id));
    return true;
  }

  /** Rejects a proposed region, deletes a drawn one; whether that was news. */
  reject(id) {
    if (this.region(id).state === "rejected") return false;
    this.#history.set(said.rejected(this.regions, id));
    return true;
  }

  acceptAll() {
    if (this.undecided > 0) this.#history.set(said.allAccepted(this.regions));
  }

  relabel(id, label) {
    if (this.region(id).label !== label) this.#history.set(said.relabelled(this.regions, id, label));
  }

  /** What has the same `run` is undone at once. */
  place(id, box, run = null) {
    this.#history.set(said.placed(this.regions, id, box), run);
  }

  /** Adds a region and takes it in hand. */
  draw(label, box) {
    this.#history.set(said.drawn(this.regions, label, box));
    this.#chosen = this.regions.at(-1).id;
  }

  undo() {
    return this.#history.undo();
  }

  redo() {
    return this.#history.redo();
  }
}
