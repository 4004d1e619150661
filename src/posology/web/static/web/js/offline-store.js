// What this device keeps while there is no network: entries and the last state of a session's page, sealed with a key
// that belongs to one person, cannot be exported, and is thrown away at sign-out. No name is kept in the clear.

const NAME = "posology-offline";
const STRICT = { durability: "strict" }; // on disk before we say so: a crash after that loses nothing

// What stands for an entry that cannot be opened: shown, never sent, and in the way of no other.
const CLOSED = { kind: "entry", payload: {}, became: "closed", sentence: "This device cannot open it any more. Look at the downtime sheet." };

let opened = null;

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      const db = asked.result;
      db.createObjectStore("keys", { keyPath: "user" });
      db.createObjectStore("entries", { keyPath: "n", autoIncrement: true });
      db.createObjectStore("pages", { keyPath: "session" });
      db.createObjectStore("known", { keyPath: "name" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

/** Whether this device keeps anything at all; asking makes no store, so that nothing is left after a sign-out. */
export async function isThere() {
  return Boolean(opened) || !indexedDB.databases || (await indexedDB.databases()).some((db) => db.name === NAME);
}

function answer(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

async function read(store, act) {
  const db = await open();
  return answer(act(db.transaction(store, "readonly").objectStore(store)));
}

// Answers only when the whole transaction is on disk.
async function write(store, act) {
  const db = await open();
  return new Promise((done, failed) => {
    const change = db.transaction(store, "readwrite", STRICT);
    act(change.objectStore(store));
    change.oncomplete = () => done();
    change.onabort = change.onerror = () => failed(change.error);
  });
}

async function keyOf(user, make) {
  const kept = await read("keys", (s) => s.get(user));
  if (kept || !make) return kept?.key;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await write("keys", (s) => s.put({ user, key }));
  return key;
}

// What is sealed is bound to its person and its session, so that it cannot be laid into another's.
function bound(user, session) {
  return new TextEncoder().encode(`${user}|${session}`);
}

async function seal(user, session, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyOf(user, true);
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const algorithm = { name: "AES-GCM", iv, additionalData: bound(user, session) };
  return { iv, data: await crypto.subtle.encrypt(algorithm, key, plain) };
}

async function unseal(user, session, sealed) {
  const key = await keyOf(user, false);
  if (!key) return null;
  const algorithm = { name: "AES-GCM", iv: sealed.iv, additionalData: bound(user, session) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, sealed.data)));
}

/** Whether this device promises to keep entries; in private windows, and where the browser may evict, it does not. */
export async function mayKeep() {
  if (!isSecureContext || !crypto.subtle || !("indexedDB" in window) || !navigator.storage?.persist) return false;
  if (!navigator.locks) return false; // without them two pages would send one entry
  try {
    await open();
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}

export async function remember(name, value) {
  await write("known", (s) => s.put({ name, value }));
}

export async function recall(name) {
  return (await read("known", (s) => s.get(name)))?.value;
}

/** Put entries on disk, together or not at all: "waiting", or "sending" with the mark of the form that is under way. */
export async function keep(user, session, entries, how, mark) {
  const sealed = await Promise.all(entries.map((one) => seal(user, session, one)));
  await write("entries", (s) => sealed.forEach((one) => s.add({ user, session, how, mark, sealed: one })));
}

/** This person's entries in the order in which they were made. */
export async function entriesOf(user) {
  const rows = (await read("entries", (s) => s.getAll())).filter((row) => row.user === user);
  const told = await Promise.all(rows.map((row) => unseal(user, row.session, row.sealed).catch(() => null)));
  return rows.map((row, i) => (told[i] ? { ...row, sealed: null, entry: told[i] } : { ...row, how: "held", entry: CLOSED }));
}

export async function countOf(user) {
  const rows = await read("entries", (s) => s.getAll());
  const own = rows.filter((row) => row.user === user);
  // What a form of the page is sending at this moment is not told as unsent, and yet nobody signs out over it.
  const mine = own.filter((row) => row.how !== "sending").length;
  return { mine, others: rows.length - own.length, all: own.length };
}

export async function change(user, row, how, entry = row.entry) {
  const sealed = await seal(user, row.session, entry);
  await write("entries", (s) => s.put({ n: row.n, user, session: row.session, how, sealed }));
}

export async function letGo(numbers) {
  await write("entries", (s) => numbers.forEach((n) => s.delete(n)));
}

export async function keepPage(user, session, page) {
  const sealed = await seal(user, session, page);
  await write("pages", (s) => s.put({ session, user, at: Date.now(), sealed }));
}

export async function pageOf(user, session) {
  const row = await read("pages", (s) => s.get(session));
  return row && row.user === user ? unseal(user, session, row.sealed) : null;
}

/** Throw away what this person's sessions left here, the key first. */
export async function wipe(user) {
  if (!user || !("indexedDB" in window)) return;
  await write("keys", (s) => s.delete(user));
  const pages = await read("pages", (s) => s.getAll());
  await write("pages", (s) => pages.filter((p) => p.user === user).forEach((p) => s.delete(p.session)));
  await write("known", (s) => s.delete("user"));
}
