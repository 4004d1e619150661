// Sending what waits, in the order in which it was made, under the ids it was made with.

import { change, entriesOf, letGo } from "./offline-store.js";

const AT_ONCE = 100;
const DONE = new Set(["stored", "before", "beside"]);

/** Send all that waits, or that a form of the page may have sent; return how many the server did not have yet. */
export async function sendAll(user, patientOf, token) {
  let fresh = 0;
  const rows = (await entriesOf(user)).filter((row) => row.how !== "held");
  const sessions = [...new Set(rows.map((row) => row.session))];
  for (const session of sessions) {
    const queue = rows.filter((row) => row.session === session);
    for (let i = 0; i < queue.length; i += AT_ONCE) {
      const answers = await sendPart(user, session, queue.slice(i, i + AT_ONCE), patientOf, token);
      if (answers === null) return fresh;
      fresh += answers;
    }
  }
  return fresh;
}

async function sendPart(user, session, part, patientOf, token) {
  const entries = part.map(({ n, entry }) => {
    const { id, kind, payload, occurred_at, version, live } = entry;
    return { id, kind, payload, occurred_at, version, live, sequence: n };
  });
  const patient = part[0].entry.patient ?? patientOf(session);
  let answer;
  try {
    answer = await fetch(`/sessions/${session}/late/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, "HX-Request": "true" },
      body: JSON.stringify({ user, patient, entries }),
      cache: "no-store",
      redirect: "manual",
    });
  } catch {
    return null;
  }
  if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) {
    if (answer.status !== 422 && answer.status !== 403 && answer.status !== 404) return null;
    const sentence = answer.status === 422 ? (await answer.json()).sentence : "You may not record in this session.";
    for (const row of part) await change(user, row, "held", { ...row.entry, sentence, became: "refused" });
    return 0;
  }
  const { answers } = await answer.json();
  const by = new Map(answers.map((one) => [one.id, one]));
  const done = part.filter((row) => DONE.has(by.get(row.entry.id)?.became));
  await letGo(done.map((row) => row.n));
  for (const row of part.filter((one) => !done.includes(one))) {
    const said = by.get(row.entry.id);
    if (said) await change(user, row, "held", { ...row.entry, sentence: said.sentence, became: said.became });
  }
  return done.filter((row) => by.get(row.entry.id).became !== "before").length;
}
