// A running session goes on without the network: what people did is kept on this device and sent under the same ids
// when the network is back. Nothing new is permitted meanwhile: the page tells, it decides nothing.

import { serverNow, sure } from "./clock.js";
import { startBeat } from "./offline-beat.js";
import { DOUBT_MS, doubtOf, hearTime, offText, spanText, timeNow } from "./offline-clock.js";
import { GIVING, canBeTold, compose, inWords, kindOf, mayRepeat, momentIn, noteOf } from "./offline-compose.js";
import { rememberPage, renew, restorePage } from "./offline-page.js";
import { answeredAt, askAt, clock, say, sayAt, sayKept, sayNothing, showCount, showEntries, useZone } from "./offline-panel.js";
import { sendAll } from "./offline-send.js";
import { freed, hold, isAnswered } from "./offline-sending.js";
import { change, countOf, entriesOf, isThere, keep, letGo, mayKeep, recall, remember, wipe } from "./offline-store.js";

const UNCONFIRMED_MS = 120000;
const READ_MS = 8000; // how long the answer to a sign-out stands before the banner goes on

const here = {
  told: null, // what the server told this page: session, patient, zone, bounds, settings
  user: "",
  keeps: false, // whether this device keeps entries
  state: "here", // here, away, locked, other
  awaySince: null,
  offset: 0, // server's clock less the device's, ms
  busy: false,
  isShell: false,
  readUntil: 0, // by the monotonic clock
  confirmed: 0, // when the server last confirmed the order, by its own clock
};

const now = () => timeNow(here.offset); // by the server's clock as last heard

async function refresh() {
  if (!("indexedDB" in window)) return;
  showCount(await countOf(here.user));
  if (here.user) showEntries((await entriesOf(here.user)).filter((row) => row.how !== "sending"), acts);
}

const acts = {
  async confirm(row) {
    const payload = { ...row.entry.payload, confirmed_extreme: true };
    await change(here.user, row, "waiting", { ...row.entry, payload });
    await refresh();
  },
  async again(row) {
    await change(here.user, row, "waiting", { ...row.entry, tries: 0 });
    await refresh();
  },
  async asNote(row) {
    const at = momentIn(row.entry);
    const lead = Number.isNaN(at) ? "Told later, without its time, not taken as it was" : "Told later, not taken as it was";
    const patient = row.session === here.told?.session ? here.told.patient : row.entry.patient;
    const like = { occurred_at: new Date(Number.isNaN(at) ? now() : at).toISOString(), patient, version: here.told?.version };
    await keep(here.user, row.session, [noteOf(`${lead}. ${inWords(row.entry)}`, like)], "waiting");
    await letGo([row.n]);
    await refresh();
  },
  async forget(row) {
    await letGo([row.n]);
    await refresh();
  },
};

// ---------------------------------------------------------------- what the person records

async function onSubmit(event) {
  const { target: form, submitter } = event;
  const kind = here.told ? kindOf(form) : "";
  if (!kind || form.dataset.letThrough) return;
  const away = here.state === "away";
  if (!away && (!here.keeps || !mayRepeat(kind) || here.state !== "here")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (here.busy) return; // a double click is one entry
  here.busy = true;
  try {
    await (away ? keepEntry(form, kind) : keepAndSend(form, submitter));
  } catch {
    sayAt(form, "This device could not keep the entry. Write it on the downtime sheet.");
  } finally {
    here.busy = false;
  }
}

// With the network: the form goes its usual way, and a sealed copy stays until the server has answered.
async function keepAndSend(form, submitter) {
  const made = compose(form, here.told, now());
  if (made.entries) {
    const kept = async () => keep(here.user, here.told.session, made.entries.map(withPatient), "sending", await hold());
    await kept().catch(() => null);
  }
  form.dataset.letThrough = "1";
  form.requestSubmit(submitter ?? undefined);
  setTimeout(() => delete form.dataset.letThrough, 2000);
}

async function keepEntry(form, kind) {
  if (!canBeTold(kind)) {
    sayAt(form, "Without the network this page permits nothing new. Do it when the network is back; follow the downtime sheet.");
    return;
  }
  if (!here.keeps) {
    sayAt(form, "This device may not keep entries, so nothing is kept. Write it on the downtime sheet.");
    return;
  }
  if (!isTimeSure(form)) return;
  const { entries, fault, ask } = compose(form, here.told, now());
  if (fault) return sayAt(form, fault);
  const said = answeredAt(form);
  if (ask?.length && !said) {
    return askAt(form, { sentence: `Please look again: ${ask.join(", ")}. `, label: "It is so", field: "tick" });
  }
  if (GIVING.has(kind) && !said) {
    return askAt(form, {
      sentence: `The order is unconfirmed since ${clock(here.awaySince)}: it may have been stopped since. This page does not permit the dose. `,
      label: "If it was given all the same: why",
      field: "text",
    });
  }
  if (GIVING.has(kind)) entries.push(noteOf(`Given while the order was unconfirmed: ${said}`, entries[0]));
  await keep(here.user, here.told.session, entries.map(withPatient), "waiting");
  renew(form); // only now, when it is on disk, do the fields clear
  sayKept(form, now());
  await refresh();
}

// Where the time cannot be relied on, a person says that it is right, or types the one on the wall.
function isTimeSure(form) {
  const doubt = doubtOf(clock(now()));
  if (!doubt || form.elements.clock?.value.trim()) return true;
  if (form.querySelector("[data-offline-clock]") && answeredAt(form)) {
    hearTime(now());
    sayAt(form, "");
    return true;
  }
  const other = form.elements.clock ? "Type the time of the entry, or: " : "Write on the downtime sheet, or: ";
  askAt(form, { sentence: doubt + other, label: "The clock on the wall shows the same", field: "tick" });
  form.querySelector("[data-offline-answer]").dataset.offlineClock = "";
  return false;
}

function withPatient(entry) {
  // The server's own form carries the moment of the click; told again, the first moment stands.
  return { ...entry, patient: here.told.patient };
}

// ---------------------------------------------------------------- the heartbeat

async function heard(answer) {
  if (answer.state === "here") {
    const server = Date.parse(answer.now) + answer.took / 2;
    here.offset = hearTime(server);
    if (answer.user !== here.user) answer.state = "other";
  }
  here.state = answer.state;
  if (here.state === "away") here.awaySince ??= here.confirmed || now();
  else if (here.state === "here") here.awaySince = null;
  tell();
  if (here.state !== "here") {
    await settle();
    return refresh();
  }
  if (here.told && now() - here.confirmed > 15000) await remember("confirmed", (here.confirmed = now()));
  await noteTheStep();
  const fresh = await sendAll(here.user, () => here.told?.patient ?? "", answer.token);
  await refresh();
  if (fresh || here.isShell) await comeBack();
}

// The device's clock was set since the server was last heard: the record of each session that has entries says so.
async function noteTheStep() {
  const before = (await recall("offset")) ?? here.offset;
  const moved = before - here.offset;
  if (Math.abs(moved) > DOUBT_MS) {
    const waiting = (await entriesOf(here.user)).filter((row) => row.how === "waiting");
    for (const [session, row] of new Map(waiting.map((one) => [one.session, one]))) {
      const words = `While this device was without the network its clock was set ${spanText(moved)} ${moved > 0 ? "ahead" : "back"}. Compare the times of these entries with the downtime sheet.`;
      await keep(here.user, session, [noteOf(words, row.entry)], "waiting");
    }
  }
  if (Math.abs(moved) > 1000 || (await recall("offset")) === undefined) await remember("offset", here.offset);
}

// After the queue is sent the page shows the record again; what is half typed is never thrown away for it.
async function comeBack() {
  const left = (await entriesOf(here.user)).filter((row) => row.how === "waiting").length;
  if (left || !here.told) return;
  const typed = [...document.querySelectorAll("main form")].some((form) =>
    [...form.elements].some((one) => (one.matches("[type=text], textarea") ? one.value !== one.defaultValue : one.checked !== undefined && one.checked !== one.defaultChecked)),
  );
  if (!typed) location.replace(`/sessions/${here.told.session}/`);
  else say("done", "Sent", ["The network is back, and everything is sent. Reload the page when you have finished this entry."]);
}

function tell() {
  if (performance.now() < here.readUntil) return;
  const off = offText(here.offset);
  if (here.state === "away") {
    const since = clock(here.awaySince);
    const lines = [`since ${since}. ` + (here.keeps
      ? "What you record is kept on this device, and sent when the network is back."
      : "This device may not keep entries. Write on the downtime sheet.")];
    lines.push("Nothing new is permitted: no start, no discharge, no change of the order.");
    if (now() - here.awaySince >= UNCONFIRMED_MS) lines.push(`The order is unconfirmed since ${since}. Follow the downtime sheet.`);
    if (off) lines.push(off);
    say("hold", "Without the network", lines);
  } else if (here.state === "locked" || here.state === "other") {
    say("hold", "Sign in again", ["The screen has locked, or somebody else signed in. Entries are sent once the person who made them signs in here."]);
  } else if (off && here.told) say("hold", "Clock", [off]);
  else sayNothing();
}

// ---------------------------------------------------------------- the way out, and the start

async function onSignOut(event) {
  const form = event.target;
  if (!form.action.endsWith("/sign-out/") || form.dataset.letThrough || !("indexedDB" in window)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const user = here.user || (await recall("user"));
  const { all, others } = await countOf(user);
  if (all) {
    here.readUntil = performance.now() + READ_MS;
    say("hold", "Not signed out", [`${all} ${all === 1 ? "entry is" : "entries are"} not sent yet. They would be lost: wait for the network, or deal with them first.`]);
    return scrollTo(0, 0);
  }
  await wipe(user);
  if (others) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "waiting", value: "1" }));
  form.dataset.letThrough = "1";
  form.requestSubmit();
}

// The page's own form was under way when this page came instead of its answer.
async function afterSending() {
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0;
  if (here.isShell) return settle();
  if (status < 400) return undefined; // the next heartbeat asks whether it arrived
  const refused = (await entriesOf(here.user)).filter((row) => row.how === "sending" && isAnswered(row));
  return letGo(refused.map((row) => row.n)); // with the sentence and all that was typed on this page
}

// What did not arrive, as far as this device can know: it waits, under the id it was sent with.
async function settle() {
  const sending = (await entriesOf(here.user)).filter((row) => row.how === "sending");
  for (const row of await freed(sending)) await change(here.user, row, "waiting");
}

async function standIn() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/outage/worker.js", { scope: "/sessions/" });
  const { active } = await navigator.serviceWorker.ready;
  const files = performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname);
  active.postMessage({ files: files.filter((path) => path.startsWith("/static/")) });
}

export async function startOffline() {
  const place = document.querySelector("[data-outage]");
  const shell = document.querySelector("[data-shell]");
  here.isShell = Boolean(shell);
  document.addEventListener("submit", onSignOut, true);
  if (!place && !shell && !(await isThere().catch(() => true))) return;
  here.offset = ((await recall("offset").catch(() => 0)) ?? 0);
  if (shell) here.told = await restorePage(shell);
  else if (place) here.told = JSON.parse(place.dataset.outage);
  here.user = here.told?.user ?? (await recall("user").catch(() => "")) ?? "";
  if (place && sure()) here.offset = hearTime(serverNow()); // what the server wrote into this page
  if (here.told) {
    useZone(here.told.zone);
    document.addEventListener("submit", onSubmit, true);
    here.keeps = await mayKeep();
    document.documentElement.dataset.offline = here.keeps ? "kept" : "refused";
    if (here.keeps) {
      await remember("user", here.user);
      if (shell) here.confirmed = (await recall("confirmed")) ?? here.told.at;
      await afterSending();
      if (place) await rememberPage(here.user, here.told.session, here.told);
      if (place) standIn().catch(() => null);
    }
  }
  await refresh().catch(() => null);
  const waits = here.user && (await countOf(here.user).catch(() => ({ all: 0 }))).all;
  if (here.told || (waits && !location.pathname.startsWith("/sign-in/"))) startBeat(heard);
}
