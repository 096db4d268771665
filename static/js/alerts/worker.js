/**
 * Opens the alerts page without a network: the page as it last came, the files it is made of, and the photographs of
 * the alerts this phone keeps. Everything else, and whatever is sent, goes its own way. Names as in kept.js.
 */

const PAGES = "vouch-alerts-pages";
const PHOTOGRAPHS = "vouch-alerts-photographs";
const FILES = "vouch-alerts-files";
const PATIENCE_MS = 5_000;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const OWNER = "X-Vouch-User";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === new URL(self.registration.scope).pathname) event.respondWith(page(request, pathname));
  } else if (pathname.startsWith("/static/")) event.respondWith(file(request, pathname));
  else if (pathname.startsWith("/images/")) event.respondWith(photograph(request, pathname));
});

/** As the server has it, if it answers in time and is well; else as it came last. */
async function page(request, pathname) {
  const pages = await caches.open(PAGES);
  const kept = await pages.match(pathname);
  const fresh = fetch(request).then(async (response) => {
    if (response.ok) {
      if (kept && kept.headers.get(OWNER) !== response.headers.get(OWNER)) await caches.delete(PHOTOGRAPHS);
      await pages.put(pathname, response.clone());
    }
    return response;
  });
  if (!kept) return fresh;
  try {
    const response = await inTime(fresh);
    return response.status >= 500 ? kept : response;
  } catch {
    return kept;
  }
}

/** A file whose name carries its hash never changes; another is asked for first. */
async function file(request, pathname) {
  const files = await caches.open(FILES);
  const kept = await files.match(pathname);
  if (kept && HASHED.test(pathname)) return kept;
  try {
    return await (kept ? inTime(fetch(request)) : fetch(request));
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** Under its address without the signature, which is another one every ten minutes. */
async function photograph(request, pathname) {
  const photographs = await caches.open(PHOTOGRAPHS);
  return (await photographs.match(pathname)) ?? fetch(request);
}

function inTime(promise) {
  return Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("The server is silent.")), PATIENCE_MS)),
  ]);
}
