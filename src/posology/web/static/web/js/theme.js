// The switch of the theme: the system's own, light, dark. The choice stays on this device.

const KEY = "posology-theme";
const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };
const AFTER = { auto: "light", light: "dark", dark: "auto" };

function chosen() {
  return document.documentElement.dataset.theme ?? "auto";
}

function remember(theme) {
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is closed to us: the choice lasts as long as this page.
  }
}

function choose(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  remember(theme);
}

export function startTheme() {
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    const name = button.querySelector("[data-theme-name]");
    name.textContent = NAMES[chosen()];
    button.hidden = false;
    button.addEventListener("click", () => {
      choose(AFTER[chosen()]);
      name.textContent = NAMES[chosen()];
    });
  }
}
