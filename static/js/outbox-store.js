/** Where unsent answers lie: in IndexedDB, shared by the tabs of one browser; in memory where that is forbidden. */

import { openDB } from "idb";

const DATABASE = "vouch";
const STORE = "outbox";

/** Opens the store of one person. `isKept` says whether what is put there outlives the page. */
export async function openStore(owner) {
  let database;
  try {
    database = await openDB(DATABASE, 1, {
      upgrade: (made) => made.createObjectStore(STORE, { keyPath: ["owner", "client_id"] }),
    });
    await bringOver(database, owner);
  } catch {
    return new Memory();
  }
  return {
    isKept: true,
    all: () => database.getAll(STORE, IDBKeyRange.bound([owner], [owner, []])),
    put: (entry) => database.put(STORE, { ...entry, owner }),
    delete: (client_id) => database.delete(STORE, [owner, client_id]),
  };
}

/** What an earlier version of this page kept in localStorage, and had not sent. */
async function bringOver(database, owner) {
  const prefix = `vouch:outbox:${owner}:`;
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(prefix))) {
    await database.put(STORE, { ...JSON.parse(localStorage.getItem(key)), owner });
    localStorage.removeItem(key);
  }
}

class Memory {
  #entries = new Map();
  isKept = false;

  async all() {
    return [...this.#entries.values()];
  }

  async put(entry) {
    this.#entries.set(entry.client_id, entry);
  }

  async delete(client_id) {
    this.#entries.delete(client_id);
  }
}
