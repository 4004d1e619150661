// Sending what waits, in the order in which it was made, under the ids it was made with. An entry that the server does
// not take is held beside the rest, with the reason, and a person deals with it: nothing is sent for ever.

import { asTheSender, freed } from "./offline-sending.js";
import { change, entriesOf, letGo } from "./offline-store.js";

const AT_ONCE = 100;
const LONGEST_MS = 60000; // of one send: no other page sends meanwhile
const TRIES = 5; // of one entry at which the server itself fails
const DONE = new Set(["stored", "before", "beside"]);
const APART = new Set([400, 413, 422, 500]); // one entry may be at fault: the others are sent without it

/** Send all that waits, or went with a form that is over; return how many the server did not have yet. */
export function sendAll(user, patientOf, token) {
  return asTheSender(async () => {
    const rows = await entriesOf(user);
    const over = new Set((await freed(rows.filter((row) => row.how === "sending"))).map((row) => row.n));
    const parts = new Map();
    for (const row of rows.filter((one) => one.how === "waiting" || over.has(one.n))) {
      const to = { session: row.session, patient: row.entry.patient ?? patientOf(row.session) };
      const key = JSON.stringify(to);
      if (!parts.has(key)) parts.set(key, { ...to, queue: [] });
      parts.get(key).queue.push(row);
    }
    let fresh = 0;
    for (const { queue, ...to } of parts.values()) {
      for (let i = 0; i < queue.length; i += AT_ONCE) {
        const stored = await sendPart({ user, token, ...to }, queue.slice(i, i + AT_ONCE));
        if (stored === null) return fresh;
        fresh += stored;
      }
    }
    return fresh;
  });
}

// Returns how many were new to the server; null where it cannot be asked now.
async function sendPart(to, part) {
  const answer = await post(to, part);
  if (answer === null) return null;
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  const told = isJson ? await answer.json().catch(() => null) : null;
  if (answer.ok && told?.answers) return settle(to.user, part, told.answers);
  if (APART.has(answer.status) && part.length > 1) {
    const middle = part.length >> 1;
    const first = await sendPart(to, part.slice(0, middle));
    const second = first === null ? null : await sendPart(to, part.slice(middle));
    return second === null ? null : first + second;
  }
  const known = sentenceOf(answer.status);
  if (!known) return null;
  const sentence = told?.sentence ?? known;
  for (const row of part) {
    const tries = (row.entry.tries ?? 0) + 1;
    if (answer.status === 500 && tries < TRIES) await change(to.user, row, "waiting", { ...row.entry, tries });
    else await change(to.user, row, "held", { ...row.entry, sentence, became: "failed" });
  }
  return 0;
}

function sentenceOf(status) {
  if (status === 403 || status === 404) return "You may not record in this session.";
  if (status === 500) return "The server failed at this entry, again and again.";
  return APART.has(status) ? "The server could not read this entry." : "";
}

async function post({ user, session, patient, token }, part) {
  const entries = part.map(({ n, entry }) => {
    const { id, kind, payload, occurred_at, version, live } = entry;
    return { id, kind, payload, occurred_at, version, live, sequence: n };
  });
  try {
    return await fetch(`/sessions/${session}/late/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, "HX-Request": "true" },
      body: JSON.stringify({ user, patient, entries }),
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(LONGEST_MS),
    });
  } catch {
    return null;
  }
}

// The server of the release before names no place, and is understood by the ids.
async function settle(user, part, answers) {
  const byPlace = new Map(answers.map((one) => [one.place ?? one.id, one]));
  const said = part.map((row, place) => byPlace.get(place) ?? byPlace.get(row.entry.id));
  const done = part.filter((_, place) => DONE.has(said[place]?.became));
  await letGo(done.map((row) => row.n));
  for (const [place, row] of part.entries()) {
    if (done.includes(row)) continue;
    const { sentence, became } = said[place] ?? { sentence: "The server gave no answer for it.", became: "failed" };
    await change(user, row, "held", { ...row.entry, sentence, became });
  }
  return said.filter((one) => DONE.has(one?.became) && one.became !== "before").length;
}
