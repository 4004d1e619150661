// Who sends an entry: one sender at a time. A form of a page sends its own entries, and one page of this device sends
// all that waits; an entry that is under way with a form is nobody else's until the page of that form is gone.
//
// A page holds a lock of the browser's from the moment its form goes until the page goes. The browser frees it, by an
// answer or by a crash, so that a page that died holds nothing. Only what a lock cannot tell goes by time.

const SENDER = "posology-send";
const FORM = "posology-form-";
const MINE = "posology-forms"; // of this tab, which outlives the page: the forms it sent
const LAST = "posology-form-last"; // … and the one that the next page answers
const ANSWERED_MS = 10000; // a page that has its answer may take so long to say what the answer was
const LONGEST_MS = 120000; // a form of a page that is still here then was stopped by hand

const freeSince = new Map(); // forms of other tabs whose page is gone, by the monotonic clock

const answered = sessionStorage.getItem(LAST);
sessionStorage.removeItem(LAST); // the page after this one is no answer to it

const mine = () => JSON.parse(sessionStorage.getItem(MINE) ?? "[]");

/** Hold the entries of a form that goes now; return the mark that they are kept with. */
export async function hold() {
  const mark = FORM + crypto.randomUUID();
  sessionStorage.setItem(MINE, JSON.stringify([...mine().slice(-20), mark]));
  sessionStorage.setItem(LAST, mark);
  await new Promise((held, failed) => {
    const untilGone = () =>
      new Promise((end) => {
        setTimeout(end, LONGEST_MS);
        addEventListener("pagehide", end, { once: true });
        held();
      });
    navigator.locks.request(mark, untilGone).catch(failed);
  });
  return mark;
}

/** Whether the page that is here came as the answer to the form that a row went with. */
export function isAnswered({ mark }) {
  return Boolean(mark) && mark === answered;
}

/** Of rows that went with a form, those that no page has under way any more. */
export async function freed(rows) {
  if (!rows.length) return rows;
  const held = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  const own = new Set(mine());
  return rows.filter(({ mark }) => {
    if (held.has(mark)) return false;
    if (own.has(mark)) return true;
    if (!freeSince.has(mark)) freeSince.set(mark, performance.now());
    return performance.now() - freeSince.get(mark) >= ANSWERED_MS;
  });
}

/** Send as the one page that does; where another does already, return 0. */
export function asTheSender(send) {
  return navigator.locks.request(SENDER, { ifAvailable: true }, (lock) => (lock ? send() : 0));
}
