/**
 * When a press may be meant for the photograph on the stage: neither a double tap nor a key struck twice answers the
 * next one unseen.
 */

// What a photograph shows is seen 150 ms after it appears at the soonest (Thorpe, Fize and Marlot, Nature 1996).
const GLANCE_MS = 150;
const DOUBLE_TAP_MS = 350;

let tappedAt = -Infinity;

addEventListener(
  "click",
  ({ detail, timeStamp }) => {
    // A click that a key made counts none.
    if (detail > 0) tappedAt = timeStamp;
  },
  true,
);

/** Resolves once what was put on the page has been painted, and stood there for a glance. */
export async function seen() {
  // The first frame after the change paints it, the second begins once that is done.
  await frame();
  const painted = await frame();
  const moment = Math.max(painted + GLANCE_MS, tappedAt + DOUBLE_TAP_MS);
  await new Promise((resolve) => setTimeout(resolve, moment - performance.now()));
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
