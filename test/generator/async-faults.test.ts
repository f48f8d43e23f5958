import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AsyncId64,
  type AsyncId64Options,
  type Block,
  CounterConfigError,
  CounterNotInitializedError,
  CounterRollbackError,
  CounterUnavailableError,
  Id64,
  type Lease,
  SqliteCounter,
} from "permid64";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  code,
  gate,
  never,
  quick,
  Store,
  slow,
  TestCounter,
  unique,
  watchRejections,
  within,
} from "../support/async-counters.js";
import { temporaryFolder } from "../support/folder.js";
import { ENGINES } from "../support/vectors.js";

// What may go wrong between a generator and its store, on counters as users write them.

watchRejections();

const down = () => {
  throw new CounterUnavailableError("the store is away");
};

/** The result of each call: its value, or its error. */
const settled = async <T>(calls: readonly Promise<T>[]) => {
  const results = await Promise.allSettled(calls);
  return {
    values: results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    errors: results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])),
  };
};

describe.each(ENGINES)("%s engine", (engine) => {
  const identity = (counter: AsyncId64Options["counter"], options: Partial<AsyncId64Options> = {}) => {
    const ids = AsyncId64.identity({ instanceId: 0, counter, engine, ...options });
    expect(ids.engine).toBe(engine);
    return ids;
  };

  test("a reply after the deadline is dropped, and its block is never issued (F6)", async () => {
    const store = new Store();
    const { opened, open } = gate();
    const leases: Lease[] = [];
    const errors: unknown[] = [];
    const counter = new TestCounter(async (count, _, call) => {
      const block = store.take(count);
      if (call === 1) await opened;
      return block;
    });
    const ids = identity(counter, {
      minBlock: 10,
      maxBlock: 10,
      timeout: 60,
      onLease: (lease) => leases.push(lease),
      onLeaseError: (error) => errors.push(error),
    });
    const first = ids.nextU64();
    await expect(first).rejects.toEqual(code("COUNTER_TIMEOUT"));
    await expect(first).rejects.toMatchObject({ retryable: true });
    await expect(first).rejects.toThrow(/^no numbers for instance 0 \(16\+48:[0-9a-f]{8}\) within 60 ms$/);
    const numbers = [await ids.nextU64()];
    open(); // The late reply, while another block is in use.
    await sleep(10);
    for (let i = 0; i < 100; i++) numbers.push(await ids.nextU64());
    expect(errors).toEqual([code("COUNTER_TIMEOUT")]);
    expect((errors[0] as Error).message).toMatch(/^no answer from the counter of instance 0 .* within 60 ms$/);
    expect(unique(numbers)).toBe(true);
    expect(numbers.some(within([store.given[0]!]))).toBe(false);
    expect(numbers.every(within(leases))).toBe(true);
    expect(ids.stats().leases.failed).toEqual({ ERR_PERMID64_COUNTER_TIMEOUT: 1 });
  });

  test("a late open is not followed by a reservation, and opens again", async () => {
    const { opened, open } = gate();
    let opens = 0;
    const counter = Object.assign(quick(new Store()), {
      async open() {
        if (++opens === 1) await opened;
      },
    });
    const ids = identity(counter, { timeout: 40 });
    await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_TIMEOUT"));
    expect(await ids.nextU64()).toBe(0n);
    const { length } = counter.calls;
    open();
    await sleep(10);
    expect([opens, counter.calls.length, counter.mostPending]).toEqual([2, length, 1]);
  });

  test("closing while it opens: nothing is reserved", async () => {
    const { opened, open } = gate();
    const counter = Object.assign(quick(new Store()), { open: () => opened });
    const ids = identity(counter);
    const waiting = ids.nextU64();
    await sleep(1);
    await ids.close();
    open();
    await expect(waiting).rejects.toEqual(code("CLOSED"));
    await sleep(5);
    expect(counter.calls).toEqual([]);
  });

  test("an open that fails for now is tried again, and not once it has succeeded", async () => {
    let opens = 0;
    const counter = Object.assign(quick(new Store()), {
      async open() {
        if (++opens < 3) down();
      },
    });
    const ids = identity(counter, { minBlock: 10 });
    expect(await ids.takeU64(100)).toHaveLength(100);
    expect(await ids.takeU64(100)).toHaveLength(100);
    expect(opens).toBe(3);
    expect(ids.stats().leases.failed).toEqual({ ERR_PERMID64_COUNTER_UNAVAILABLE: 2 });
  });

  test("an open that fails for good is not tried again, and nothing is issued", async () => {
    let opens = 0;
    const counter = Object.assign(quick(new Store()), {
      open() {
        opens++;
        throw new CounterConfigError("other parameters");
      },
    });
    const ids = identity(counter);
    for (let i = 0; i < 3; i++) {
      await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_CONFIG"));
      await sleep(5);
    }
    expect([opens, counter.calls.length, ids.stats().issued]).toEqual([1, 0, 0]);
  });

  test("a commit that fails installs nothing, and another may have the block (F7)", async () => {
    const store = new Store();
    const counter = new TestCounter(async (count, _, call) => {
      const { mark } = store;
      const block = store.take(count);
      if (call === 1) {
        store.mark = mark; // The transaction is undone.
        down();
      }
      return block;
    });
    const ids = identity(counter, { minBlock: 10 });
    const waiting = ids.nextU64();
    await sleep(1);
    const other = await identity(quick(store), { minBlock: 10, maxBlock: 10 }).takeU64(10);
    expect([...other]).toContain(0n);
    const mine = await waiting;
    expect([...other]).not.toContain(mine);
    expect(mine).toBeGreaterThanOrEqual(10n);
  });

  test("a reservation ahead that fails harms nobody, and one that waits gets the reason with the timeout (F30)", async () => {
    const counter = new TestCounter(async (count, _, call) =>
      call === 1 ? { start: 0n, end: BigInt(count) } : down(),
    );
    const ids = identity(counter, { minBlock: 10, timeout: 80 });
    expect(await ids.takeU64(9)).toHaveLength(9);
    await sleep(60);
    expect(ids.stats().leases.failed).toEqual({ ERR_PERMID64_COUNTER_UNAVAILABLE: expect.any(Number) });
    expect(await ids.nextU64()).toBe(9n);
    const error = await ids.nextU64().catch((error) => error);
    expect(error).toEqual(code("COUNTER_TIMEOUT"));
    expect(error.cause).toEqual(code("COUNTER_UNAVAILABLE"));
    await ids.close();
    await expect(ids.nextU64()).rejects.toEqual(code("CLOSED"));
  });

  test("closing amid a reservation drops its block, whatever comes of it (F30)", async () => {
    for (const fails of [false, true]) {
      const store = new Store();
      const { opened, open } = gate();
      const counter = new TestCounter(async (count) => {
        await opened;
        return fails ? down() : store.take(count);
      });
      const ids = identity(counter);
      const waiting = settled([ids.nextU64(), ids.nextU64()]);
      await sleep(1);
      await ids.close();
      open();
      expect((await waiting).errors).toEqual([code("CLOSED"), code("CLOSED")]);
      await sleep(5);
      expect(ids.stats()).toMatchObject({
        issued: 0,
        remaining: { current: 0, next: 0 },
        leases: { ok: 0, failed: {} },
      });
      expect(counter.calls).toHaveLength(1);
    }
  });

  test("a loop over batches that is left early leaves nothing behind (F30)", async () => {
    const counter = slow(new Store(), 2);
    const ids = identity(counter, { minBlock: 10 });
    for await (const _ of ids.batchesU64(25)) break;
    await expect(
      (async () => {
        for await (const _ of ids.batchesBase62(25)) throw new Error("of the loop");
      })(),
    ).rejects.toThrow("of the loop");
    const batches = ids.batchesBase32(25);
    await batches.next();
    expect(await batches.return(undefined as never)).toEqual({ done: true, value: undefined });
    await expect(batches.throw(new Error("of the caller"))).rejects.toThrow("of the caller");
    await sleep(20);
    expect(ids.stats()).toMatchObject({ issued: 75, waits: { now: 0 } });
    expect(counter.pending).toBe(0);
  });

  test("10,000 calls at once on an empty buffer: one reservation, all served (F31)", async () => {
    const counter = slow(new Store(), 20);
    const ids = identity(counter);
    const numbers = await Promise.all(Array.from({ length: 10_000 }, () => ids.nextU64()));
    expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, i) => BigInt(i)));
    expect(counter.calls[0]!.count).toBe(10_000);
    expect(counter.mostPending).toBe(1);
  });

  test("10,000 calls at once on a store that is away all time out, and the next ones are served (F31)", async () => {
    let away = true;
    const store = new Store();
    const counter = new TestCounter((count) => (away ? down() : store.take(count)));
    const ids = identity(counter, { timeout: 300 });
    const { values, errors } = await settled(Array.from({ length: 10_000 }, () => ids.nextBase62()));
    expect([values.length, errors.length]).toEqual([0, 10_000]);
    expect(errors.every(({ code, cause }) => code === "ERR_PERMID64_COUNTER_TIMEOUT" && cause)).toBe(true);
    expect(counter.calls.length).toBeLessThan(20);
    away = false;
    expect(await ids.takeU64(10_000)).toHaveLength(10_000);
  });

  test("a store slower than the demand: one reservation at a time, every call served in its turn (F31)", async () => {
    const store = new Store();
    const counter = slow(store, 5);
    const ids = identity(counter, { minBlock: 10, maxBlock: 10, timeout: 30_000 });
    const numbers: bigint[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        for (let i = 0; i < 50; i++) numbers.push(await ids.nextU64());
      }),
    );
    expect(numbers).toHaveLength(10_000);
    expect(unique(numbers)).toBe(true);
    expect(counter.mostPending).toBe(1);
    // Each round trip serves all who wait by then.
    expect(counter.calls.length).toBeLessThan(200);
    expect(ids.stats()).toMatchObject({ issued: 10_000, leases: { failed: {} } });
  });

  test("a counter that gives one number at a time still serves who asks for many", async () => {
    const store = new Store();
    const ids = identity(new TestCounter(() => store.take(1)));
    expect(await ids.takeU64(300)).toEqual(BigUint64Array.from({ length: 300 }, (_, i) => BigInt(i)));
  });

  test("an outage that the blocks at hand outlast is not noticed (F32)", async () => {
    let away = false;
    const store = new Store();
    const counter = new TestCounter((count) => (away ? down() : store.take(count)));
    const ids = identity(counter, { minBlock: 1000, maxBlock: 1000 });
    const numbers = [...(await ids.takeU64(100))];
    await sleep(5);
    const before = counter.calls.length;
    const begin = performance.now();
    away = true;
    // One block is used up, and a tenth of the other: the next is due. What is left is enough for 2.7 seconds at least.
    numbers.push(...(await ids.takeU64(1000)));
    while (performance.now() - begin < 1500) {
      numbers.push(await ids.nextU64());
      await sleep(3);
    }
    // Delays of 25 to 50 ms, then twice as long each time.
    const tries = counter.calls.slice(before);
    expect(tries.length).toBeGreaterThanOrEqual(3);
    expect(tries.length).toBeLessThanOrEqual(8);
    expect(tries.at(-1)!.at - tries.at(-2)!.at).toBeGreaterThan(tries[1]!.at - tries[0]!.at);
    expect(ids.stats().waits.total).toBe(1);
    away = false;
    for (let i = 0; i < 1000; i++) {
      numbers.push(...(await ids.takeU64(3)));
      if (i % 100 === 0) await sleep(3);
    }
    expect(unique(numbers)).toBe(true);
    expect(ids.stats().issued).toBe(numbers.length);
    // The next outage begins with short delays again: the last one ended with more than a second.
    away = true;
    const { length } = counter.calls;
    ids.discardLeases();
    const waiting = ids.nextU64();
    await sleep(1000);
    expect(counter.calls.length - length).toBeGreaterThanOrEqual(3);
    away = false;
    await waiting;
  });

  test("whoever asks while others are being served is served too", async () => {
    // The permutation is user code, which runs in the middle of it.
    const within: Promise<BigUint64Array>[] = [];
    let working = false;
    const ids = new AsyncId64({
      instanceId: 0,
      counter: slow(new Store(), 5),
      minBlock: 1,
      maxBlock: 1,
      timeout: 5000,
      engine,
      permutation: {
        forward(x) {
          if (working && within.length < 3) within.push(ids.takeU64(50));
          return x;
        },
        inverse: (y) => y,
      },
    });
    working = true;
    expect(typeof (await ids.nextU64())).toBe("bigint");
    expect(await within[0]).toHaveLength(50);
  });

  test("failures are counted by code, or by name where the code is no text", async () => {
    const errors = [
      new DOMException("too slow", "AbortError"),
      { code: Object.create(null) },
      undefined,
      { code: "E1" },
    ];
    const store = new Store();
    const counter = new TestCounter((count, _, call) => {
      if (call <= errors.length) throw errors[call - 1];
      return store.take(count);
    });
    const ids = identity(counter, { timeout: 5000 });
    expect(await ids.nextU64()).toBe(0n);
    expect(ids.stats().leases.failed).toEqual({ AbortError: 1, undefined: 2, E1: 1 });
  });

  test("what a predicate has accepted is dropped too, of a call that still waits (F38)", async () => {
    const store = new Store();
    const { opened, open } = gate();
    const counter = new TestCounter(async (count, _, call) => {
      if (call > 1) await opened;
      return store.take(count);
    });
    let left = 10; // So many are accepted, then none until the store answers.
    let answered = false;
    const ids = identity(counter, { minBlock: 20, maxBlock: 20, accept: () => answered || left-- > 0 });
    const waiting = ids.takeU64(15);
    while (left > -5) await sleep(1);
    // Another copy of this process holds the same ten.
    ids.discardLeases();
    answered = true;
    open();
    const numbers = await waiting;
    expect(numbers).toHaveLength(15);
    expect([...numbers].filter((number) => number < 20n)).toEqual([]);
  });

  test("a predicate that refuses makes no call wait longer than the timeout", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const store = new Store();
    const counter = new TestCounter(async (count) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      return store.take(count);
    });
    const ids = identity(counter, { minBlock: 1, maxBlock: 1, timeout: 1000, accept: () => false });
    const call = expect(ids.nextBase62()).rejects.toEqual(code("COUNTER_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(400);
    const later = expect(ids.nextBase62()).rejects.toEqual(code("COUNTER_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(600);
    await call;
    expect(ids.stats().waits.now).toBe(1);
    await vi.advanceTimersByTimeAsync(400);
    await later;
    expect(ids.stats().waits).toMatchObject({ now: 0, longest: 1000 });
  });

  test("a timeout tells of failures since the last success only", async () => {
    const store = new Store();
    const counter = new TestCounter((count, _, call) =>
      call === 1 ? down() : call === 2 ? store.take(count) : never(),
    );
    const ids = identity(counter, { minBlock: 10, timeout: 60 });
    await ids.takeU64(10);
    const error = await ids.nextU64().catch((error) => error);
    expect(error).toEqual(code("COUNTER_TIMEOUT"));
    expect(error.cause?.code).not.toBe("ERR_PERMID64_COUNTER_UNAVAILABLE");
  });

  test("an outage that is longer: what is at hand is served, then calls time out, then it recovers by itself (F32)", async () => {
    let away = false;
    const store = new Store();
    const counter = new TestCounter(async (count) => {
      await sleep(1);
      return away ? down() : store.take(count);
    });
    const ids = identity(counter, { minBlock: 100, maxBlock: 100, timeout: 150 });
    await ids.nextU64();
    await sleep(20);
    away = true;
    const served = await settled(Array.from({ length: 300 }, () => ids.nextU64()));
    expect(served.values.length + served.errors.length).toBe(300);
    expect(served.values.length).toBe(199); // Two blocks, but for the one number before.
    expect(served.errors.every(({ code }) => code === "ERR_PERMID64_COUNTER_TIMEOUT")).toBe(true);
    const during = counter.calls.length;
    await sleep(500);
    // At most half the timeout lies between two tries, and at least a quarter.
    expect(counter.calls.length - during).toBeLessThanOrEqual(500 / 37 + 2);
    const waiting = ids.nextU64();
    away = false;
    const number = await waiting;
    expect(number).toBe(200n);
    expect(unique([...served.values, number])).toBe(true);
  });

  describe("a counter that lies (F33)", () => {
    const lies: [name: string, block: unknown, suffix: string][] = [
      ["nothing", undefined, "COUNTER_INVALID_BLOCK"],
      ["null", null, "COUNTER_INVALID_BLOCK"],
      ["a number", 7, "COUNTER_INVALID_BLOCK"],
      ["numbers", { start: 10, end: 20 }, "COUNTER_INVALID_BLOCK"],
      ["text", { start: "10", end: "20" }, "COUNTER_INVALID_BLOCK"],
      ["no end", { start: 10n }, "COUNTER_INVALID_BLOCK"],
      ["a reversed block", { start: 20n, end: 10n }, "COUNTER_INVALID_BLOCK"],
      ["an empty block", { start: 10n, end: 10n }, "COUNTER_INVALID_BLOCK"],
      ["a negative block", { start: -5n, end: 5n }, "COUNTER_INVALID_BLOCK"],
      ["an oversized block", { start: 10n, end: 21n }, "COUNTER_INVALID_BLOCK"],
      ["a repeated block", { start: 0n, end: 10n }, "COUNTER_ROLLBACK"],
      ["an overlapping block", { start: 9n, end: 19n }, "COUNTER_ROLLBACK"],
      ["a block beyond the end", { start: 2n ** 48n, end: 2n ** 48n + 10n }, "COUNTER_EXHAUSTED"],
    ];

    test.each(lies)("%s at first: nothing is issued, ever", async (_, block, suffix) => {
      const first = suffix !== "COUNTER_ROLLBACK";
      const counter = new TestCounter((count, _, call) =>
        call > 1 || first ? (block as Block) : { start: 0n, end: BigInt(count) },
      );
      const ids = identity(counter, { minBlock: 10, maxBlock: 10 });
      if (!first) expect(await ids.takeU64(10)).toHaveLength(10);
      const { length } = counter.calls;
      for (let i = 0; i < 3; i++) await expect(ids.nextU64()).rejects.toEqual(code(suffix));
      await expect(ids.takeBase62(5)).rejects.toEqual(code(suffix));
      expect(counter.calls.length - length).toBeLessThanOrEqual(1);
      expect(ids.stats().issued).toBe(first ? 0 : 10);
    });

    test.each(lies)("%s ahead: what is at hand is issued, unless the counter went back", async (_, block, suffix) => {
      const errors: unknown[] = [];
      const rollbacks: unknown[] = [];
      const counter = new TestCounter((count, _, call) =>
        call > 1 ? (block as Block) : { start: 0n, end: BigInt(count) },
      );
      const ids = identity(counter, {
        minBlock: 10,
        maxBlock: 10,
        onLeaseError: (error) => errors.push(error),
        onRollback: (error) => rollbacks.push(error),
      });
      const numbers = [await ids.nextU64()];
      await sleep(5);
      const { values, errors: refused } = await settled(Array.from({ length: 12 }, () => ids.nextU64()));
      const back = suffix === "COUNTER_ROLLBACK";
      expect([...numbers, ...values]).toEqual(Array.from({ length: back ? 1 : 10 }, (_, i) => BigInt(i)));
      expect(refused).toEqual(Array(back ? 12 : 3).fill(code(suffix)));
      expect(errors).toEqual([code(suffix)]);
      expect(rollbacks).toEqual(back ? errors : []);
      expect(ids.stats()).toMatchObject({ discarded: back ? 9 : 0, leases: { failed: { [refused[0].code]: 1 } } });
    });

    test("a short block is served, and the rest asked for", async () => {
      const store = new Store();
      const ids = identity(new TestCounter((count) => store.take(Math.min(count, 7))), { minBlock: 10 });
      expect(await ids.takeU64(30)).toEqual(BigUint64Array.from({ length: 30 }, (_, i) => BigInt(i)));
    });

    const foreign = Object.assign(new Error("restored"), { code: "ERR_PERMID64_COUNTER_ROLLBACK", retryable: false });
    test.each([
      ["its own", new CounterRollbackError("restored")],
      ["another copy's", foreign],
    ])("a rollback that the counter itself reports, by %s class, stops all, and stays", async (_, error) => {
      const store = new Store();
      const counter = new TestCounter((count, _, call) => {
        if (call === 2) throw error;
        return store.take(count);
      });
      const ids = identity(counter, { minBlock: 10 });
      await ids.nextU64();
      await sleep(5);
      for (let i = 0; i < 3; i++) await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_ROLLBACK"));
      ids.discardLeases();
      await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_ROLLBACK"));
      await sleep(5);
      expect(counter.calls).toHaveLength(2);
      await ids.close();
      await expect(ids.nextU64()).rejects.toEqual(code("CLOSED"));
    });

    test.each([
      [
        "an error of the driver's",
        () => Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" }),
        "ECONNREFUSED",
      ],
      ["an error without a code", () => new TypeError("fetch failed"), "TypeError"],
      ["no error at all", () => undefined, "undefined"],
    ])("%s is taken for an outage", async (_, make, name) => {
      const store = new Store();
      const counter = new TestCounter((count, _, call) => {
        if (call === 1) throw make();
        return store.take(count);
      });
      const ids = identity(counter);
      expect(await ids.nextU64()).toBe(0n);
      expect(ids.stats().leases.failed).toEqual({ [name]: 1 });
    });

    test("an error that is no outage is told at once", async () => {
      const ids = identity(
        new TestCounter(() => {
          throw new CounterNotInitializedError("no row");
        }),
        { timeout: 60_000 },
      );
      await expect(Promise.all([ids.nextU64(), ids.takeU64(5)])).rejects.toEqual(code("COUNTER_NOT_INITIALIZED"));
    });
  });

  test("the last numbers are issued exactly, then it is exhausted for ever (F34)", async () => {
    const limit = 2n ** 32n;
    const layout = { instanceBits: 32 };
    const store = new Store(limit - 25n);
    const low: bigint[] = [];
    const counter = quick(store);
    const ids = identity(counter, {
      instanceId: 2 ** 32 - 1,
      layout,
      minBlock: 10,
      maxBlock: 10,
      onLowHeadroom: (headroom) => low.push(headroom),
    });
    const numbers = [...(await ids.takeU64(21))];
    await expect(ids.takeU64(5)).rejects.toEqual(code("COUNTER_EXHAUSTED"));
    await expect(ids.fillBase62(new Uint8Array(99))).rejects.toEqual(code("COUNTER_EXHAUSTED"));
    numbers.push(await ids.nextU64(), ...(await ids.takeU64(2)));
    expect(await ids.nextBase62()).toBe("LygHa16AHYF");
    expect(numbers).toEqual(Array.from({ length: 24 }, (_, i) => 2n ** 64n - 25n + BigInt(i)));
    const { length } = counter.calls;
    for (let i = 0; i < 3; i++) {
      await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_EXHAUSTED"));
      await sleep(1);
    }
    expect(counter.calls).toHaveLength(length);
    expect(low).toEqual([4n]);
    expect(ids.stats()).toMatchObject({ issued: 25, headroom: 0n });
    const restarted = identity(quick(store), { instanceId: 2 ** 32 - 1, layout });
    await expect(restarted.nextU64()).rejects.toEqual(code("COUNTER_EXHAUSTED"));
  });

  test("a counter that knows no limit: the part below it is served, and nothing wraps into the instance id (F34)", async () => {
    const ids = identity(quickWithoutLimit(2n ** 32n - 3n), {
      instanceId: 5,
      layout: { instanceBits: 32 },
      minBlock: 10,
    });
    expect(await ids.takeU64(3)).toEqual(BigUint64Array.of(...[3n, 2n, 1n].map((left) => (6n << 32n) - left)));
    await expect(ids.nextU64()).rejects.toEqual(code("COUNTER_EXHAUSTED"));
  });

  test("workers with different block sizes on one store, and restarts with others, are disjoint (F35)", async () => {
    const store = new Store();
    const numbers: bigint[] = [];
    for (let round = 0; round < 5; round++) {
      const workers = [1, 7, 64, 4096].map((size, i) =>
        identity(slow(store, i), { minBlock: size + round, maxBlock: 2 * size + round }),
      );
      await Promise.all(
        workers.map(async (ids) => {
          for (let i = 1; i <= 20; i++) numbers.push(...(await ids.takeU64(i)), await ids.nextU64());
          await ids.close();
        }),
      );
    }
    expect(numbers).toHaveLength(5 * 4 * 230);
    expect(unique(numbers)).toBe(true);
    expect(numbers.every(within(store.given))).toBe(true);
  });

  test("over a state file, beside other generators on it, no number is issued twice", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "shared.state");
    using counter = new SqliteCounter(path, { floor: 1n });
    using other = new SqliteCounter(path);
    const options = { instanceId: 3, key: 99n, engine };
    const numbers: bigint[] = [];
    const workers = [counter, counter, other].map((counter) =>
      AsyncId64.feistel({ ...options, counter, minBlock: 50, maxBlock: 200 }),
    );
    const sync = Id64.feistel({ ...options, counter: other, blockSize: 30 });
    await Promise.all(
      workers.map(async (ids) => {
        for (let i = 1; i <= 40; i++) {
          numbers.push(ids.decodeBase62(await ids.nextBase62()).sequence);
          numbers.push(...ids.decodeManyBase62(await ids.takeBase62(i)).sequence);
          numbers.push(...Array.from(sync.takeU64(7), (id) => sync.decode(id).sequence));
          if (i % 10 === 0) ids.discardLeases();
        }
        await ids.close();
      }),
    );
    expect(numbers).toHaveLength(3 * (40 + 820 + 280));
    expect(unique(numbers)).toBe(true);
    const { mark } = SqliteCounter.inspect(path)[0]!;
    expect(numbers.every((number) => 1n <= number && number < mark)).toBe(true);
  });

  test("a state file's errors are the generator's", async () => {
    const folder = temporaryFolder();
    using counter = new SqliteCounter(join(folder, "a.state"), { floor: 1n });
    Id64.feistel({ instanceId: 1, counter });
    const foreign = AsyncId64.feistel({ instanceId: 1, key: 5n, counter, engine });
    await expect(foreign.nextU64()).rejects.toEqual(code("COUNTER_CONFIG"));
    const ids = AsyncId64.feistel({ instanceId: 1, counter, engine, minBlock: 10, maxBlock: 10 });
    await ids.takeU64(10);
    await sleep(5);
    counter.close();
    const { values, errors } = await settled(Array.from({ length: 30 }, () => ids.nextU64()));
    expect(values.length).toBe(10);
    expect(errors).toEqual(Array(20).fill(code("CLOSED")));
  });

  test("who waits for a hanging store waits no longer than the timeout", async () => {
    const ids = identity(new TestCounter(never), { timeout: 100 });
    const begin = performance.now();
    const { errors } = await settled<unknown>([
      ids.nextU64(),
      ids.nextBase32(),
      ids.takeU64(9),
      ids.batchesU64(3).next(),
    ]);
    expect(errors).toEqual(Array(4).fill(code("COUNTER_TIMEOUT")));
    expect(performance.now() - begin).toBeGreaterThan(99);
    await ids.close();
  });
});

const quickWithoutLimit = (start: bigint) => {
  const store = new Store(start);
  return new TestCounter((count) => store.take(count));
};
