/**
 * What is said of the boxes of one image: a list that is never changed, only replaced.
 *
 * A region is `{id, label, box, state}`; one that was proposed has `of`, `confidence` and `was: {label, box}` besides.
 * States: proposed (nothing said yet), accepted, fixed (moved or relabelled), rejected, new.
 */

import { same } from "./geometry.js";

/** The regions as proposed, or as an earlier answer's value left them. */
export function begun(proposal, value = null) {
  const proposed = (proposal?.regions ?? []).map(({ id, label, box, confidence }) => ({
    id,
    label,
    box,
    of: id,
    confidence,
    was: { label, box },
    state: "proposed",
  }));
  if (!value) return proposed;
  const said = new Map(value.regions.filter(({ of }) => of !== undefined).map((region) => [region.of, region]));
  const kept = proposed.map((region) => {
    const { label, box } = said.get(region.of) ?? {};
    return box ? judged({ ...region, label, box }) : { ...region, state: "rejected" };
  });
  const known = new Set(proposed.map(({ of }) => of));
  const drawn = value.regions.filter(({ of }) => !known.has(of));
  return [...kept, ...drawn.map(({ id, label, box }) => ({ id, label, box, state: "new" }))];
}

const judged = (region) => {
  if (!region.was) return region;
  const kept = region.label === region.was.label && same(region.box, region.was.box);
  return { ...region, state: kept ? "accepted" : "fixed" };
};

const replaced = (regions, id, change) => regions.map((region) => (region.id === id ? change(region) : region));

export const accepted = (regions, id) => replaced(regions, id, judged);
export const placed = (regions, id, box) => replaced(regions, id, (region) => judged({ ...region, box }));
export const relabelled = (regions, id, label) => replaced(regions, id, (region) => judged({ ...region, label }));
export const allAccepted = (regions) => regions.map((region) => (region.state === "proposed" ? judged(region) : region));

/** A proposed box is rejected and can be taken back; one that was drawn is gone. */
export function rejected(regions, id) {
  const { of } = regions.find((region) => region.id === id);
  if (of === undefined) return regions.filter((region) => region.id !== id);
  return replaced(regions, id, (region) => ({ ...region, ...region.was, state: "rejected" }));
}

export function drawn(regions, label, box) {
  const taken = new Set(regions.map(({ id }) => id));
  let number = regions.length + 1;
  while (taken.has(`drawn-${number}`)) number += 1;
  return [...regions, { id: `drawn-${number}`, label, box, state: "new" }];
}

export const undecided = (regions) => regions.filter(({ state }) => state === "proposed");
export const standing = (regions) => regions.filter(({ state }) => state !== "rejected");

/** Whether it says of every proposed box that it is right, and adds none. */
export const isTheProposal = (regions) => regions.every(({ state }) => state === "accepted");

/** As the API takes it: what is not named was rejected. */
export const valueOf = (regions) => ({
  regions: standing(regions).map(({ id, label, box, of }) => (of === undefined ? { id, label, box } : { id, label, box, of })),
});
