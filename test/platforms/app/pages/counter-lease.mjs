import { together } from "../counters.mjs";
import { IndexedDbCounter } from "../node_modules/permid64/dist/permid64.js";

export const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

/** What must not be: a mark that is read in one transaction, and written in another. */
class NaiveCounter {
  #database;

  constructor(name) {
    this.#database = new Promise((resolve) => {
      const request = indexedDB.open(name, 1);
      request.onsuccess = () => resolve(request.result);
    });
  }

  async reserve(count) {
    const record = await this.#request((store) => store.get("default"));
    const start = record.marks[7];
    const end = start + BigInt(count);
    await this.#request((store) => store.put({ ...record, marks: { 7: end } }, "default"));
    return { start, end };
  }

  async #request(work) {
    const transaction = (await this.#database).transaction("permid64", "readwrite");
    const request = work(transaction.objectStore("permid64"));
    return new Promise((resolve) => {
      transaction.oncomplete = () => resolve(request.result);
    });
  }
}

export const counterOf = (kind, name) => (kind === "naive" ? new NaiveCounter(name) : new IndexedDbCounter(name));

/** The blocks of 50 calls, some of them at once. */
export async function lease(counter) {
  const logs = [];
  for (let i = 0; i < 10; i++) logs.push(...(await together([counter], 5, [1, 2, 3, 7, 100], CLAIM)));
  return logs.flat();
}
