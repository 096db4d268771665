/**
 * Points at a part of a photograph: a drag over it fills in four fields, and the fields draw the box.
 *
 *   <form data-point> <div data-picture><img><svg viewBox="0 0 W H"><rect data-rect>…</div> <input name="x1">… </form>
 */

/** `[x1, y1, x2, y2]` in whole image pixels, in order and inside a picture of that width and height. */
export function boxOf([ax, ay], [bx, by], [width, height]) {
  const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
  const x = [within(ax, width), within(bx, width)].sort((a, b) => a - b);
  const y = [within(ay, height), within(by, height)].sort((a, b) => a - b);
  return [x[0], y[0], x[1], y[1]];
}

function wire(form) {
  const picture = form.querySelector("[data-picture]");
  const size = picture.querySelector("svg").getAttribute("viewBox").split(" ").slice(2).map(Number);
  const fields = ["x1", "y1", "x2", "y2"].map((name) => form.elements[name]);
  let from = null;

  const at = ({ clientX, clientY }) => {
    const edge = picture.getBoundingClientRect();
    return [((clientX - edge.left) / edge.width) * size[0], ((clientY - edge.top) / edge.height) * size[1]];
  };
  const draw = () => {
    const box = fields.map(({ value }) => Number.parseFloat(value.replace(",", ".")));
    const there = box.every(Number.isFinite) && box[2] > box[0] && box[3] > box[1];
    for (const rect of picture.querySelectorAll("[data-rect]")) {
      const [x, y, width, height] = there ? [box[0], box[1], box[2] - box[0], box[3] - box[1]] : [0, 0, 0, 0];
      for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
    }
  };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = at(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!from) return;
    const box = boxOf(from, at(event), size);
    fields.forEach((field, index) => {
      field.value = box[index];
    });
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    picture.addEventListener(end, () => {
      from = null;
    });
  }
  for (const field of fields) field.addEventListener("input", draw);
}

if (typeof document !== "undefined") for (const form of document.querySelectorAll("[data-point]")) wire(form);
