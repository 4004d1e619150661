// Paints timers, ages and due times from the server's time. It decides nothing: the server's own notices do.

import { serverNow, sure } from "./clock.js";

const GAP = "\u00a0";
const DUE_BEFORE_MS = 2 * 60 * 1000;
const STALE_AFTER_MS = 5 * 60 * 1000;
const WORDS = { ahead: "Next", due: "Due", overdue: "Overdue", stale: "Overdue, stale" };

/** The same words as duration_text in components/text.py. */
export function durationText(milliseconds) {
  let minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return `less than 1${GAP}min`;
  if (minutes < 60) return `${minutes}${GAP}min`;
  let hours = Math.floor(minutes / 60);
  minutes %= 60;
  if (hours < 24) {
    const hourPart = `${hours}${GAP}h`;
    return minutes ? `${hourPart}${GAP}${String(minutes).padStart(2, "0")}${GAP}min` : hourPart;
  }
  const days = Math.floor(hours / 24);
  return `${days}${GAP}${days === 1 ? "day" : "days"}`;
}

export function agoText(milliseconds) {
  if (milliseconds < -60000) return `in ${durationText(-milliseconds)}`;
  return milliseconds < 60000 ? "just now" : `${durationText(milliseconds)} ago`;
}

export function dueText(over) {
  if (over < 0) return `in ${durationText(Math.ceil(-over / 60000) * 60000)}`;
  return over < 60000 ? "due now" : `${durationText(over)} over`;
}

export function dueState(over) {
  if (over >= STALE_AFTER_MS) return "stale";
  if (over >= 0) return "overdue";
  return over >= -DUE_BEFORE_MS ? "due" : "ahead";
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function paintDue(block, now) {
  const flag = block.querySelector("[data-due-flag]");
  const over = now - Date.parse(block.dataset.due);
  if (!flag || Number.isNaN(over)) return;
  const state = dueState(over);
  flag.className = `due-flag due-flag--${state}`;
  write(flag.querySelector("[data-due-word]"), WORDS[state]);
  write(block.querySelector("[data-due-sub]"), dueText(over));
}

function paint() {
  const now = serverNow();
  if (now === null) return;
  for (const timer of document.querySelectorAll("[data-timer]")) {
    write(timer, durationText(Math.abs(now - Date.parse(timer.dateTime))));
    timer.classList.toggle("timer--unsure", !sure());
  }
  for (const age of document.querySelectorAll("[data-ago]")) {
    const old = now - Date.parse(age.dateTime);
    write(age, age.dataset.ago === "short" ? durationText(old) : agoText(old));
    age.classList.toggle("timer--unsure", !sure());
  }
  for (const block of document.querySelectorAll('[data-due]:not([data-due=""])')) paintDue(block, now);
}

export function startTimers() {
  paint();
  setInterval(paint, 1000);
  document.addEventListener("visibilitychange", paint);
}
