/** What the alerts page keeps on a phone, by name, and how all of it that is somebody's is forgotten. */

export const DATABASE = "vouch-alerts";
export const PAGES = "vouch-alerts-pages";
export const PHOTOGRAPHS = "vouch-alerts-photographs";
export const FILES = "vouch-alerts-files";

/** Forgets pages, alerts and photographs. Unsent answers stay, each its author's; files are nobody's. */
export async function forget() {
  await Promise.all([PAGES, PHOTOGRAPHS].map((name) => globalThis.caches?.delete(name)));
  globalThis.indexedDB?.deleteDatabase(DATABASE);
}
