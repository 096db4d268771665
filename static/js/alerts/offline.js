/**
 * Makes the page one that opens without a network: its worker, and the files it was made of, kept beside the page.
 *
 *   <link rel="manifest" …>   forget.js, on the page one comes to on leaving, undoes what is kept of somebody
 */

import { FILES, PAGES } from "./kept.js";

/** Resolves to whether the page can be opened without a network from now on. */
export async function keepThisPage() {
  // Over plain HTTP a browser has neither.
  if (!navigator.serviceWorker || !globalThis.caches) return false;
  await navigator.serviceWorker.register("worker.js", { updateViaCache: "none" });
  await navigator.serviceWorker.ready;
  await keepFiles();
  const pages = await caches.open(PAGES);
  if (!(await pages.match(location.pathname))) {
    const response = await fetch(location.pathname);
    if (response.ok && !response.redirected) await pages.put(location.pathname, response);
  }
  return true;
}

/** What this page loaded, and nothing of an earlier version. */
async function keepFiles() {
  const files = await caches.open(FILES);
  const loaded = performance
    .getEntriesByType("resource")
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static/"));
  const wanted = new Set(loaded.map(({ pathname }) => pathname));
  for (const request of await files.keys()) {
    const { pathname } = new URL(request.url);
    if (!wanted.delete(pathname)) await files.delete(request);
  }
  await Promise.all(Array.from(wanted, (pathname) => files.add(pathname)));
}
