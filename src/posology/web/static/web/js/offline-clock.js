// The server's time while the server cannot be asked, and whether this device's own clock may be used for it (H-32).
//
// A device has two clocks: one that may be set, and one that counts on from the last word of the server and may stand
// still while the device sleeps. Where the two part, either the device slept or its clock was set, and the page cannot
// tell which: so it asks the person, who can see a clock on the wall.

export const SHOWN_MS = 2000;
export const DOUBT_MS = 60000;

let anchor = null; // a moment of the server's clock, and both clocks of the device at it

/** Keep a moment of the server's clock; return how far the device's own stands behind it, ms. */
export function hearTime(serverMs) {
  anchor = { server: serverMs, counted: performance.now(), device: Date.now() };
  return serverMs - anchor.device;
}

/** The server's time by the better of both clocks: whichever is ahead, for one stands still in sleep. */
export function timeNow(offset) {
  const device = Date.now() + offset;
  return anchor ? Math.max(device, anchor.server + performance.now() - anchor.counted) : device;
}

/** Why the time cannot be relied on, in a sentence; "" where it can. */
export function doubtOf(shown) {
  if (anchor === null) return `This page was opened without the network, and its clock shows ${shown}. `;
  const parted = Date.now() - anchor.device - (performance.now() - anchor.counted);
  if (Math.abs(parted) <= DOUBT_MS) return "";
  return `This device slept, or its clock was set by ${spanText(parted)}: it shows ${shown}. `;
}

/** How far apart two clocks are, as people say it. */
export function spanText(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** What is said of a device whose clock is off; "" within two seconds. */
export function offText(offset) {
  if (Math.abs(offset) <= SHOWN_MS) return "";
  return `This device's clock is ${spanText(offset)} ${offset > 0 ? "behind" : "ahead"}; the server's is used.`;
}
