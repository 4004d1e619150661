// From a form of the session's page to the entries that it tells. Reads and names; judges only what nobody could mend
// hours later: a number that cannot be, an answer that is missing, a time that cannot be read.

export const READINGS = ["systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate"];
const LONGEST_NOTE = 2000;
const SCALES = ["moaa_s", "dissociation", "nausea"];

// A name alone is text; "?" may be left out; "!" is yes or no.
const FIELDS = {
  adverse_event: ["term", "grade", "serious!", "related", "action?"],
  drug_given: ["text"],
  note_written: ["text"],
  device_given: ["number", "lot", "complete!", "note?"],
  infusion_rate_changed: ["pump_rate_mL_per_h", "reason?"],
  infusion_paused: ["reason?"],
  infusion_stopped: ["reason", "complete!"],
  infusion_started: ["lot", "pump_rate_mL_per_h"],
  devices_started: ["lot"],
  dose_given: ["lot"],
};
const EVENT_OF = { infusion_started: "administration_started", devices_started: "administration_started" };

/** Kinds by which the drug enters the patient: without the network they are told with a reason, and never permitted. */
export const GIVING = new Set(["infusion_started", "devices_started", "dose_given", "device_given"]);
const STARTS = new Set(["infusion_started", "devices_started", "dose_given"]);

export function kindOf(form) {
  return /\/sessions\/[0-9a-f-]{36}\/([a-z_]+)\/$/.exec(new URL(form.action, location.href).pathname)?.[1] ?? "";
}

export function canBeTold(kind) {
  return kind === "readings" || kind in FIELDS;
}

/** Whether the page's own form may be repeated from this device if it did not arrive: a start may not. */
export function mayRepeat(kind) {
  return canBeTold(kind) && !STARTS.has(kind);
}

/** Return { entries, fault, ask }: what is told, what must be mended, or which values must be confirmed. */
export function compose(form, told, now) {
  const kind = kindOf(form);
  const data = new FormData(form);
  const value = (name) => String(data.get(name) ?? "").trim();
  const at = momentOf(value("clock"), told.zone, now);
  if (at === null) return { fault: "The time cannot be read, or lies ahead. Write it with 24 hours, as in 14:05." };
  const live = value("clock") === "";
  const entry = (id, name, payload) => ({
    id: value(id) || crypto.randomUUID(),
    kind: name,
    payload,
    occurred_at: new Date(at).toISOString(),
    version: told.version,
    live,
  });
  if (kind === "readings") return readings(value, entry, told);
  const payload = { ...(told.settings[kind] ?? {}) };
  for (const field of FIELDS[kind]) {
    const name = field.replace(/[?!]$/, "");
    let typed = value(name);
    if (name === "term" && typed === told.another) typed = value("another_term");
    if (!typed && !field.endsWith("?")) return { fault: `${wordsOf(name)}: nothing is entered. Fill it in.` };
    if (typed) payload[name] = field.endsWith("!") ? typed === "yes" : typed;
  }
  if (kind === "infusion_rate_changed" && !/^\d+([.,]\d+)?$/.test(payload.pump_rate_mL_per_h)) {
    return { fault: "The pump rate is no number. Read it off the pump again." };
  }
  return { entries: [entry("id", EVENT_OF[kind] ?? kind, payload)] };
}

function readings(value, entry, told) {
  const payload = {};
  const ask = [];
  for (const name of READINGS) {
    const typed = value(name);
    if (!typed) continue;
    const { label, unit, absolute, usual } = told.bounds[name];
    if (!/^\d{1,4}$/.test(typed)) return { fault: `${label}: '${typed}' is no whole number. Enter it again.` };
    const number = Number(typed);
    if (number < absolute[0] || number > absolute[1]) {
      return { fault: `${label}: ${number} ${unit} is beyond what can be true. Measure again.` };
    }
    if (number < usual[0] || number > usual[1]) ask.push(`${label} ${number} ${unit}`);
    payload[name] = typed;
  }
  if (payload.systolic && payload.diastolic && Number(payload.systolic) <= Number(payload.diastolic)) {
    return { fault: "Systolic is not above diastolic, which cannot be. Measure again, or change the two over." };
  }
  const entries = [];
  if (Object.keys(payload).length) {
    entries.push(entry("id", "reading_taken", { ...payload, confirmed_extreme: ask.length > 0 }));
  }
  for (const scale of SCALES) {
    if (value(scale)) entries.push(entry(`id-${scale}`, "scale_scored", { scale, value: value(scale) }));
  }
  if (!entries.length) return { fault: "Nothing is entered yet. Enter at least one reading." };
  return { entries, ask };
}

// The latest moment, not after now, at which the site's clock showed this time; null where there is none today.
export function momentOf(typed, zone, now) {
  if (!typed) return now;
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(typed);
  if (!found) return null;
  const clock = (ms) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
  const [hour, minute] = clock(now).split(":").map(Number);
  const back = (hour * 60 + minute - Number(found[1]) * 60 - Number(found[2]) + 1440) % 1440;
  if (back > 720) return null;
  const first = Math.floor(now / 60000) * 60000 - back * 60000;
  // Where the clocks change in between, the same time lies an hour nearer or farther.
  return [first, first + 3600000, first - 3600000].find((ms) => ms <= now && clock(ms) === typed) ?? null;
}

/** Return a note of the moment and the patient of another entry. */
export function noteOf(words, { occurred_at, patient, version }) {
  const text = words.replace(/\p{Surrogate}/gu, "\ufffd").slice(0, LONGEST_NOTE).replace(/[\ud800-\udbff]$/, "");
  return { id: crypto.randomUUID(), kind: "note_written", payload: { text }, occurred_at, patient, version, live: false };
}

const SCALE_WORDS = { moaa_s: "Sedation, MOAA/S" };

/** When an entry happened; NaN where it does not say so. */
export function momentIn(entry) {
  return typeof entry.occurred_at === "string" ? Date.parse(entry.occurred_at) : NaN;
}

/** Tell an entry in a line, as the person would read it back; whatever it holds. */
export function inWords(entry) {
  const told = typeof entry.payload === "object" && entry.payload ? entry.payload : { content: entry.payload ?? "none" };
  if (entry.kind === "reading_taken") {
    const pressure = told.systolic || told.diastolic ? `${told.systolic ?? "—"}/${told.diastolic ?? "—"} mmHg` : "";
    const rest = [
      told.heart_rate && `heart rate ${told.heart_rate}/min`,
      told.spo2 && `SpO2 ${told.spo2}%`,
      told.respiratory_rate && `respiration ${told.respiratory_rate}/min`,
    ];
    return `Reading: ${[pressure, ...rest].filter(Boolean).join(", ")}`;
  }
  if (entry.kind === "scale_scored") return `${SCALE_WORDS[told.scale] ?? wordsOf(told.scale)}: ${told.value}`;
  if (entry.kind === "note_written") return `Note: ${told.text}`;
  const said = Object.entries(told)
    .filter(([name]) => name !== "confirmed_extreme")
    .map(([name, one]) => `${wordsOf(name)} ${one === true ? "yes" : one === false ? "no" : plain(one)}`);
  return `${wordsOf(entry.kind)}: ${said.join(", ")}`;
}

function plain(one) {
  return typeof one === "object" ? JSON.stringify(one) : String(one);
}

export function wordsOf(name) {
  const words = plain(name ?? "entry").replace(/_mL_per_h$/, " (mL/h)").replace(/_mg$/, " (mg)").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
