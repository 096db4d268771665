/**
 * The buttons for boxes, each with its key, and what they stand at.
 *
 *   <button data-box-tool="extremes|new|undo|redo|accept|reject|out|in|fit"> <p data-box-hint> <span data-box-zoom>
 */

const CORNERS = ["top", "left", "bottom", "right"];

export class Tools {
  /** `roots` hold the buttons. */
  constructor({ roots, editor }) {
    this.editor = editor;
    const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
    const does = {
      extremes: () => editor.toggleExtremes(),
      new: () => editor.drawInTheMiddle(),
      undo: () => editor.undo(),
      redo: () => editor.redo(),
      accept: () => editor.accept(),
      reject: () => editor.reject(),
      out: () => editor.zoom(-1),
      in: () => editor.zoom(1),
      fit: () => editor.fit(),
    };
    this.buttons = all("[data-box-tool]");
    [this.hint] = all("[data-box-hint]");
    [this.zoom] = all("[data-box-zoom]");
    for (const button of this.buttons) {
      button.addEventListener("click", (event) => {
        does[button.dataset.boxTool]();
        // Pressed by mouse: the keys that follow are for the photograph.
        if (event.detail > 0) editor.focus();
      });
    }
  }

  show() {
    const { editor } = this;
    const can = {
      undo: editor.sheet.canUndo,
      redo: editor.sheet.canRedo,
      accept: editor.selected?.of !== undefined,
      reject: editor.sheet.inHand !== null,
    };
    for (const button of this.buttons) {
      const { boxTool } = button.dataset;
      button.disabled = !editor.isOn || can[boxTool] === false;
      if (boxTool === "extremes") button.setAttribute("aria-pressed", String(editor.extremes));
    }
    this.hint.hidden = !editor.extremes;
    const name = editor.named.get(editor.label)?.name ?? "box";
    this.hint.textContent = `${name}: click its ${CORNERS[editor.points]}most point (${editor.points + 1} of 4)`;
    this.zoom.textContent = editor.scale ? `${Math.round(editor.scale * 100)}%` : "";
  }
}
