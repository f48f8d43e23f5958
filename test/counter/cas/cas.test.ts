import { describe, expect, test } from "vitest";
import { type Block, CasCounter, type CasStore, type Claim } from "../../support/library.ts";
import { testConformance } from "../support/conformance.ts";
import { FaultyStore } from "./store.ts";

const CLAIM: Claim = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

describe("the rules of every counter", () => {
  testConformance(["close"], () => {
    const store = new FaultyStore();
    const edit = (name: string, change: (record: { marks: object }) => unknown) =>
      store.write(name, JSON.stringify(change(JSON.parse(store.text(name)!))));
    const damages = [
      "",
      "null",
      "5",
      "[]",
      "{}",
      '{"format":2}',
      '{"format":1,"marks":{}}',
      '{"format":1,"lineage":"x"}',
    ];
    return {
      counter: (name, options) => new CasCounter(store, { name, ...options }),
      create: (name, options) => CasCounter.create(store, { name, ...options }),
      inspect: (name) => CasCounter.inspect(store, { name }),
      raise: (name, options) => CasCounter.raise(store, { name, ...options }),
      leaseInstanceId: (name, options) => CasCounter.leaseInstanceId(store, { name, ...options }),
      badMarks: ["-1", "9223372036854775808", "0x5", "", "5.0", " 5", null, {}, true],
      setMark: (name, instanceId, mark) =>
        edit(name, (record) => ({
          ...record,
          marks: { ...record.marks, [instanceId]: typeof mark === "bigint" ? `${mark}` : mark },
        })),
      damage(name, index) {
        const [text, damaged] = [store.text(name), damages[index]];
        if (damaged === undefined) return undefined;
        store.write(name, damaged);
        return () => store.write(name, text);
      },
      drop: (name) => store.write(name, undefined),
    };
  });
});

async function made(store: CasStore = new FaultyStore()) {
  await CasCounter.create(store, { instanceId: 7 });
  return new CasCounter(store);
}

/** Calls again while the machine was too slow for the timeout. */
async function decided<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_PERMID64_COUNTER_TIMEOUT") throw error;
    }
  }
}

test("the record is JSON, with exact marks", async () => {
  const store = new FaultyStore();
  const lineage = await CasCounter.create(store, { instanceId: 7, startAt: 2n ** 60n + 1n });
  expect(JSON.parse(store.text("default")!)).toEqual({
    format: 1,
    lineage,
    fingerprint: null,
    marks: { 7: "1152921504606846977" },
  });
});

test("F5: a reply that is lost leaves a gap, and no number is issued again", async () => {
  const store = new FaultyStore();
  const counter = await made(store);
  await counter.reserve(10, CLAIM);
  store.afterSwap = () => {
    throw new Error("connection reset");
  };
  const failure = await counter.reserve(10, CLAIM).catch((error) => error);
  expect(failure).toMatchObject({ code: "ERR_PERMID64_COUNTER_UNAVAILABLE", retryable: true });
  expect(failure.message).toContain("the test's store cannot be used: connection reset");
  store.afterSwap = () => {};
  expect(await counter.reserve(10, CLAIM)).toEqual({ start: 20n, end: 30n });
});

test("F5: a swap that answers false although it was carried out leaves a gap", async () => {
  const store = new FaultyStore();
  await made(store);
  let lies = 1;
  const forgetful: CasStore = {
    read: (key) => store.read(key),
    swap: async (key, version, value) => (await store.swap(key, version, value)) && lies-- <= 0,
  };
  expect(await new CasCounter(forgetful).reserve(10, CLAIM)).toEqual({ start: 10n, end: 20n });
});

test("F6: an answer after the timeout is dropped, and the next call does not wait for it", async () => {
  const store = new FaultyStore();
  await made(store);
  const counter = new CasCounter(store, { timeout: 50 });
  let answer = () => {};
  const waiting = new Promise<void>((resolve) => {
    answer = resolve;
  });
  store.afterRead = () => waiting;
  const failure = counter.reserve(10, CLAIM).catch((error) => error);
  expect((await failure).code).toBe("ERR_PERMID64_COUNTER_TIMEOUT");
  store.afterRead = () => {};
  const { start, end } = await decided(() => counter.reserve(5, CLAIM));
  expect(end - start).toBe(5n);
  const text = store.text("default");
  answer();
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
  expect(store.text("default")).toBe(text);
  expect((await decided(() => counter.reserve(5, CLAIM))).start).toBeGreaterThanOrEqual(end);
});

test("F2: another counter of this process that comes between a read and its swap is no rollback", async () => {
  const store = new FaultyStore();
  const counter = await made(store);
  const other = new CasCounter(store);
  let between = 1;
  store.afterRead = async () => {
    if (between-- > 0) await other.reserve(10, CLAIM);
  };
  expect(await counter.reserve(5, CLAIM)).toEqual({ start: 10n, end: 15n });
  expect(store.lost).toBe(1);
});

test("F13: a read that is older than what this process received is a rollback", async () => {
  const store = new FaultyStore();
  const counter = await made(store);
  const older = new Map(store.rows);
  await counter.reserve(10, CLAIM);
  store.rows = older;
  for (const each of [counter, new CasCounter(store)]) {
    await expect(each.reserve(5, CLAIM)).rejects.toMatchObject({ code: "ERR_PERMID64_COUNTER_ROLLBACK" });
  }
  const willing = new CasCounter(store, { skipAhead: 100n });
  await willing.open(CLAIM);
  expect(await willing.reserve(5, CLAIM)).toEqual({ start: 110n, end: 115n });
});

test("a store that always loses is busy, and says how often others came first", async () => {
  const store = new FaultyStore();
  await made(store);
  const counter = new CasCounter({ read: (key) => store.read(key), swap: async () => false }, { timeout: 50 });
  const failure = await decided(() => counter.reserve(5, CLAIM)).catch((error) => error);
  expect(failure).toMatchObject({ code: "ERR_PERMID64_COUNTER_BUSY", retryable: true });
  expect(failure.message).toMatch(/^others wrote to the store first, \d+ times within 50 ms/);
});

describe("a store that can tell which one it is", () => {
  function named() {
    const rows = new FaultyStore();
    const state = { name: "a" };
    const store: CasStore = {
      read: (key) => rows.read(key),
      swap: (key, version, value) => rows.swap(key, version, value),
      identity: () => state.name,
    };
    return { state, store };
  }

  test("F14: another store is refused in fresh processes too, each instance until it is consented to", async () => {
    const { state, store } = named();
    await CasCounter.create(store, { instanceId: 7 });
    await CasCounter.create(store, { instanceId: 8 });
    state.name = "b";
    const eight = { ...CLAIM, instanceId: 8 };
    const refused = { code: "ERR_PERMID64_COUNTER_ROLLBACK", retryable: false };
    await expect(new CasCounter(store).reserve(5, CLAIM)).rejects.toMatchObject(refused);
    await expect(CasCounter.leaseInstanceId(store)).rejects.toMatchObject(refused);
    await expect(CasCounter.create(store, { instanceId: 9 })).rejects.toMatchObject(refused);
    const willing = new CasCounter(store, { skipAhead: 100n });
    await willing.open(CLAIM);
    expect(await new CasCounter(store).reserve(5, CLAIM)).toEqual({ start: 100n, end: 105n });
    await expect(new CasCounter(store).reserve(5, eight)).rejects.toMatchObject(refused);
    await CasCounter.raise(store, { instanceId: 8, floor: 50n });
    expect(await new CasCounter(store).reserve(5, eight)).toEqual({ start: 50n, end: 55n });
    await expect(CasCounter.leaseInstanceId(store)).rejects.toMatchObject(refused);
    await CasCounter.create(store, { instanceId: 20, acceptRestored: true });
    expect(await CasCounter.leaseInstanceId(store)).toBe(21);
  });

  test("F14: a store that continues the former one needs no consent", async () => {
    const { state, store } = named();
    const continued: CasStore = { ...store, continues: (before, now) => before <= now };
    await CasCounter.create(continued, { instanceId: 7 });
    state.name = "b";
    expect(await new CasCounter(continued).reserve(5, CLAIM)).toEqual({ start: 0n, end: 5n });
    state.name = "a";
    await expect(new CasCounter(continued).reserve(5, CLAIM)).rejects.toMatchObject({
      code: "ERR_PERMID64_COUNTER_ROLLBACK",
    });
  });
});

test("F1: eight counters share one record: blocks are disjoint, no number is lost, and none starves", async () => {
  const store = new FaultyStore();
  await made(store);
  const COUNTERS = 8;
  const LEAST = 20;
  const won = new Array<number>(COUNTERS).fill(0);
  const blocks: Block[] = [];
  // All go on until the slowest has its share, so a counter that starves never lets this end.
  const work = async (_: unknown, i: number) => {
    const counter = new CasCounter(store, { timeout: 60_000 });
    while (Math.min(...won) < LEAST) {
      blocks.push(await counter.reserve(3, CLAIM));
      won[i]!++;
    }
  };
  await Promise.all(Array.from({ length: COUNTERS }, work));
  blocks.sort((a, b) => (a.start < b.start ? -1 : 1));
  expect(blocks.map(({ start }) => start)).toEqual(blocks.map((_, i) => BigInt(3 * i)));
  expect(store.lost).toBeGreaterThan(0);
  // By counts: nobody had ten times the share of the slowest one.
  expect(Math.max(...won)).toBeLessThan(10 * LEAST);
});
