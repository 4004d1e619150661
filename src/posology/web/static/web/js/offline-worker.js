// Stands between a session's page and the network. Where the network does not answer, the page that stands in comes
// from here; it holds no name and no value. Nothing about anyone is ever put into this cache.

const CACHE = "posology-shell-1";
const SHELL = "/outage/";
const PATIENCE_MS = 8000;

async function fill() {
  const cache = await caches.open(CACHE);
  const shell = await fetch(SHELL, { credentials: "same-origin", redirect: "error" });
  if (!shell.ok) throw new Error("the page that stands in is not to be had");
  const html = await shell.clone().text();
  const linked = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]);
  await cache.put(SHELL, shell);
  await cache.addAll([...new Set(linked)]);
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// A page tells which files it was made of, so that the page that stands in has the same ones.
addEventListener("message", (event) => {
  const files = (event.data?.files ?? []).filter((path) => /^\/static\/[\w./-]+$/.test(path));
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await Promise.allSettled(files.map((path) => cache.add(path)));
      event.source?.postMessage({ ready: files.length });
    })(),
  );
});

function late() {
  return new Promise((_, failed) => setTimeout(() => failed(new Error("no answer")), PATIENCE_MS));
}

async function page(request) {
  try {
    return await (request.method === "GET" ? Promise.race([fetch(request), late()]) : fetch(request));
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
}

async function asset(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.status === 200) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate" && path.startsWith("/sessions/")) event.respondWith(page(request));
  else if (request.method === "GET" && path.startsWith("/static/")) event.respondWith(asset(request));
});
