/** Rows of pages too long for the screen begin where the current page stands: what is on the screen says where one is. */

if (typeof document !== "undefined") {
  for (const here of document.querySelectorAll(".pages [aria-current]")) {
    here.scrollIntoView({ block: "nearest", inline: "center" });
  }
}
