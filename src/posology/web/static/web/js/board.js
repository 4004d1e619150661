// Keeps the board honest: it is told each second that the server looked, and reads its middle again when it differs.
//
// Nothing on the board is patched from what the stream says. The stream names a version; where it is another than the
// one shown, the page asks for its middle as any reload would. So whatever was missed is made good by one reading.

import { tellNotices } from "./notices.js";
import { sound } from "./sound.js";

const STALE_AFTER_MS = 5 * 1000;
const ASK_WITHOUT_STREAM_MS = 4 * 1000;
const OPEN_AGAIN_MS = 5 * 1000;

let stream = null;
let heardAt = now();
let version = null; // the last one that the middle was asked for
let isReading = false;
let mustRead = false; // it went stale, and stays so until it was read again
let closedAt = 0;
let askedAt = 0;
let focused = null;
let isTouched = false; // a finger is down: what it is on stays where it is

function live() {
  return document.querySelector("[data-board-live]");
}

/** Two clocks: one of them stops while a laptop sleeps, and the other may be set. */
function now() {
  return { monotonic: performance.now(), device: Date.now() };
}

function since(moment) {
  return Math.max(performance.now() - moment.monotonic, Date.now() - moment.device);
}

function isStale() {
  return since(heardAt) > STALE_AFTER_MS;
}

function paint() {
  const stale = isStale() || mustRead;
  const warning = live()?.querySelector("[data-board-stale]");
  if (warning) {
    warning.hidden = !stale;
    const seconds = Math.floor(since(heardAt) / 1000);
    warning.querySelector("[data-board-silence]").textContent = seconds > 5 ? `${seconds}\u00a0s without a word` : "";
  }
  live()?.classList.toggle("board-live--stale", stale);
}

function read() {
  if (isReading || !live()) return;
  isReading = true;
  askedAt = performance.now();
  window.htmx.trigger(live(), "board:read");
}

function beat(event) {
  const told = JSON.parse(event.data);
  if (isStale()) mustRead = true;
  heardAt = now();
  if (tellNotices(told)) sound();
  // What is shown may be newer than the beat: then it is asked for once, and not each second.
  if (mustRead || (told.version !== version && told.version !== live().dataset.version)) {
    if (!isReading) version = told.version;
    read();
  }
  paint();
}

function open() {
  stream?.close();
  stream = new EventSource(live().dataset.stream);
  stream.addEventListener("open", again);
  stream.addEventListener("beat", beat);
  stream.addEventListener("end", shut);
  stream.addEventListener("error", () => stream?.readyState === EventSource.CLOSED && shut());
}

function shut() {
  stream?.close();
  stream = null;
  closedAt = performance.now();
}

/** Without a stream the page asks for itself, and tries again to be told. */
function lookAfter() {
  const quiet = stream === null || stream.readyState !== EventSource.OPEN;
  if (quiet && performance.now() - askedAt > ASK_WITHOUT_STREAM_MS) read();
  if (stream === null && performance.now() - closedAt > OPEN_AGAIN_MS) open();
  paint();
}

/** Read whatever the version says: the page may have missed something. */
function again() {
  version = null;
  read();
}

function back() {
  if (stream === null) open();
  again();
}

/** A tap on what is put in its place meanwhile would be lost, or land on another chair. */
function waitForTheFinger() {
  document.addEventListener("pointerdown", () => (isTouched = true), true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => setTimeout(() => (isTouched = false), 50), true); // the click comes after
  }
}

function keepTheFocus() {
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (isTouched) {
      event.detail.shouldSwap = false;
      version = null; // asked for again at the next beat
      return;
    }
    const active = document.activeElement;
    focused = live()?.contains(active) ? active.getAttribute("href") : null;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    if (focused) live()?.querySelector(`a[href="${focused}"]`)?.focus();
  });
}

export function startBoard() {
  if (!live()) return;
  version = live().dataset.version;
  waitForTheFinger();
  keepTheFocus();
  document.body.addEventListener("htmx:afterSwap", () => {
    heardAt = now();
    mustRead = false;
    paint();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    isReading = false;
    if (!event.detail.successful) version = null; // asked for again at the next beat
  });
  document.addEventListener("visibilitychange", () => document.hidden || back());
  addEventListener("pageshow", (event) => event.persisted && back());
  document.addEventListener("resume", back);
  addEventListener("pagehide", shut);
  open();
  setInterval(lookAfter, 1000);
}
