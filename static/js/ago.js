/**
 * Keeps relative times true while a page stays open.
 *
 *   <time datetime="2026-03-01T08:00:00Z" title="2026-03-01 08:00 UTC" data-ago>4 min ago</time>
 */

const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];
const REFRESH_MS = 20_000;

/** Seconds since a moment, in words; the same as the server's `ago` of the template tags. */
export function wordsFor(seconds) {
  const distance = Math.abs(seconds);
  for (const [size, name] of UNITS) {
    if (distance < size) continue;
    const count = Math.floor(distance / size);
    return seconds > 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
  }
  return seconds >= 0 ? "just now" : "in a moment";
}

export function refresh(root) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    time.textContent = wordsFor((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}

if (typeof document !== "undefined") setInterval(() => refresh(document), REFRESH_MS);
