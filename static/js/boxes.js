/** Proposed boxes over a photograph: an SVG in the image's own pixels, fitted to it as the image is to the stage. */

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

export function boxes(task, labels) {
  const { width, height } = task.image;
  const names = new Map(labels.map((label) => [label.key, label]));
  const svg = element("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, role: "img" });
  const said = [];
  for (const { label, box, confidence } of task.proposal.regions) {
    const [x1, y1, x2, y2] = box;
    const { name = label, colour = "#ffffff" } = names.get(label) ?? {};
    const words = confidence === undefined ? name : `${name} ${Math.round(confidence * 100)}%`;
    const place = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    const size = Math.max(height / 45, 8);
    svg.append(
      element("rect", { ...place, class: "halo" }),
      element("rect", { ...place, stroke: colour }),
      element("text", { x: x1, y: y1 > size * 1.4 ? y1 - size * 0.4 : y1 + size * 1.1, "font-size": size, "stroke-width": size / 5 }, words),
    );
    said.push(words);
  }
  svg.setAttribute("aria-label", said.length ? `Proposed boxes: ${said.join(", ")}` : "No box is proposed");
  return svg;
}
