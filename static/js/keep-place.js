/**
 * Keeps what the reader has opened or scrolled when a live part of the page is replaced.
 *
 *   <div hx-get="…" hx-swap="innerHTML"> … <details id="figures">…</details>
 *     <div class="table-frame" aria-label="Answers">…</div> … </div>
 *
 * A <details> is known by its id, a scrolled frame by its aria-label or aria-labelledby.
 */

const FRAMES = "[role=region][tabindex]";

const nameOf = (frame) => frame.getAttribute("aria-labelledby") ?? frame.getAttribute("aria-label");

/** What stands open and how far each frame is scrolled inside `root`. */
export function placeIn(root) {
  const open = [...root.querySelectorAll("details[id]")].filter((one) => one.open).map((one) => one.id);
  const scrolled = [...root.querySelectorAll(FRAMES)]
    .filter((frame) => frame.scrollLeft || frame.scrollTop)
    .map((frame) => [nameOf(frame), frame.scrollLeft, frame.scrollTop]);
  return { open, scrolled };
}

/** Puts `root` back as `placeIn` found it. */
export function restore(root, { open, scrolled }) {
  for (const one of root.querySelectorAll("details[id]")) if (open.includes(one.id)) one.open = true;
  for (const frame of root.querySelectorAll(FRAMES)) {
    const known = scrolled.find(([name]) => name === nameOf(frame));
    if (known) [, frame.scrollLeft, frame.scrollTop] = known;
  }
}

if (typeof document !== "undefined") {
  const places = new WeakMap();
  document.addEventListener("htmx:beforeSwap", ({ detail }) => places.set(detail.target, placeIn(detail.target)));
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const place = places.get(detail.target);
    if (place) restore(detail.target, place);
  });
}
