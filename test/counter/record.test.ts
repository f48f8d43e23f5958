import { describe, expect, test } from "vitest";
import { asyncGeneratorOf, checkGoesOn, type Entry, markAfter, readText } from "../support/fixtures.ts";
import {
  AsyncId64,
  DurableObjectCounter,
  type DurableObjectStorage,
  IndexedDbCounter,
  MemoryCounter,
} from "../support/library.ts";
import { testConformance } from "./support/conformance.ts";
import { recordEdits } from "./support/records.ts";

// Stores that keep whole records, with a storage in memory. With real ones: test/platforms.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The storage of a Durable Object, in memory. */
const storageOf = (values: Map<string, unknown>): DurableObjectStorage => ({
  kv: {
    get: (key) => structuredClone(values.get(key)),
    put: (key, value) => values.set(key, structuredClone(value)),
  },
  sync: async () => {},
});

describe("a Durable Object's storage", () => {
  testConformance(["close"], () => {
    const values = new Map<string, unknown>();
    const storage = storageOf(values);
    const keyOf = (name: string) => `permid64:${name}`;
    const write = (name: string, record: unknown) =>
      record === undefined ? values.delete(keyOf(name)) : values.set(keyOf(name), record);
    return {
      counter: (name, options) => new DurableObjectCounter(storage, { name, ...options }),
      create: (name, options) => DurableObjectCounter.create(storage, { name, ...options }),
      inspect: (name) => DurableObjectCounter.inspect(storage, { name }),
      raise: (name, options) => DurableObjectCounter.raise(storage, { name, ...options }),
      leaseInstanceId: (name, options) => DurableObjectCounter.leaseInstanceId(storage, { name, ...options }),
      ...recordEdits((name) => values.get(keyOf(name)), write),
    };
  });
});

test("headroom ends where the store ends, before the widest layout does", async () => {
  const storage = storageOf(new Map());
  await DurableObjectCounter.create(storage, { instanceId: 0 });
  const counter = new DurableObjectCounter(storage);
  await using ids = AsyncId64.identity({ instanceId: 0, layout: { instanceBits: 0 }, counter, minBlock: 10 });
  await ids.nextU64();
  expect(ids.stats().headroom).toBe(2n ** 63n - 1n - 10n);
  // A counter that ends nowhere.
  await using free = AsyncId64.identity({
    instanceId: 0,
    layout: { instanceBits: 0 },
    counter: new MemoryCounter(),
    minBlock: 10,
  });
  await free.nextU64();
  expect(free.stats().headroom).toBe(2n ** 64n - 10n);
});

describe("records of 0.1.0", () => {
  interface Stored {
    key: string;
    value: { lineage: string; fingerprint: string | null; marks: Record<string, bigint> };
  }

  interface Expected {
    durableObject: { records: Stored[]; entries: Entry[] };
    indexedDb: {
      database: string;
      version: number;
      objectStore: string;
      asked: unknown[];
      records: Stored[];
      entries: Entry[];
    };
  }

  const { durableObject, indexedDb } = JSON.parse(readText("record.json"), (_, value) =>
    typeof value?.$bigint === "string" ? BigInt(value.$bigint) : value,
  ) as Expected;

  const contents = ({ records }: { records: Stored[] }) =>
    new Map<string, unknown>(records.map(({ key, value }) => [key, structuredClone(value)]));

  /** What has to be stored when all entries have gone on. */
  function contentsAfter({ records, entries }: { records: Stored[]; entries: Entry[] }): Map<string, unknown> {
    return new Map(
      records.map(({ key, value }) => {
        const own = entries.filter(({ lineage }) => lineage === value.lineage);
        const marks = Object.fromEntries(own.map((entry) => [entry.instanceId, markAfter(entry)]));
        return [key, { ...value, fingerprint: own[0]!.opened.fingerprint, marks }];
      }),
    );
  }

  /** As little of IndexedDB as is asked for, in memory; `asked` is what that was. */
  function factoryOf(values: Map<string, unknown>, asked: Set<string>) {
    const note = (call: object) => asked.add(JSON.stringify(call));
    const soon = (task: () => unknown) => setTimeout(task);
    const objectStore = (transaction: { oncomplete(): void }) => ({
      get(key: string) {
        const request: { result: unknown; onsuccess?: () => void } = { result: structuredClone(values.get(key)) };
        soon(() => request.onsuccess!());
        return request;
      },
      put(value: unknown, key: string) {
        values.set(key, structuredClone(value));
        soon(() => transaction.oncomplete());
      },
    });
    const connection = {
      createObjectStore: (...args: unknown[]) => note({ createObjectStore: args }),
      close() {},
      transaction(...args: [store: string, mode: string, options: { durability: string }]) {
        note({ transaction: args });
        const transaction = {
          durability: args[2].durability,
          oncomplete() {},
          onabort() {},
          abort: () => soon(() => transaction.onabort()),
          objectStore: () => objectStore(transaction),
        };
        return transaction;
      },
    };
    return {
      open(...args: unknown[]): object {
        note({ open: args });
        const request = { result: connection, onupgradeneeded() {}, onsuccess() {} };
        soon(() => {
          if (values.size === 0) request.onupgradeneeded();
          request.onsuccess();
        });
        return request;
      },
    };
  }

  /** What `create` stored of the entry that no generator has opened. */
  const untouched = ({ records, entries }: { records: Stored[]; entries: Entry[] }) => {
    const { name, instanceId, mark, lineage } = entries.find(({ fingerprint }) => fingerprint === null)!;
    const { key, value } = records.find(({ value }) => value.lineage === lineage)!;
    const options = { name, instanceId, startAt: BigInt(mark) };
    return { options, stored: new Map([[key, { ...value, lineage: expect.stringMatching(UUID) }]]) };
  };

  test("in a Durable Object: each instance goes on where it stopped", async () => {
    const values = contents(durableObject);
    for (const entry of durableObject.entries) {
      const { name, lineage, config } = entry;
      const counter = new DurableObjectCounter(storageOf(values), { name, lineage });
      await using ids = asyncGeneratorOf(config, counter);
      await checkGoesOn(ids, entry);
    }
    expect(values).toEqual(contentsAfter(durableObject));
  });

  test("in a Durable Object, made anew, one is written in the same way", async () => {
    const values = new Map<string, unknown>();
    const { options, stored } = untouched(durableObject);
    await DurableObjectCounter.create(storageOf(values), options);
    expect(values).toEqual(stored);
  });

  test("in IndexedDB: each instance goes on where it stopped", async () => {
    const values = contents(indexedDb);
    const asked = new Set<string>();
    for (const entry of indexedDb.entries) {
      const { name, lineage, config } = entry;
      const factory = factoryOf(values, asked);
      using counter = new IndexedDbCounter(indexedDb.database, { name, lineage, factory });
      await using ids = asyncGeneratorOf(config, counter);
      await checkGoesOn(ids, entry);
    }
    expect(values).toEqual(contentsAfter(indexedDb));
    expect(indexedDb.asked.map((call) => JSON.stringify(call))).toEqual(expect.arrayContaining([...asked]));
  });

  test("in IndexedDB, made anew, one is written in the same way", async () => {
    const values = new Map<string, unknown>();
    const asked = new Set<string>();
    const { options, stored } = untouched(indexedDb);
    await IndexedDbCounter.create(indexedDb.database, { ...options, factory: factoryOf(values, asked) });
    expect(values).toEqual(stored);
    expect([...asked].map((call) => JSON.parse(call))).toEqual([
      { open: [indexedDb.database, indexedDb.version] },
      { createObjectStore: [indexedDb.objectStore] },
      { transaction: [indexedDb.objectStore, "readwrite", { durability: "strict" }] },
    ]);
  });
});
