// The last state of a session's page, kept sealed, and shown again where the page itself cannot be had.

import { keepPage, pageOf, recall } from "./offline-store.js";

const NOT_KEPT = "input[name=csrfmiddlewaretoken], [data-offline-panel], .notice, script, dialog";

/** Keep the page as it stands, without the banner and its names, and with every field empty. */
export async function rememberPage(user, session, told) {
  const copy = document.querySelector("main").cloneNode(true);
  for (const one of copy.querySelectorAll(NOT_KEPT)) one.remove();
  for (const one of copy.querySelectorAll("[hx-get], [hx-post]")) {
    for (const name of [...one.getAttributeNames()]) if (name.startsWith("hx-")) one.removeAttribute(name);
  }
  await keepPage(user, session, { html: copy.innerHTML, told, at: Date.now() });
}

/** In the page that stands in: show the last state of this session; return what it was told, or null. */
export async function restorePage(shell) {
  const session = /\/sessions\/([0-9a-f-]{36})\//.exec(location.pathname)?.[1];
  const user = await recall("user");
  const page = session && user ? await pageOf(user, session) : null;
  if (!page) {
    shell.querySelector("[data-nothing-kept]").hidden = false;
    return null;
  }
  const kept = new DOMParser().parseFromString(page.html, "text/html");
  shell.querySelector("[data-kept]").replaceChildren(...kept.body.childNodes);
  const age = shell.querySelector("[data-kept-at]");
  const clock = { timeZone: page.told.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  age.textContent = new Date(page.at).toLocaleTimeString("en-GB", clock);
  age.closest("[hidden]").hidden = false;
  for (const one of shell.querySelectorAll("[data-ago], [data-timer]")) freeze(one, page.told.zone);
  for (const form of shell.querySelectorAll("form")) renew(form);
  return { ...page.told, user, session, at: page.at };
}

// "3 min ago" was true when the page was kept; the moment itself stays true.
function freeze(one, zone) {
  const clock = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const at = new Intl.DateTimeFormat("en-GB", clock).format(Date.parse(one.dateTime));
  // A timer that counts up stands after "since" in the page.
  one.replaceWith(one.dataset.timer === "down" ? `until ${at}` : one.dataset.timer ? at : `at ${at}`);
}

/** Empty a form, and give it new ids: what is entered next is another entry. */
export function renew(form) {
  form.reset();
  for (const one of form.querySelectorAll('input[type=hidden][name="id"], input[type=hidden][name^="id-"]')) {
    one.value = crypto.randomUUID();
  }
}
