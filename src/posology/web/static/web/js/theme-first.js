// Runs before the first paint, and is not a module for that reason: a dark room must not flash white.
try {
  const chosen = localStorage.getItem("posology-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is closed to us: the system's own theme is used.
}
