/**
 * Keeps relative times true while a page stays open.
 *
 *   <time datetime="2026-03-01T08:00:00Z" title="2026-03-01 08:00 UTC" data-ago>4 min ago</time>
 */

const UNITS = [
  [86_400, "d", "day"],
  [3_600, "h", "hour"],
  [60, "min", "minute"],
];
const REFRESH_MS = 20_000;

/** Seconds since a moment, in words; in English the same as the server's `ago` of the template tags. */
export function wordsFor(seconds, language = "en") {
  const distance = Math.abs(seconds);
  for (const [size, name, unit] of UNITS) {
    if (distance < size) continue;
    const count = Math.floor(distance / size);
    if (language !== "en") return written(language, seconds > 0 ? -count : count, unit);
    return seconds > 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
  }
  if (language !== "en") return written(language, 0, "second");
  return seconds >= 0 ? "just now" : "in a moment";
}

function written(language, count, unit) {
  return new Intl.RelativeTimeFormat(language, { style: "short", numeric: count === 0 ? "auto" : "always" }).format(count, unit);
}

export function refresh(root) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    time.textContent = wordsFor((Date.now() - Date.parse(time.dateTime)) / 1000, document.documentElement.lang || "en");
  }
}

if (typeof document !== "undefined") setInterval(() => refresh(document), REFRESH_MS);
