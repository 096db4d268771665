/**
 * What lies over an alert's photograph: the frame of the region it is about, and proposed boxes; an SVG in the image's own
 * pixels, fitted to it as the image is to the stage.
 */

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

const across = ([x1, y1, x2, y2]) => ({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });

/** The SVG, null where nothing lies over it. `words` as of alerts/words.js. */
export function boxes(task, labels, words) {
  if (!task.region && !task.proposal?.regions) return null;
  const { width, height } = task.image;
  const names = new Map(labels.map((label) => [label.key, label]));
  const svg = element("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, role: "img" });
  const described = [];
  if (task.region) {
    const place = across(task.region.box);
    svg.append(element("rect", { ...place, class: "halo" }), element("rect", { ...place, class: "region" }));
    described.push(words("framed", { region: task.region.name }));
  }
  const said = [];
  for (const { label, box, confidence } of task.proposal?.regions ?? []) {
    const [x1, y1] = box;
    const { name = label, colour = "#ffffff" } = names.get(label) ?? {};
    const written = confidence === undefined ? name : `${name} ${Math.round(confidence * 100)}%`;
    const place = across(box);
    const size = Math.max(height / 45, 8);
    svg.append(
      element("rect", { ...place, class: "halo" }),
      element("rect", { ...place, stroke: colour }),
      element("text", { x: x1, y: y1 > size * 1.4 ? y1 - size * 0.4 : y1 + size * 1.1, "font-size": size, "stroke-width": size / 5 }, written),
    );
    said.push(written);
  }
  if (task.proposal?.regions) described.push(said.length ? words("boxes", { boxes: said.join(", ") }) : words("no_box"));
  svg.setAttribute("aria-label", described.join(". "));
  return svg;
}
