import assert from "node:assert/strict";
import { test } from "node:test";

import { around, inTheMiddleOf, isTooSmall, moved, resized, settled, under } from "../../static/js/boxes/geometry.js";
import { History } from "../../static/js/boxes/history.js";
import * as said from "../../static/js/boxes/regions.js";
import { Sheet } from "../../static/js/boxes/sheet.js";
import { fitted, inView, isAllInView, panned, revealing, zoomed } from "../../static/js/boxes/zoom.js";

const SIZE = { width: 400, height: 300 };

/** The same numbers on every run (Lehmer's generator). */
function* random(seed = 7) {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

test("a box is around its points in any order, cut at the edge of the image", () => {
  const corners = [{ x: 30, y: 5 }, { x: 10, y: 40 }];
  assert.deepEqual(around(corners, SIZE), [10, 5, 30, 40]);
  assert.deepEqual(around(corners.reverse(), SIZE), [10, 5, 30, 40]);
  const extremes = [{ x: 50, y: 10 }, { x: 20, y: 33 }, { x: 44, y: 90 }, { x: 80.04, y: 61 }];
  assert.deepEqual(around(extremes, SIZE), [20, 10, 80, 90]);
  assert.deepEqual(around([{ x: -9, y: -1 }, { x: 500, y: 301 }], SIZE), [0, 0, 400, 300]);
});

test("whatever is done to a box, it stays inside the image and at least a pixel large", () => {
  const numbers = random();
  const next = (low, high) => low + (high - low) * numbers.next().value;
  for (let n = 0; n < 2_000; n += 1) {
    const [x, y] = [next(0, 399), next(0, 299)];
    const box = around([{ x, y }, { x: x + next(1.1, 400 - x), y: y + next(1.1, 300 - y) }], SIZE);
    if (isTooSmall(box)) continue;
    const [dx, dy] = [next(-900, 900), next(-900, 900)];
    for (const made of [moved(box, dx, dy, SIZE), resized(box, dx, dy, SIZE)]) {
      const [x1, y1, x2, y2] = made;
      assert.ok(x1 >= 0 && y1 >= 0 && x2 <= 400 && y2 <= 300, `${made}`);
      assert.ok(x2 - x1 > 0.89 && y2 - y1 > 0.89, `${box} → ${made}`);
    }
    const [x1, y1, x2, y2] = moved(box, dx, dy, SIZE);
    assert.ok(Math.abs(x2 - x1 - (box[2] - box[0])) < 0.11 && Math.abs(y2 - y1 - (box[3] - box[1])) < 0.11);
  }
});

test("a move keeps the size, a resize the upper left corner, at the edges too", () => {
  assert.deepEqual(moved([10, 10, 30, 20], -50, 1, SIZE), [0, 11, 20, 21]);
  assert.deepEqual(resized([10, 10, 30, 20], 10, -1, SIZE), [10, 10, 40, 19]);
  assert.deepEqual(resized([10, 10, 30, 20], -50, 500, SIZE), [10, 10, 11, 300]);
});

test("what a hand moved out of the image comes back whole, what it stretched out is cut", () => {
  assert.deepEqual(settled([-20, 50, 30, 90], [10, 50, 60, 90], SIZE), [0, 50, 50, 90]);
  assert.deepEqual(settled([-20, 50, 60, 90], [10, 50, 60, 90], SIZE), [0, 50, 60, 90]);
});

test("under a pixel is too small", () => {
  assert.ok(isTooSmall([10, 10, 10.9, 40]));
  assert.ok(isTooSmall([10, 10, 40, 10.5]));
  assert.ok(!isTooSmall([10, 10, 11, 11]));
});

test("the smallest box under the pointer is meant", () => {
  const regions = [{ id: "all", box: [0, 0, 400, 300] }, { id: "small", box: [50, 50, 60, 60] }];
  assert.equal(under({ x: 55, y: 55 }, regions).id, "small");
  assert.equal(under({ x: 48, y: 55 }, regions, 3).id, "small");
  assert.equal(under({ x: 48, y: 55 }, regions).id, "all");
  assert.equal(under({ x: 5, y: 5 }, regions.slice(1)), null);
});

test("a box by keys begins in the middle of what is in view", () => {
  assert.deepEqual(inTheMiddleOf([0, 0, 400, 300], SIZE), [150, 113, 250, 188]);
});

const PROPOSAL = {
  regions: [
    { id: "p1", label: "cup", box: [0, 0, 10, 10], confidence: 0.9 },
    { id: "p2", label: "jar", box: [20.25, 20, 30, 30], confidence: 0.4 },
  ],
};

test("an accepted proposal is the proposal, and names each box", () => {
  const begun = said.begun(PROPOSAL);
  assert.equal(said.undecided(begun).length, 2);
  assert.ok(!said.isTheProposal(begun));
  const all = said.allAccepted(said.accepted(begun, "p1"));
  assert.ok(said.isTheProposal(all));
  assert.deepEqual(said.valueOf(all).regions[1], { id: "p2", label: "jar", box: [20.25, 20, 30, 30], of: "p2" });
});

test("fixed is what was moved or relabelled; put back it is accepted as it was", () => {
  let regions = said.placed(said.begun(PROPOSAL), "p1", [1, 0, 11, 10]);
  assert.equal(regions[0].state, "fixed");
  regions = said.relabelled(said.placed(regions, "p1", [0, 0, 10, 10]), "p2", "cup");
  assert.deepEqual(regions.map(({ state }) => state), ["accepted", "fixed"]);
  assert.ok(!said.isTheProposal(regions));
  assert.ok(said.isTheProposal(said.relabelled(regions, "p2", "jar")));
});

test("a rejected box is not named, and can be taken back as it was proposed; a drawn one is gone", () => {
  let regions = said.drawn(said.rejected(said.placed(said.begun(PROPOSAL), "p1", [5, 5, 9, 9]), "p1"), "jar", [1, 1, 3, 3]);
  assert.deepEqual(regions.map(({ state }) => state), ["rejected", "proposed", "new"]);
  assert.deepEqual(said.valueOf(said.allAccepted(regions)).regions.map(({ of }) => of), ["p2", undefined]);
  regions = said.rejected(regions, regions[2].id);
  assert.equal(regions.length, 2);
  assert.deepEqual(said.accepted(regions, "p1")[0].box, [0, 0, 10, 10]);
});

test("an earlier answer is taken up where it was left", () => {
  const first = said.drawn(said.relabelled(said.rejected(said.begun(PROPOSAL), "p1"), "p2", "cup"), "jar", [1, 1, 3, 3]);
  const again = said.begun(PROPOSAL, said.valueOf(first));
  assert.deepEqual(again.map(({ state }) => state), ["rejected", "fixed", "new"]);
  assert.deepEqual(said.valueOf(again), said.valueOf(first));
  assert.ok(said.isTheProposal(said.begun(PROPOSAL, { regions: PROPOSAL.regions.map((one) => ({ ...one, of: one.id })) })));
});

test("a new box takes no name that is taken", () => {
  const regions = said.drawn([{ id: "drawn-2", label: "cup", box: [0, 0, 2, 2], state: "new" }], "jar", [1, 1, 3, 3]);
  assert.deepEqual(regions.map(({ id }) => id), ["drawn-2", "drawn-3"]);
});

test("undo and redo go through all states; a key held down is one step", () => {
  const history = new History(0);
  for (const [state, run] of [[1], [2, "right"], [3, "right"], [4, "up"], [5]]) history.set(state, run);
  const back = [];
  while (history.undo()) back.push(history.state);
  assert.deepEqual(back, [4, 3, 1, 0]);
  assert.ok(!history.undo() && history.canRedo);
  assert.ok(history.redo());
  history.set(9);
  assert.ok(!history.redo());
  assert.equal(history.state, 9);
});

test("zooming keeps the point under the pointer, to 800%, and never leaves the image", () => {
  const image = { width: 4000, height: 3000 };
  const frame = { width: 1000, height: 800 };
  let view = fitted(image, frame);
  assert.deepEqual(view, { scale: 0.25, x: 0, y: 25 });
  const point = { x: 400, y: 425 };
  const seen = (at) => [(point.x - at.x) / at.scale, (point.y - at.y) / at.scale];
  const before = seen(zoomed(view, 2, point, image, frame));
  for (let n = 0; n < 60; n += 1) view = zoomed(view, 1.25, point, image, frame);
  assert.equal(view.scale, 8);
  seen(view).forEach((value, axis) => assert.ok(Math.abs(value - before[axis]) < 60));
  view = panned(view, 1e6, -1e6, image, frame);
  assert.deepEqual(inView(view, image, frame), [0, 2900, 125, 3000]);
  view = revealing(view, [2000, 1500, 2010, 1510], image, frame);
  const [x1, y1, x2, y2] = inView(view, image, frame);
  assert.ok(x1 < 2000 && x2 > 2010 && y1 < 1500 && y2 > 1510);
  assert.ok(isAllInView(zoomed(view, 1e-6, point, image, frame), image, frame));
});

test("a small image is fitted at more than 800% and stays so", () => {
  const sizes = [{ width: 20, height: 20 }, { width: 1000, height: 800 }];
  const view = fitted(...sizes);
  assert.equal(view.scale, 40);
  assert.equal(zoomed(view, 2, { x: 0, y: 0 }, ...sizes).scale, 40);
});

test("a sheet keeps the box in hand through undo, and what changes nothing is no step", () => {
  const sheet = new Sheet(PROPOSAL);
  assert.equal(sheet.beside(-1), undefined);
  sheet.choose(sheet.beside(1).id);
  sheet.relabel("p1", "cup");
  assert.ok(!sheet.canUndo);
  assert.ok(sheet.accept("p1") && !sheet.accept("p1"));
  assert.equal(sheet.undecidedFrom(0).id, "p2");
  assert.ok(sheet.reject("p1") && !sheet.reject("p1"));
  assert.equal(sheet.selected.id, "p1");
  assert.equal(sheet.inHand, null);
  sheet.draw("jar", [1, 1, 5, 5]);
  assert.equal(sheet.inHand.state, "new");
  sheet.undo();
  assert.equal(sheet.selected, null);
  for (const expected of ["accepted", "proposed"]) {
    sheet.undo();
    assert.equal(sheet.region("p1").state, expected);
  }
  assert.ok(!sheet.undo() && !sheet.isProposal);
  sheet.acceptAll();
  assert.ok(sheet.isProposal && !new Sheet().isProposal);
});
