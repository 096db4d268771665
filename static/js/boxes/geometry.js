/** Boxes as [x1, y1, x2, y2] in pixels of the image, origin top left: made, moved, resized, found; always inside it. */

export const LEAST = 1;
export const TOO_SMALL = "A box must be at least 1 pixel wide and 1 pixel high.";

/** A tenth of a pixel is as fine as a hand can be. */
const rounded = (value) => Math.round(value * 10) / 10;
const within = (value, low, high) => Math.min(Math.max(value, low), high);

export const widthOf = ([x1, , x2]) => x2 - x1;
export const heightOf = ([, y1, , y2]) => y2 - y1;
const areaOf = (box) => widthOf(box) * heightOf(box);

export const isTooSmall = (box) => widthOf(box) < LEAST || heightOf(box) < LEAST;
export const same = (one, other) => one.every((value, index) => value === other[index]);

/** The box around any points {x, y}, cut at the image's edge: two corners of a drag, or the four extremes of a thing. */
export function around(points, { width, height }) {
  const xs = points.map(({ x }) => within(x, 0, width));
  const ys = points.map(({ y }) => within(y, 0, height));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map(rounded);
}

/** Moved by dx, dy, as far as the image goes: its size stays. */
export function moved([x1, y1, x2, y2], dx, dy, { width, height }) {
  const right = within(dx, -x1, width - x2);
  const down = within(dy, -y1, height - y2);
  return [x1 + right, y1 + down, x2 + right, y2 + down].map(rounded);
}

/** Its right and lower edge moved by dx, dy: no smaller than 1 px, no farther than the image. */
export function resized([x1, y1, x2, y2], dx, dy, { width, height }) {
  return [
    x1,
    y1,
    rounded(within(x2 + dx, Math.min(x1 + LEAST, width), width)),
    rounded(within(y2 + dy, Math.min(y1 + LEAST, height), height)),
  ];
}

/** What a hand made of `before`: pushed back inside where it was moved, cut where it was resized. */
export function settled(box, before, size) {
  const [x1, y1, x2, y2] = box;
  const kept = Math.abs(widthOf(box) - widthOf(before)) < 1e-6 && Math.abs(heightOf(box) - heightOf(before)) < 1e-6;
  if (kept) return moved(before, x1 - before[0], y1 - before[1], size);
  return around([{ x: x1, y: y1 }, { x: x2, y: y2 }], size);
}

/** A box in the middle of what is in view ([x1, y1, x2, y2] of the image), a quarter of it each way. */
export function inTheMiddleOf([x1, y1, x2, y2], size) {
  const wide = Math.max((x2 - x1) / 4, LEAST);
  const high = Math.max((y2 - y1) / 4, LEAST);
  const x = (x1 + x2 - wide) / 2;
  const y = (y1 + y2 - high) / 2;
  return around([{ x: Math.round(x), y: Math.round(y) }, { x: Math.round(x + wide), y: Math.round(y + high) }], size);
}

/** Whether an edge of the box is in view, both as boxes: one that fills the view is a ground to draw on. */
export const edgeShows = ([x1, y1, x2, y2], [left, top, right, bottom]) => x1 > left || y1 > top || x2 < right || y2 < bottom;

/** The smallest of the regions under the point, reached by `slack` pixels around it too; null where there is none. */
export function under({ x, y }, regions, slack = 0) {
  const hit = regions.filter(
    ({ box: [x1, y1, x2, y2] }) => x >= x1 - slack && x <= x2 + slack && y >= y1 - slack && y <= y2 + slack,
  );
  return hit.reduce((least, one) => (least === null || areaOf(one.box) < areaOf(least.box) ? one : least), null);
}
