/**
 * The buttons for boxes, each with its key, and what they stand at.
 *
 *   <section data-boxes> <button data-box-tool="extremes|new|out|in|fit|undo|redo|accept|reject"> <p data-box-hint>
 *   <span data-box-zoom>
 */

const CORNERS = ["top", "left", "bottom", "right"];

export class Tools {
  constructor({ root, editor }) {
    this.root = root;
    this.editor = editor;
    const does = {
      extremes: () => editor.toggleExtremes(),
      new: () => editor.drawInTheMiddle(),
      out: () => editor.zoom(-1),
      in: () => editor.zoom(1),
      fit: () => editor.fit(),
      undo: () => editor.undo(),
      redo: () => editor.redo(),
      accept: () => editor.accept(),
      reject: () => editor.reject(),
    };
    this.buttons = [...root.querySelectorAll("[data-box-tool]")];
    for (const button of this.buttons) {
      button.addEventListener("click", (event) => {
        does[button.dataset.boxTool]();
        // Pressed by mouse: the keys that follow are for the photograph.
        if (event.detail > 0) editor.pane?.focus({ preventScroll: true });
      });
    }
  }

  show() {
    const { editor } = this;
    const can = { undo: editor.canUndo, redo: editor.canRedo, accept: editor.selected?.of !== undefined, reject: editor.selected !== null };
    for (const button of this.buttons) {
      const { boxTool } = button.dataset;
      button.disabled = !editor.isOn || can[boxTool] === false;
      if (boxTool === "extremes") button.setAttribute("aria-pressed", String(editor.extremes));
    }
    const name = editor.named?.get(editor.label)?.name ?? "no label";
    this.root.querySelector("[data-box-hint]").textContent = editor.extremes
      ? `Click the ${CORNERS[editor.points]}most point of a ${name}`
      : `Drag to draw a ${name}`;
    this.root.querySelector("[data-box-zoom]").textContent = editor.scale ? `${Math.round(editor.scale * 100)}%` : "";
  }
}
