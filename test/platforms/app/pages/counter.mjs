// Tasks with counters in IndexedDB; the page's address says which, and with what.
import { conformance } from "../counter-conformance.mjs";
import { recordEdits } from "../counter-records.mjs";
import { together, written } from "../counters.mjs";
import { IndexedDbCounter } from "../node_modules/permid64/dist/permid64.js";
import { CLAIM, counterOf, lease } from "./counter-lease.mjs";
import { report } from "./report.mjs";

const promise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });

/** Works on the object store past the counter. */
async function raw(name, work, factory = indexedDB) {
  const database = await promise(factory.open(name));
  try {
    const transaction = database.transaction("permid64", "readwrite");
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await promise(work(transaction.objectStore("permid64")));
    await done;
    return result;
  } finally {
    database.close();
  }
}

const markOf = async (name) => String((await raw(name, (store) => store.get("default"))).marks[7]);

const codeOf = (work) =>
  work.then(
    (value) => `no error, but ${value && written([value])}`,
    (error) => error.code?.replace("ERR_PERMID64_COUNTER_", "") ?? String(error),
  );

/** The real IndexedDB, but the transaction is undone after its put has succeeded. */
const undoing = {
  open(...args) {
    const request = indexedDB.open(...args);
    request.addEventListener("success", ({ target: { result: database } }) => {
      database.transaction = (...args) => {
        const transaction = IDBDatabase.prototype.transaction.apply(database, args);
        transaction.objectStore = (name) => {
          const store = IDBTransaction.prototype.objectStore.call(transaction, name);
          store.put = (...args) => {
            const put = IDBObjectStore.prototype.put.apply(store, args);
            put.addEventListener("success", () => transaction.abort());
            return put;
          };
          return store;
        };
        return transaction;
      };
    });
    return request;
  },
};

/** Keeps a transaction open until it is let go. */
async function hold(name) {
  const database = await promise(indexedDB.open(name));
  const store = database.transaction("permid64", "readwrite").objectStore("permid64");
  let holding = true;
  let held;
  const again = () => {
    if (holding) store.get("none").onsuccess = again;
    held?.();
  };
  await new Promise((resolve) => {
    held = resolve;
    again();
  });
  return () => {
    holding = false;
    database.close();
  };
}

const tasks = {
  async suite() {
    await IndexedDbCounter.create("suite", { instanceId: 0, name: "none" });
    return conformance({
      lacks: ["leaseInstanceId"],
      counter: (name, options) => new IndexedDbCounter("suite", { name, ...options }),
      create: (name, options) => IndexedDbCounter.create("suite", { name, ...options }),
      inspect: (name) => IndexedDbCounter.inspect("suite", { name }),
      raise: (name, options) => IndexedDbCounter.raise("suite", { name, ...options }),
      ...recordEdits(
        (name) => raw("suite", (store) => store.get(name)),
        (name, record) =>
          raw("suite", (store) => (record === undefined ? store.delete(name) : store.put(record, name))),
      ),
    });
  },

  async create(name) {
    return IndexedDbCounter.create(name, { instanceId: 7 });
  },

  mark: markOf,

  /** Blocks of many counters in this page. */
  async many(name) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const all = Array.from({ length: 20 }, () => new IndexedDbCounter(name));
    const logs = await together(all, 20, [1, 2, 3, 7, 100]);
    return { logs, mark: await markOf(name) };
  },

  /** Blocks of this page, of other tabs, and of workers, all at once. */
  async tabs(name, kind) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const query = new URLSearchParams({ name, kind });
    const channel = new BroadcastChannel("counter");
    const others = 4;
    const logs = [];
    let ready = 0;
    const allReady = Promise.withResolvers();
    const allDone = Promise.withResolvers();
    channel.onmessage = ({ data }) => {
      if (data !== "ready") logs.push(data);
      else if (++ready === others) allReady.resolve();
      if (logs.length === others) allDone.resolve();
    };
    const tabs = [1, 2].map(() => open(`/pages/counter-tab.html?${query}`));
    if (tabs.includes(null)) throw new Error("the browser opens no tab");
    const script = new URL(`./counter-tab.mjs?${query}`, import.meta.url);
    const workers = [1, 2].map(() => new Worker(script, { type: "module" }));
    await allReady.promise;
    channel.postMessage("go");
    const own = await lease(counterOf(kind, name));
    await allDone.promise;
    for (const tab of tabs) tab.close();
    for (const worker of workers) worker.terminate();
    channel.close();
    return { logs: [...logs, own], mark: await markOf(name) };
  },

  /** Leases until the browser is killed, and tells of each step. Three workers do it, and this page does not answer. */
  async untilKilled(name, round) {
    const query = (worker) => new URLSearchParams({ name, log: `${round}.${worker}` });
    for (const worker of [1, 2, 3]) {
      new Worker(new URL(`./counter-forever.mjs?${query(worker)}`, import.meta.url), { type: "module" });
    }
    return new Promise(() => {});
  },

  /** What is there of a database after the browser was told to clear it away. */
  async cleared(name, before) {
    const live = new IndexedDbCounter(name);
    await live.reserve(10, CLAIM);
    await fetch("/clear");
    const codes = [await codeOf(live.reserve(10, CLAIM)), await codeOf(new IndexedDbCounter(name).open(CLAIM))];
    const lineage = await IndexedDbCounter.create(name, { instanceId: 8 });
    const pinned = await codeOf(new IndexedDbCounter(name, { lineage: before }).open({ ...CLAIM, instanceId: 8 }));
    const replaced = await codeOf(live.reserve(10, { ...CLAIM, instanceId: 8 }));
    return { codes, same: lineage === before, pinned, replaced };
  },

  async undone(name) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const counter = new IndexedDbCounter(name, { factory: undoing });
    const codes = [await codeOf(counter.open(CLAIM)), await codeOf(counter.reserve(10, CLAIM))];
    const after = written([await new IndexedDbCounter(name).reserve(10, CLAIM)]);
    return { codes, after };
  },

  /** Someone deletes the database, or makes it another, while counters are on it. */
  async versionchange(name) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const counter = new IndexedDbCounter(name);
    await counter.reserve(10, CLAIM);
    const during = Array.from({ length: 20 }, () => codeOf(counter.reserve(1, CLAIM)));
    await promise(indexedDB.deleteDatabase(name));
    const codes = new Set(await Promise.all(during));
    const gone = await codeOf(counter.reserve(10, CLAIM));
    // WebKit lists a database whose making was undone, as version 0.
    const databases = (await indexedDB.databases()).filter((each) => each.name === name && each.version > 0).length;
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const anew = await codeOf(counter.reserve(10, CLAIM));
    (await promise(indexedDB.open(name, 2))).close();
    const newer = await codeOf(counter.reserve(10, CLAIM));
    const foreign = await promise(indexedDB.open(`${name} foreign`, 1));
    foreign.close();
    const other = await codeOf(IndexedDbCounter.create(`${name} foreign`, { instanceId: 7 }));
    const unexpected = [...codes].filter((code) => !/^(no error, but \d+,\d+|NOT_INITIALIZED|UNAVAILABLE)$/.test(code));
    return { unexpected, gone, databases, anew, newer, other };
  },

  /** Others keep the database to themselves for longer than the counter waits. */
  async blocked(name) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const release = await hold(name);
    const impatient = new IndexedDbCounter(name, { timeout: 200 });
    const busy = [await codeOf(impatient.reserve(10, CLAIM)), await codeOf(impatient.open(CLAIM))];
    release();
    const first = written([await new IndexedDbCounter(name).reserve(10, CLAIM)]);
    impatient.close();
    const closed = await codeOf(impatient.reserve(10, CLAIM).catch((error) => Promise.reject({ code: error.code })));
    // A connection that does not let go, and a deletion that waits for it: nobody else can connect.
    const stubborn = await promise(indexedDB.open(name));
    const deletion = indexedDB.deleteDatabase(name);
    const waiting = new IndexedDbCounter(name, { timeout: 200 });
    const connecting = await codeOf(waiting.reserve(10, CLAIM));
    stubborn.close();
    await new Promise((resolve) => {
      deletion.onsuccess = resolve;
    });
    let after = "TIMEOUT";
    while (after === "TIMEOUT") after = await codeOf(waiting.reserve(10, CLAIM));
    return { busy, first, closed, connecting, after };
  },

  /** A bucket that has no room left. */
  async quota(name) {
    const { indexedDB: factory } = await navigator.storageBuckets.open(name, { quota: 1_000_000 });
    await IndexedDbCounter.create(name, { instanceId: 7, factory });
    const counter = new IndexedDbCounter(name, { factory });
    await counter.reserve(10, CLAIM);
    let full;
    for (let size = 2 ** 19, key = 0; size >= 1; ) {
      try {
        await raw(name, (store) => store.put(new Uint8Array(size), `filler ${key++}`), factory);
      } catch (error) {
        full = error.name;
        size /= 2;
      }
    }
    const codes = [await codeOf(counter.reserve(10, CLAIM)), await codeOf(counter.open(CLAIM))];
    const { marks } = await raw(name, (store) => store.get("default"), factory);
    return { full, codes, mark: String(marks[7]) };
  },

  async speed(name) {
    await IndexedDbCounter.create(name, { instanceId: 7 });
    const counter = new IndexedDbCounter(name);
    await counter.open(CLAIM);
    const rate = async (reserve, calls) => {
      const start = performance.now();
      await reserve(calls);
      return Math.round((calls * 1000) / (performance.now() - start));
    };
    const inTurn = async (calls) => {
      for (let i = 0; i < calls; i++) await counter.reserve(4096, CLAIM);
    };
    const atOnce = (calls) => Promise.all(Array.from({ length: calls }, () => counter.reserve(4096, CLAIM)));
    await inTurn(50);
    return { inTurn: await rate(inTurn, 300), atOnce: await rate(atOnce, 300) };
  },
};

const { task, args } = Object.fromEntries(new URLSearchParams(location.search));
report({ failures: [], value: await tasks[task](...JSON.parse(args)) });
