// What a person sees of all this: the banner, the entries that wait, those that could not be taken, and their number
// in the head of every page. Words only; nothing here sends or keeps.

import { inWords, momentIn } from "./offline-compose.js";

const MOST_SHOWN = 6;
const SHOWN = 300; // characters of one entry
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** Times are of the site's zone, as everywhere in the pages. */
export function useZone(zone) {
  CLOCK.timeZone = zone;
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB", CLOCK);
}

function make(tag, className, ...inside) {
  const one = document.createElement(tag);
  if (className) one.className = className;
  one.append(...inside);
  return one;
}

/** The number in the head of the page. */
export function showCount({ mine, others }) {
  let place = document.querySelector("[data-unsent]");
  if (!place) {
    place = make("p", "top-unsent");
    place.dataset.unsent = "";
    document.querySelector(".top-end")?.prepend(place);
  }
  const said = [];
  if (mine) said.push(`${mine} not sent`);
  if (others) said.push(`${others} of another person not sent`);
  const words = said.join(", ");
  if (place.textContent !== words) place.textContent = words;
  place.hidden = !words;
}

function panel() {
  let place = document.querySelector("[data-offline-panel]");
  if (!place) {
    place = make("section", "offline");
    place.dataset.offlinePanel = "";
    place.setAttribute("aria-label", "Without the network");
    place.append(make("div", "offline-said"), make("ul", "offline-list"));
    place.firstChild.setAttribute("role", "status");
    document.querySelector("main").prepend(place);
  }
  return place;
}

/** The banner. `tone` is "hold" or "done"; the words change in place. */
export function say(tone, word, lines) {
  const place = panel().querySelector(".offline-said");
  const words = lines.map((line) => make("p", "", line));
  words[0].prepend(make("strong", "notice-word", word), " ");
  const body = make("div", `notice notice--${tone}`, make("div", "notice-body", ...words));
  if (place.textContent !== body.textContent) place.replaceChildren(body);
}

export function sayNothing() {
  document.querySelector("[data-offline-panel] .offline-said")?.replaceChildren();
}

/** Say why a form was not kept, beside its button; what was typed stays. */
export function sayAt(form, sentence) {
  form.querySelector("[data-offline-said]")?.remove();
  if (!sentence) return;
  const line = make("p", "field-error", sentence);
  line.dataset.offlineSaid = "";
  line.setAttribute("role", "alert");
  form.querySelector('[type="submit"]').closest("div, p").before(line);
}

/** Say beside a form that its entry is on this device; where the person looks, not only in the banner. */
export function sayKept(form, at) {
  sayAt(form, "");
  const line = make("p", "quiet", `Kept on this device at ${clock(at)}. It is sent when the network is back.`);
  line.dataset.offlineSaid = "";
  line.setAttribute("role", "status");
  form.querySelector('[type="submit"]').closest("div, p").before(line);
}

/** Ask for what must be said before an entry is kept: a reason, or a tick that odd values are so. */
export function askAt(form, { sentence, label, field }) {
  sayAt(form, sentence);
  const line = form.querySelector("[data-offline-said]");
  const box = make("input", field === "tick" ? "" : "field-input");
  box.type = field === "tick" ? "checkbox" : "text";
  box.dataset.offlineAnswer = "";
  line.append(make("label", field === "tick" ? "check" : "field-label", label, " ", box));
  box.focus();
}

/** What was answered to the question beside a form; "" where none was asked or answered. */
export function answeredAt(form) {
  const box = form.querySelector("[data-offline-answer]");
  if (!box) return "";
  return box.type === "checkbox" ? (box.checked ? "yes" : "") : box.value.trim();
}

function button(words, act) {
  const one = make("button", "button button--secondary", words);
  one.type = "button";
  one.addEventListener("click", act);
  return one;
}

/** The entries of this person on this device; `acts` has confirm, again, asNote and forget, each given the row. */
export function showEntries(rows, acts) {
  if (!rows.length && !document.querySelector("[data-offline-panel]")) return;
  // Those that a person must deal with first, then the latest; all are kept, however many.
  const held = rows.filter((row) => row.how === "held");
  const waiting = rows.filter((row) => row.how !== "held").reverse();
  const shown = [...held, ...waiting.slice(0, MOST_SHOWN)];
  const items = shown.map((row) => {
    const { entry } = row;
    const at = momentIn(entry);
    const words = `${Number.isNaN(at) ? "No time" : clock(at)} ${inWords(entry)}`;
    const item = make("li", "", make("p", "", words.length > SHOWN ? `${words.slice(0, SHOWN)}…` : words));
    if (row.how !== "held") return item;
    const why = entry.became === "conflict" ? "The record holds another content under this id." : "";
    item.append(make("p", "field-error", `Not taken. ${entry.sentence} ${why}`.trim()));
    const line = make("div", "actions");
    if (entry.became === "asked") line.append(button("Confirm it, and send", () => acts.confirm(row)));
    if (entry.became === "failed") line.append(button("Send it again", () => acts.again(row)));
    if (entry.became !== "closed") line.append(button("Send it as a note", () => acts.asNote(row)));
    line.append(button("Let go of this entry", () => acts.forget(row)));
    item.append(line);
    return item;
  });
  const list = panel().querySelector(".offline-list");
  const key = rows.map((row) => `${row.n}${row.how}`).join();
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  if (shown.length < rows.length) items.push(make("li", "quiet", `and ${rows.length - shown.length} more`));
  list.replaceChildren(...items);
}
