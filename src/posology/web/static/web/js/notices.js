// What is overdue anywhere in the clinic, in the head of every page and in its title. The server decides what it is.
//
// The board is told by its stream; every other page asks. Where the answer is the same nothing is written, so that a
// screen reader says it once.

const ASK_EVERY_MS = 20 * 1000;
const LAST = "posology-notices"; // what was said on the page before: how many, and in which chair; no name

const heard = new Set();
let plainTitle = document.title;

export function tellNotices({ count, words, late = [] }) {
  const link = document.querySelector("[data-notices-link]");
  const text = link?.querySelector("[data-notices-words]");
  if (text && text.textContent !== words) text.textContent = words;
  if (link) link.hidden = count === 0;
  const title = count ? `(${count} overdue) ${plainTitle}` : plainTitle;
  if (document.title !== title) document.title = title;
  const fresh = late.filter((one) => !heard.has(one));
  for (const one of fresh) heard.add(one);
  return fresh.length > 0;
}

async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store", redirect: "error" });
    if (!answer.ok || answer.status !== 200) return;
    const { count, words } = await answer.json();
    keep({ count, words });
    tellNotices({ count, words });
  } catch {
    // The board says when the server is not heard; this line only repeats what it said last.
  }
}

function keep(told) {
  try {
    sessionStorage.setItem(LAST, JSON.stringify(told));
  } catch {
    // Without a store the line comes with the answer, a moment later.
  }
}

/** The next page begins with the line of the last one: a page that moves down beneath a finger is mistapped. */
function tellAsBefore() {
  try {
    const told = JSON.parse(sessionStorage.getItem(LAST));
    if (told) tellNotices(told);
  } catch {
    // As above.
  }
}

function forget() {
  try {
    sessionStorage.removeItem(LAST);
  } catch {
    // Nothing was kept.
  }
}

export function startNotices() {
  const address = document.querySelector("[data-notices]")?.dataset.notices;
  if (!address) forget(); // nobody is signed in here
  if (!address || document.querySelector("[data-board-live]")) return;
  tellAsBefore();
  ask(address);
  setInterval(() => ask(address), ASK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || ask(address));
}
