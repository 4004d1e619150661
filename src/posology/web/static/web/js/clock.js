// The server's time, as far as this page can know it.
//
// The page starts from the moment the server wrote into it and counts on with the monotonic clock, so that a wrong or
// changed device clock moves no timer. Where the two clocks of the device part (sleep, a step of the clock), the
// moment is asked for again; until the answer is here, sure() says no, and timers look as unsure as they are.

const ALLOWED_DRIFT_MS = 2000;

let base = null;
let isSure = false;

function anchor(serverMs) {
  base = { server: serverMs, monotonic: performance.now(), device: Date.now() };
  isSure = true;
}

function drifted() {
  const monotonic = performance.now() - base.monotonic;
  const device = Date.now() - base.device;
  return Math.abs(device - monotonic) > ALLOWED_DRIFT_MS;
}

async function askServer() {
  isSure = false;
  try {
    // Any answer of this server carries its time; this file is the cheapest one there is.
    const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store" });
    const stamp = Date.parse(answer.headers.get("Date") ?? "");
    if (!Number.isNaN(stamp)) anchor(stamp);
  } catch {
    // No network: the timers stay marked until it is back.
  }
}

/** Milliseconds since the epoch by the server's clock, or null before it is known. */
export function serverNow() {
  if (base === null) return null;
  if (isSure && drifted()) askServer();
  return base.server + (performance.now() - base.monotonic);
}

/** Whether the time can be relied on. */
export function sure() {
  return isSure;
}

export function startClock() {
  const written = Date.parse(document.querySelector('meta[name="server-now"]')?.content ?? "");
  const navigation = performance.getEntriesByType("navigation")[0];
  // A page from the browser's cache carries an old moment; then only the server can say what time it is.
  const old = navigation?.type === "back_forward";
  if (!Number.isNaN(written) && !old) anchor(written + performance.now() - (navigation?.responseStart ?? 0));
  if (base === null) askServer();
  addEventListener("pageshow", (event) => event.persisted && askServer());
  addEventListener("online", askServer);
}
