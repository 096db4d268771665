/**
 * Where an image lies in its frame: `{scale, x, y}` in CSS pixels, `scale` of them to one pixel of the image.
 * Sizes are `{width, height}`; a view never leaves a gap that the image could fill.
 */

export const MOST = 8;

/** All of the image in view, as large as it goes. */
export function fitted(image, frame) {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  return settle({ scale, x: 0, y: 0 }, image, frame);
}

/** Zoomed by a factor about a point of the frame, which stays where it is: from all in view to 800%, or that if more. */
export function zoomed(view, factor, point, image, frame) {
  const least = fitted(image, frame).scale;
  const scale = Math.min(Math.max(view.scale * factor, least), Math.max(least, MOST));
  const by = scale / view.scale;
  return settle({ scale, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by }, image, frame);
}

export const panned = (view, dx, dy, image, frame) =>
  settle({ ...view, x: view.x + dx, y: view.y + dy }, image, frame);

/** Panned as little as brings a box of the image into view, with some room about it. */
export function revealing(view, [x1, y1, x2, y2], image, frame, room = 24) {
  const shift = (low, high, length) => {
    if (high - low + 2 * room > length) return (length - low - high) / 2;
    return low < room ? room - low : high > length - room ? length - room - high : 0;
  };
  const dx = shift(view.x + x1 * view.scale, view.x + x2 * view.scale, frame.width);
  const dy = shift(view.y + y1 * view.scale, view.y + y2 * view.scale, frame.height);
  return panned(view, dx, dy, image, frame);
}

/** The part of the image in view, as a box. */
export function inView(view, image, frame) {
  return [
    Math.max(-view.x / view.scale, 0),
    Math.max(-view.y / view.scale, 0),
    Math.min((frame.width - view.x) / view.scale, image.width),
    Math.min((frame.height - view.y) / view.scale, image.height),
  ];
}

export const isAllInView = (view, image, frame) => view.scale <= fitted(image, frame).scale * 1.0001;

function settle({ scale, x, y }, image, frame) {
  return { scale, x: axis(x, image.width * scale, frame.width), y: axis(y, image.height * scale, frame.height) };
}

function axis(offset, length, frame) {
  return length <= frame ? (frame - length) / 2 : Math.min(Math.max(offset, frame - length), 0);
}
