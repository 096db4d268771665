/**
 * Draws the frame of a camera's region over its photograph: a drag sets the four fields, and they move the frame.
 *
 *   <form data-region> <figure data-picture><img><div data-frame hidden></div></figure>
 *     <input data-side="left"> … top, right, bottom: percent of the picture
 */

const SIDES = ["left", "top", "right", "bottom"];

/** What lies between two corners, each `{x, y}` as shares: percentages by side, within the picture. */
export function between(one, other) {
  const percent = (share) => Math.round(Math.min(Math.max(share, 0), 1) * 1000) / 10;
  const [left, right] = [one.x, other.x].sort((a, b) => a - b).map(percent);
  const [top, bottom] = [one.y, other.y].sort((a, b) => a - b).map(percent);
  return { left, top, right, bottom };
}

/** The percentages as numbers, or null where they are no frame. */
export function frameOf(typed) {
  const found = Object.fromEntries(SIDES.map((side) => [side, Number.parseFloat(String(typed[side]).replace(",", "."))]));
  return found.right > found.left && found.bottom > found.top ? found : null;
}

function begin(form) {
  const picture = form.querySelector("[data-picture]");
  const image = picture.querySelector("img");
  const frame = picture.querySelector("[data-frame]");
  const fields = Object.fromEntries(SIDES.map((side) => [side, form.querySelector(`[data-side="${side}"]`)]));
  let from = null;

  function show() {
    const found = frameOf(Object.fromEntries(SIDES.map((side) => [side, fields[side].value])));
    frame.hidden = found === null;
    if (!found) return;
    const { clientWidth: width, clientHeight: height } = image;
    frame.style.insetInlineStart = "auto";
    frame.style.left = `${(found.left / 100) * width}px`;
    frame.style.top = `${(found.top / 100) * height}px`;
    frame.style.width = `${((found.right - found.left) / 100) * width}px`;
    frame.style.height = `${((found.bottom - found.top) / 100) * height}px`;
  }

  function place({ clientX, clientY }) {
    const { left, top, width, height } = image.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  picture.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    from = place(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!from || !event.isPrimary) return;
    const drawn = between(from, place(event));
    for (const side of SIDES) fields[side].value = drawn[side];
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => (from = null));
  form.addEventListener("input", show);
  new ResizeObserver(show).observe(image);
  show();
}

if (typeof document !== "undefined") {
  const form = document.querySelector("[data-region]");
  if (form?.querySelector("[data-picture]")) begin(form);
}
