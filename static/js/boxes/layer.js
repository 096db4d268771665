/** The boxes over a photograph: an SVG in the image's own pixels, whose lines and words keep their size when zoomed. */

import { heightOf, widthOf } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
/** Beyond this many boxes names would hide the photograph: they are shown for the box in hand alone. */
const NAMED_TO = 60;
export const SIGNS = { proposed: "?", accepted: "✓", fixed: "✎", rejected: "✕", new: "+" };

function element(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const frame = ([x1, y1, x2, y2]) => ({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });

function put(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
}

export class Layer {
  #drawn = new Map();
  #selected = null;

  constructor({ pane, size, labels }) {
    this.labels = new Map(labels.map((label) => [label.key, label]));
    this.size = size;
    this.svg = element("svg", { class: "box-layer", viewBox: `0 0 ${size.width} ${size.height}`, "aria-hidden": "true" });
    this.band = element("rect", { class: "box-band", visibility: "hidden" });
    this.extremes = element("g", { class: "box-extremes" });
    this.svg.append(this.band, this.extremes);
    pane.append(this.svg);
  }

  /** Shows these regions; only what changed is drawn again. */
  show(regions, selected) {
    this.svg.classList.toggle("crowded", regions.length > NAMED_TO);
    const left = new Set(this.#drawn.keys());
    for (const region of regions) {
      left.delete(region.id);
      const known = this.#drawn.get(region.id);
      if (known?.region !== region) this.#draw(region, known?.node);
    }
    for (const id of left) {
      this.#drawn.get(id).node.remove();
      this.#drawn.delete(id);
    }
    if (this.#selected !== selected) {
      this.#drawn.get(this.#selected)?.node.classList.remove("selected");
      this.#selected = selected;
    }
    const chosen = this.#drawn.get(selected)?.node;
    if (chosen && !chosen.classList.contains("selected")) {
      chosen.classList.add("selected");
      // What is drawn last lies on top.
      this.band.before(chosen);
    }
  }

  /** A region's box while it is being dragged. */
  follow(id, box) {
    const node = this.#drawn.get(id)?.node;
    if (node) this.#place(node, box);
  }

  /** The box being drawn; null takes it away. */
  rubberBand(box, label) {
    this.band.setAttribute("visibility", box ? "visible" : "hidden");
    if (box) put(this.band, { ...frame(box), stroke: this.#colour(label) });
  }

  /** The extreme points clicked so far. */
  points(points, label) {
    const arm = 8 / this.scale;
    this.extremes.replaceChildren(
      ...points.flatMap(({ x, y }) => {
        const d = `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`;
        return [{ class: "glow" }, { class: "halo" }, { stroke: this.#colour(label) }].map((look) => element("path", { d, ...look }));
      }),
    );
  }

  /** Tells the words how large a CSS pixel is. */
  rescale(scale) {
    this.scale = scale;
    this.svg.style.setProperty("--pixel", 1 / scale);
  }

  #draw(region, node = null) {
    if (!node) {
      node = element("g");
      node.append(...["glow", "halo", "edge"].map((part) => element("rect", { class: part })), element("text"));
      this.band.before(node);
    }
    const selected = node.classList.contains("selected");
    node.setAttribute("class", `box ${region.state}${selected ? " selected" : ""}`);
    node.dataset.region = region.id;
    node.querySelector(".edge").setAttribute("stroke", this.#colour(region.label));
    const sure = region.state === "proposed" && region.confidence !== undefined ? ` ${Math.round(region.confidence * 100)}%` : "";
    node.querySelector("text").textContent = `${SIGNS[region.state]} ${this.labels.get(region.label)?.name ?? region.label}${sure}`;
    this.#place(node, region.box);
    this.#drawn.set(region.id, { region, node });
  }

  #place(node, box) {
    for (const rect of node.querySelectorAll("rect")) put(rect, frame(box));
    // Above the box, or inside it where there is no room above.
    const inside = box[1] * this.scale < 18;
    node.classList.toggle("named-inside", inside);
    put(node.querySelector("text"), { x: box[0], y: box[1] });
    node.classList.toggle("tiny", widthOf(box) * this.scale < 24 || heightOf(box) * this.scale < 12);
  }

  #colour(label) {
    return this.labels.get(label)?.colour ?? "#ffffff";
  }
}
