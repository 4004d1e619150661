// Another dose on paper: a slider that moves asks the server for its curve. Nothing is computed or kept here;
// without this script the form is sent whole, and a page answers.

const PAUSE_MS = 90;
const PART = { "HX-Request": "true" };

let waiting = 0;
let asking = null;

async function ask(address) {
  asking?.abort();
  const mine = (asking = new AbortController());
  const answer = await fetch(address, { headers: PART, signal: mine.signal, credentials: "same-origin" });
  if (answer.status !== 200 && answer.status !== 422) throw new Error(`answer ${answer.status}`);
  return answer.text();
}

function said(form, extra = {}) {
  const values = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) values.set(name, value);
  return `${form.action}?${values}`;
}

function tellNoAnswer(panel) {
  const place = panel.querySelector("[data-try-answer]") ?? panel;
  let line = place.querySelector("[data-try-silent]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.trySilent = "";
    place.prepend(line);
  }
  line.textContent = "The server did not answer, so the curve is not of this dose. Move the slider again.";
}

async function put(panel, place, address) {
  try {
    place.innerHTML = await ask(address);
    return true;
  } catch (fault) {
    if (fault.name !== "AbortError") tellNoAnswer(panel);
    return false;
  }
}

function hideButton(panel) {
  const send = panel.querySelector("[data-try-send]");
  if (send) send.hidden = true;
}

function moved(event) {
  const form = event.target.closest("[data-try-form]");
  if (!form || event.target.type !== "range") return;
  const output = form.querySelector(`output[for="${event.target.id}"]`);
  if (output) output.textContent = `${event.target.value}\u00a0${output.dataset.unit}`;
  const panel = form.closest("[data-try-panel]");
  clearTimeout(waiting);
  waiting = setTimeout(() => put(panel, panel.querySelector("[data-try-answer]"), said(form)), PAUSE_MS);
}

async function chosen(event) {
  const form = event.target.closest("[data-try-form]");
  if (!form || event.target.tagName !== "SELECT") return;
  const panel = form.closest("[data-try-panel]");
  const address = `${form.action}?protocol=${encodeURIComponent(event.target.value)}&part=panel`;
  if (await put(panel, panel, address)) {
    hideButton(panel);
    panel.querySelector("select")?.focus();
  }
}

async function opened(event) {
  const fold = event.target;
  if (!fold.matches?.("[data-try-fold]") || !fold.open || fold.dataset.filled) return;
  const panel = fold.querySelector("[data-try-panel]");
  if (await put(panel, panel, `${panel.dataset.tryFrom}?part=panel`)) {
    fold.dataset.filled = "yes";
    hideButton(panel);
  }
}

export function startCurves() {
  document.addEventListener("input", moved);
  document.addEventListener("change", chosen);
  document.addEventListener("toggle", opened, true);
  document.querySelectorAll("[data-try-panel]").forEach(hideButton);
  keepFolds();
}

// A part that is asked for anew keeps what was unfolded in it.
let unfolded = [];

function keepFolds() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    unfolded = [...event.target.querySelectorAll("details[open][id]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    unfolded = [];
  });
}
