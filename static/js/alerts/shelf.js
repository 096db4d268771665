/**
 * The alerts this phone keeps for when there is no network: as the server last listed them, with their photographs.
 *
 * Of one person and one project at a time: whoever opens it next finds nothing of another's. `forget` empties it.
 */

import { openDB } from "idb";

import { DATABASE, PHOTOGRAPHS } from "./kept.js";

const STORE = "alerts";

export class Shelf {
  /** `store` as of `openShelf`; `photographs` the Cache of photographs, null where the browser has none. */
  constructor(store, photographs) {
    Object.assign(this, { store, photographs });
  }

  /** In the order the server would hand them out. */
  async all() {
    const kept = await this.store.all();
    return kept.sort((one, other) => one.position - other.position).map(({ task }) => task);
  }

  /** From now on these are kept, and no others. */
  async replace(tasks) {
    await this.store.replace(tasks.map((task, position) => ({ id: task.id, position, task })));
    await this.#keepPhotographs(tasks);
  }

  /** Answered: it is not offered again. Its photograph stays for an undo, until the next list. */
  drop(task) {
    return this.store.delete(task.id);
  }

  async #keepPhotographs(tasks) {
    if (!this.photographs) return;
    const wanted = new Map(tasks.map(({ image }) => [new URL(image.url, location.href).pathname, image.url]));
    const there = new Set();
    for (const request of await this.photographs.keys()) {
      const { pathname } = new URL(request.url);
      if (wanted.has(pathname)) there.add(pathname);
      else await this.photographs.delete(request);
    }
    for (const [pathname, url] of wanted) {
      if (there.has(pathname)) continue;
      const response = await fetch(url).catch(() => null);
      if (response?.ok) await this.photographs.put(pathname, response);
    }
  }
}

/** The shelf of one person in one project; in memory alone where this browser keeps nothing. */
export async function openShelf(owner, project) {
  const photographs = (await globalThis.caches?.open(PHOTOGRAPHS).catch(() => null)) ?? null;
  try {
    const database = await openDB(DATABASE, 1, {
      upgrade: (made) => made.createObjectStore(STORE, { keyPath: "id" }),
      // Somebody signs out in another tab: what is kept goes.
      blocking: (_, __, event) => event.target.close(),
    });
    return new Shelf(await ofOne(database, owner, project), photographs);
  } catch {
    return new Shelf(inMemory(), photographs);
  }
}

async function ofOne(database, owner, project) {
  const whose = `${owner} ${project}`;
  for (const kept of await database.getAll(STORE)) {
    if (kept.whose !== whose) await database.delete(STORE, kept.id);
  }
  return {
    all: () => database.getAll(STORE),
    delete: (id) => database.delete(STORE, id),
    async replace(entries) {
      const change = database.transaction(STORE, "readwrite");
      await Promise.all([
        change.store.clear(),
        ...entries.map((entry) => change.store.put({ ...entry, whose })),
        change.done,
      ]);
    },
  };
}

function inMemory() {
  let kept = [];
  return {
    all: async () => [...kept],
    delete: async (id) => {
      kept = kept.filter((one) => one.id !== id);
    },
    replace: async (entries) => {
      kept = entries;
    },
  };
}
