/**
 * Closes an open menu on Escape (focus goes back to its summary) and on a press anywhere else.
 *
 *   <details class="menu" data-menu><summary>…</summary> <div>…</div></details>
 */

function close(menu, { refocus = false } = {}) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

if (typeof document !== "undefined") {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) close(menu);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) close(menu, { refocus: true });
  });
}
