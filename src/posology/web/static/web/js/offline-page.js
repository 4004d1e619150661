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
  age.textContent = new Date(page.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  age.closest("[hidden]").hidden = false;
  for (const form of shell.querySelectorAll("form")) renew(form);
  return { ...page.told, user, session };
}

/** Empty a form, and give it new ids: what is entered next is another entry. */
export function renew(form) {
  form.reset();
  for (const one of form.querySelectorAll('input[type=hidden][name="id"], input[type=hidden][name^="id-"]')) {
    one.value = crypto.randomUUID();
  }
}
