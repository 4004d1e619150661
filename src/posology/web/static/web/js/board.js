// Keeps the board honest while it refreshes itself: keeps the focus where it was, and says when it has gone stale.

// The board asks every five seconds; an answer that fails, or is three seconds late, makes it stale.
const STALE_AFTER_MS = 8 * 1000;

let lastAnswer = performance.now();
let focused = null;

function live() {
  return document.querySelector("[data-board-live]");
}

function paint() {
  const warning = live()?.querySelector("[data-board-stale]");
  const stale = performance.now() - lastAnswer > STALE_AFTER_MS;
  if (warning) warning.hidden = !stale;
  live()?.classList.toggle("board-live--stale", stale);
}

export function startBoard() {
  if (!live()) return;
  document.body.addEventListener("htmx:beforeSwap", () => {
    const active = document.activeElement;
    focused = live()?.contains(active) ? active.getAttribute("href") : null;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    lastAnswer = performance.now();
    if (focused) live()?.querySelector(`a[href="${focused}"]`)?.focus();
    paint();
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.body.addEventListener(failure, () => {
      lastAnswer = -Infinity;
      paint();
    });
  }
  setInterval(paint, 1000);
}
