/**
 * Finds words in the guideline beside the work: what does not hold them is folded away, what does is marked.
 *
 *   <section data-guideline> <input data-guideline-find> <p data-guideline-found role="status"></p>
 *     <div data-guideline-words> <div data-searched>…</div> <section data-examples-of="KEY">…</section> </div> </section>
 *
 * The section is replaced as a new version comes: everything is looked up when it is needed.
 */

const MARK = "guideline-found";
const HEADING = /^H[1-6]$/;

const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

/**
 * Which blocks to show, as booleans. `blocks` are `{text, level}`, level 1..6 for a heading, 0 for the rest. A heading
 * that holds the words brings all that stands under it; a block brings the headings above it.
 */
export function shown(blocks, typed) {
  const wanted = plain(typed.trim()).split(/\s+/).filter(Boolean);
  const holds = (text) => wanted.every((word) => plain(text).includes(word));
  const found = blocks.map(({ text }) => holds(text));
  const above = [];
  const show = [...found];
  blocks.forEach(({ level }, index) => {
    if (level > 0) {
      while (above.length > 0 && blocks[above.at(-1)].level >= level) above.pop();
      if (above.some((one) => found[one])) show[index] = true;
      above.push(index);
    } else if (above.some((one) => found[one])) show[index] = true;
    if (found[index]) for (const one of above) show[one] = true;
  });
  return { show, count: found.filter(Boolean).length };
}

/** The pieces of the guideline that are shown or folded away each as one. */
function pieces(section) {
  const blocks = [];
  for (const block of section.querySelectorAll("[data-searched] > *")) {
    const parts = block.matches("ul, ol") ? [...block.children] : [block];
    for (const element of parts) {
      blocks.push({ element, text: element.textContent, level: HEADING.test(element.tagName) ? Number(element.tagName[1]) : 0 });
    }
  }
  for (const group of section.querySelectorAll("[data-guideline-examples] [data-examples-of]")) {
    blocks.push({ element: group, text: group.textContent, level: 1 });
  }
  return blocks;
}

function mark(blocks, typed) {
  if (!globalThis.CSS?.highlights) return;
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const ranges = [];
  for (const { element } of blocks) {
    if (element.hidden) continue;
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (words.length > 0 && walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  CSS.highlights.set(MARK, new Highlight(...ranges));
}

function find(section, typed) {
  const blocks = pieces(section);
  const { show, count } = shown(blocks, typed);
  blocks.forEach(({ element }, index) => {
    element.hidden = !show[index];
  });
  const nothing = typed.trim() === "";
  section.querySelector("[data-guideline-found]").textContent = nothing
    ? ""
    : `${count} ${count === 1 ? "place" : "places"} with “${typed.trim()}”`;
  mark(blocks, typed);
}

/** Listens on the page; `leave` is called when the person is done finding. */
export function wireSearch(leave) {
  const field = (event) => event.target.closest?.("[data-guideline-find]");
  document.addEventListener("input", (event) => {
    if (field(event)) find(event.target.closest("[data-guideline]"), event.target.value);
  });
  document.addEventListener("focusin", (event) => {
    const section = event.target.closest?.("[data-guideline]");
    if (section && field(event) && section.clientHeight < section.ownerDocument.documentElement.clientHeight / 3) {
      section.classList.add("opened");
    }
  });
  document.addEventListener("focusout", (event) => {
    const section = event.target.closest?.("[data-guideline]");
    if (section && !section.contains(event.relatedTarget)) section.classList.remove("opened");
  });
  document.addEventListener("keydown", (event) => {
    const input = field(event);
    if (!input || event.key !== "Escape") return;
    event.preventDefault();
    if (input.value !== "") {
      input.value = "";
      find(input.closest("[data-guideline]"), "");
      return;
    }
    leave();
  });
}
