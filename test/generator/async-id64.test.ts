import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import {
  AsyncId64,
  type AsyncId64Options,
  base62ToU64,
  type Counter,
  Id64,
  type Lease,
  MemoryCounter,
  type Permutation,
} from "permid64";
import { describe, expect, test, vi } from "vitest";
import { code, gate, never, quick, Store, slow, TestCounter, watchRejections } from "../support/async-counters.js";
import { ENGINES } from "../support/vectors.js";

watchRejections();

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => BigInt(from + i));

describe.each(ENGINES)("%s engine", (engine) => {
  const identity = (counter: AsyncId64Options["counter"], options: Partial<AsyncId64Options> = {}) => {
    const ids = AsyncId64.identity({ instanceId: 0, counter, engine, ...options });
    expect(ids.engine).toBe(engine);
    return ids;
  };

  test("issues what Id64 issues, call by call", async () => {
    const options = { instanceId: 9, key: 7n, engine };
    const sync = Id64.feistel({ ...options, counter: new MemoryCounter() });
    const ids = AsyncId64.feistel({ ...options, counter: slow(new Store(), 1), minBlock: 50 });
    expect([sync.engine, ids.engine]).toEqual([engine, engine]);
    const [a, b] = [new Uint8Array(12 * 40 + 5), new Uint8Array(12 * 40 + 5)];
    const [xs, ys] = [new BigUint64Array(30), new BigUint64Array(30)];
    for (let i = 0; i < 20; i++) {
      expect(await ids.nextU64()).toBe(sync.nextU64());
      expect(await ids.nextBase62()).toBe(sync.nextBase62());
      expect(await ids.nextBase32()).toBe(sync.nextBase32());
      expect(await ids.takeU64(70)).toEqual(sync.takeU64(70));
      expect(await ids.takeBase62(7)).toEqual(sync.takeBase62(7));
      expect(await ids.takeBase32(130)).toEqual(sync.takeBase32(130));
      expect(await ids.fillU64(xs)).toBe(undefined);
      sync.fillU64(ys);
      expect(xs).toEqual(ys);
      expect(await ids.fillBase62(a, { separator: 44 })).toBe(sync.fillBase62(b, { separator: 44 }));
      expect(a).toEqual(b);
    }
    const [id, token, token32] = [sync.nextU64(), sync.nextBase62(), sync.nextBase32()];
    expect(ids.decode(id)).toEqual(sync.decode(id));
    expect(ids.decodeBase62(token)).toEqual(sync.decodeBase62(token));
    expect(ids.decodeBase32(token32)).toEqual(sync.decodeBase32(token32));
    expect(ids.decodeManyBase62([token, token])).toEqual(sync.decodeManyBase62([token, token]));
    const lines = a.subarray(0, 480);
    expect(ids.decodeManyBase62(lines, { separator: 44 })).toEqual(sync.decodeManyBase62(lines, { separator: 44 }));
    expect(ids.toConfig()).toEqual({ ...sync.toConfig(), blockSize: 50 });
  });

  test("every permutation issues what Id64 issues", async () => {
    const common = { instanceId: 3, engine };
    const permutation: Permutation = { forward: (x) => x ^ 99n, inverse: (y) => y ^ 99n };
    for (const [ids, sync] of [
      [
        AsyncId64.multiplicative({ ...common, a: 5n, counter: new MemoryCounter() }),
        Id64.multiplicative({ ...common, a: 5n, counter: new MemoryCounter() }),
      ],
      [
        AsyncId64.feistel({ ...common, rounds: 8, counter: new MemoryCounter() }),
        Id64.feistel({ ...common, rounds: 8, counter: new MemoryCounter() }),
      ],
      [
        AsyncId64.identity({ ...common, counter: new MemoryCounter() }),
        Id64.identity({ ...common, counter: new MemoryCounter() }),
      ],
      [
        new AsyncId64({ ...common, permutation, counter: new MemoryCounter() }),
        new Id64({ ...common, permutation, counter: new MemoryCounter() }),
      ],
    ] as const) {
      expect(ids.engine).toBe(engine);
      expect(await ids.nextBase62()).toBe(sync.nextBase62());
      expect(await ids.takeU64(5000)).toEqual(sync.takeU64(5000));
    }
  });

  test("asks its counter lazily: open once, then a block, then the next one ahead", async () => {
    const counter = quick(new Store());
    const ids = identity(counter, { instanceId: 7, minBlock: 4000, maxBlock: 4000 });
    await sleep(5);
    expect([counter.opened, counter.calls]).toEqual([[], []]);
    for (let i = 0; i < 9000; i++) await ids.nextU64();
    await sleep(5);
    expect(counter.opened).toEqual([
      { instanceId: 7, limit: 2n ** 48n, fingerprint: expect.stringMatching(/^16\+48:[0-9a-f]{8}$/) },
    ]);
    expect(counter.calls.map(({ count }) => count)).toEqual([4000, 4000, 4000, 4000]);
    expect(counter.mostPending).toBe(1);
  });

  test("the next block is asked for when a tenth is used, and not before", async () => {
    const counter = quick(new Store());
    const ids = identity(counter, { minBlock: 100_000, maxBlock: 100_000 });
    await ids.takeU64(9_000);
    await sleep(5);
    expect(counter.calls).toHaveLength(1);
    await ids.takeU64(1_000);
    await sleep(5);
    expect(counter.calls).toHaveLength(2);
    expect(ids.stats().remaining).toEqual({ current: 90_000, next: 100_000 });
    await ids.takeU64(99_000);
    await sleep(5);
    expect(counter.calls).toHaveLength(2);
    expect(ids.stats().remaining).toEqual({ current: 91_000, next: 0 });
  });

  test("a bulk call is one reservation, all or nothing", async () => {
    const counter = quick(new Store());
    const ids = identity(counter, { minBlock: 10 });
    expect(await ids.takeU64(5000)).toEqual(BigUint64Array.from(range(0, 5000)));
    expect(counter.calls.map(({ count }) => count).slice(0, 1)).toEqual([5000]);
    const tokens = await ids.takeBase62(300);
    expect(tokens.map(base62ToU64)).toEqual(range(5000, 5300));
  });

  test("callers that ask together are served together, in order", async () => {
    const counter = slow(new Store(), 5);
    const ids = identity(counter, { minBlock: 1, maxBlock: 1 });
    const [a, b, c] = await Promise.all([ids.nextU64(), ids.takeU64(3), ids.nextBase62()]);
    expect([a, b, base62ToU64(c)]).toEqual([0n, BigUint64Array.of(1n, 2n, 3n), 4n]);
    expect(counter.calls[0]!.count).toBe(5);
  });

  test("who asks for little does not wait behind who asks for much", async () => {
    const store = new Store();
    const { opened, open } = gate();
    const counter = new TestCounter(async (count, _, call) => {
      if (call > 1) await opened;
      return store.take(count);
    });
    const ids = identity(counter, { minBlock: 10, maxBlock: 10 });
    await ids.nextU64();
    const many = ids.takeU64(1000);
    expect(await ids.nextU64()).toBe(1n);
    open();
    expect((await many)[0]).toBe(2n);
  });

  test("batches follow each other until the loop ends", async () => {
    const ids = identity(slow(new Store(), 1), { minBlock: 10 });
    const seen: bigint[] = [];
    for await (const batch of ids.batchesU64(30)) {
      expect(batch).toBeInstanceOf(BigUint64Array);
      seen.push(...batch);
      if (seen.length >= 90) break;
    }
    for await (const batch of ids.batchesBase62(20)) {
      seen.push(...batch.map((token) => ids.decodeBase62(token).sequence));
      if (seen.length >= 150) break;
    }
    for await (const batch of ids.batchesBase32(40)) {
      seen.push(...batch.map((token) => ids.decodeBase32(token).sequence));
      break;
    }
    expect(seen).toEqual(range(0, 190));
    await expect(ids.batchesBase62(0).next()).rejects.toThrow(RangeError);
  });

  test("stats tell what happened", async () => {
    const ids = identity(slow(new Store(), 5), { minBlock: 100, maxBlock: 100 });
    expect(ids.stats()).toEqual({
      issued: 0,
      discarded: 0,
      missed: 0,
      remaining: { current: 0, next: 0 },
      blockSize: 100,
      leases: { ok: 0, failed: {}, last: undefined },
      waits: { now: 0, total: 0, longest: 0 },
      headroom: undefined,
    });
    const first = ids.takeU64(30);
    expect(ids.stats().waits).toMatchObject({ now: 1, total: 1 });
    await first;
    await sleep(50);
    const { leases, waits, ...rest } = ids.stats();
    expect(rest).toEqual({
      issued: 30,
      discarded: 0,
      missed: 0,
      remaining: { current: 70, next: 100 },
      blockSize: 100,
      headroom: 2n ** 48n - 200n,
    });
    expect(leases).toEqual({ ok: 2, failed: {}, last: { at: expect.any(Number), milliseconds: expect.any(Number) } });
    expect(leases.last!.milliseconds).toBeGreaterThan(3);
    expect(leases.last!.at).toBeLessThan(performance.now());
    expect(waits).toMatchObject({ now: 0, total: 1 });
    expect(waits.longest).toBeGreaterThan(3);
    ids.discardLeases();
    expect(ids.stats()).toMatchObject({ issued: 30, discarded: 170, remaining: { current: 0, next: 0 } });
  });

  test("hooks hear of every block", async () => {
    const leases: Lease[] = [];
    const ids = identity(quick(new Store()), { instanceId: 4, minBlock: 10, onLease: (lease) => leases.push(lease) });
    await ids.takeU64(15);
    await sleep(5);
    expect(leases.slice(0, 2)).toEqual([
      { instanceId: 4, start: 0n, end: 15n, milliseconds: expect.any(Number) },
      { instanceId: 4, start: 15n, end: 25n, milliseconds: expect.any(Number) },
    ]);
  });

  test("what a hook throws or rejects with stays without effect", async () => {
    const ids = identity(quick(new Store()), {
      minBlock: 10,
      onLease: () => {
        throw new Error("a hook");
      },
      onLeaseError: (async () => {
        throw new Error("another");
      }) as () => void,
    });
    expect(await ids.nextU64()).toBe(0n);
    expect(await ids.takeU64(100)).toHaveLength(100);
  });

  test("a hook may use the generator", async () => {
    const seen: Promise<bigint>[] = [];
    const ids: AsyncId64 = identity(quick(new Store()), {
      minBlock: 10,
      onLease: () => {
        if (seen.length < 3) seen.push(ids.nextU64());
        ids.stats();
      },
    });
    const numbers = [
      await ids.nextU64(),
      ...(await ids.takeU64(20)),
      await ids.nextU64(),
      ...(await Promise.all(seen)),
    ];
    expect(new Set(numbers).size).toBe(25);
  });

  test("a wrong argument is a rejection, not an exception, and uses no number", async () => {
    const ids = identity(new MemoryCounter());
    // biome-ignore lint/suspicious/noExplicitAny: what callers without types may pass
    const wrong = ids as any;
    for (const [call, message] of [
      [() => ids.takeU64(0), '"n" expected an integer from 1 to 4294967295, got 0'],
      [() => ids.takeBase62(1.5), '"n" expected an integer from 1 to 33554432, got 1.5'],
      [() => wrong.takeBase32("7"), '"n" expected an integer from 1 to 33554432, got "7"'],
      [() => ids.fillU64(new BigUint64Array()), '"out" expected at least 1 element, got 0'],
      [() => wrong.fillU64([1n]), '"out" expected a BigUint64Array, got an object (Array)'],
      [() => ids.fillBase62(new Uint8Array(10)), '"out" expected at least 11 bytes, got 10'],
      [() => wrong.fillBase62("x"), '"out" expected a Uint8Array, got "x"'],
      [
        () => ids.fillBase62(new Uint8Array(22), { separator: 256 }),
        '"separator" expected an integer from 0 to 255, got 256',
      ],
    ] as const) {
      const call_ = call as () => Promise<unknown>;
      await expect(call_()).rejects.toThrow(message);
    }
    expect(() => ids.decode(-1n)).toThrow(RangeError);
    expect(() => ids.decodeBase62("x")).toThrow(SyntaxError);
    expect(await ids.nextU64()).toBe(0n);
  });

  test("wrong options are exceptions of the constructor", () => {
    const counter = new MemoryCounter();
    // biome-ignore lint/suspicious/noExplicitAny: what callers without types may pass
    const make = (options: any) => () => identity(counter, options);
    for (const [options, type, message] of [
      [{ instanceId: undefined }, TypeError, '"instanceId" expected an integer from 0 to 65535, got undefined'],
      [{ instanceId: 65536 }, RangeError, '"instanceId" expected an integer from 0 to 65535, got 65536'],
      [{ counter: undefined }, TypeError, '"counter" expected an object with "reserve", got undefined'],
      [{ counter: {} }, TypeError, '"counter" expected an object with "reserve", got an object (Object)'],
      [{ minBlock: 0 }, RangeError, '"minBlock" expected an integer from 1 to 4294967295, got 0'],
      [{ maxBlock: 4095 }, RangeError, '"maxBlock" expected an integer from 4096 to 4294967295, got 4095'],
      [{ minBlock: 2 ** 21, maxBlock: 7 }, RangeError, '"maxBlock" expected an integer from 2097152 to'],
      [{ timeout: 0 }, RangeError, '"timeout" expected an integer from 1 to 600000, got 0'],
      [{ timeout: "5s" }, TypeError, '"timeout" expected an integer from 1 to 600000, got "5s"'],
      [{ maxWaiting: 0 }, RangeError, '"maxWaiting" expected an integer from 1 to 4294967295, got 0'],
      [{ onLease: 7 }, TypeError, '"onLease" expected a function, got 7'],
      [{ onRollback: {} }, TypeError, '"onRollback" expected a function, got an object (Object)'],
    ] as const) {
      expect(make(options)).toThrow(type);
      expect(make(options)).toThrow(message);
    }
    expect(() => AsyncId64.identity(undefined as never)).toThrow('"options" expected an object, got undefined');
    expect(() => new AsyncId64({ instanceId: 0, counter, engine, permutation: {} as never })).toThrow(
      '"permutation" expected an object with "forward" and "inverse"',
    );
    expect(identity(counter, { minBlock: 2 ** 21 }).stats().blockSize).toBe(2 ** 21);
  });

  test("configs go from one class to the other and back", async () => {
    const ids = AsyncId64.feistel({
      instanceId: 12,
      key: 0x7a69_5847_3625_1403n,
      rounds: 9,
      layout: { instanceBits: 8 },
      minBlock: 77,
      counter: new MemoryCounter(),
      engine,
    });
    const json = JSON.stringify(ids.toConfig());
    const copy = AsyncId64.fromConfig(json, { counter: new MemoryCounter(), engine, timeout: 100 });
    const sync = Id64.fromConfig(json, { counter: new MemoryCounter(), engine });
    expect([copy.engine, sync.engine]).toEqual([engine, engine]);
    expect(copy.toConfig()).toEqual(ids.toConfig());
    expect(sync.toConfig()).toEqual(ids.toConfig());
    expect(await copy.takeU64(10)).toEqual(await ids.takeU64(10));
    expect(copy.stats().blockSize).toBeGreaterThanOrEqual(77);
    expect(() => AsyncId64.fromConfig("{", { counter: new MemoryCounter() })).toThrow(SyntaxError);
    expect(() => AsyncId64.fromConfig(json, {} as never)).toThrow('"counter" expected an object with "reserve"');
    for (const text of [
      inspect(ids, { depth: Infinity, showHidden: true, getters: true }),
      JSON.stringify(ids),
      JSON.stringify(Object.getOwnPropertyDescriptors(ids)),
    ]) {
      expect(text).not.toMatch(/7a69584736251403|8820966129064973315/);
    }
  });

  test("close drops what is at hand; who waits, and who asks later, hears of it; decoding goes on", async () => {
    const store = new Store();
    const { opened, open } = gate();
    const counter = new TestCounter(async (count, _, call) => {
      if (call > 1) await opened;
      return store.take(count);
    });
    const ids = identity(counter, { minBlock: 10, maxBlock: 10 });
    expect(await ids.nextU64()).toBe(0n);
    const waiting = [ids.takeU64(20), ids.takeBase62(20)];
    const closed = ids.close();
    for (const promise of waiting) await expect(promise).rejects.toEqual(code("CLOSED"));
    await closed;
    await ids.close();
    open();
    await sleep(5);
    await expect(ids.nextU64()).rejects.toEqual(code("CLOSED"));
    await expect(ids.batchesBase62(5).next()).rejects.toEqual(code("CLOSED"));
    expect(ids.decode(5n).sequence).toBe(5n);
    expect(counter.calls).toHaveLength(2);
    expect(ids.stats()).toMatchObject({ issued: 1, discarded: 9, leases: { ok: 1 } });
    {
      const { mark } = store;
      await using other = identity(quick(store), { minBlock: 10 });
      expect(await other.nextU64()).toBe(mark);
    }
  });

  test("discardLeases drops what is at hand and what is on its way, and goes on above", async () => {
    const store = new Store();
    const gates = [gate(), gate(), gate()];
    const counter = new TestCounter(async (count, _, call) => {
      const block = store.take(count);
      if (call > 1) await gates[call - 2]?.opened;
      return block;
    });
    const ids = identity(counter, { minBlock: 10, maxBlock: 10 });
    expect(await ids.nextU64()).toBe(0n);
    await sleep(1);
    expect(counter.calls).toHaveLength(2);
    ids.discardLeases();
    await sleep(1);
    // Nobody waits: nothing is reserved until somebody asks.
    expect(counter.calls).toHaveLength(2);
    const next = ids.nextU64();
    gates[0]!.open();
    await sleep(5);
    gates[1]!.open();
    expect(await next).toBe(20n);
    expect(ids.stats()).toMatchObject({ issued: 2, discarded: 9 });
    const bulk = ids.takeU64(50);
    ids.discardLeases();
    gates[2]!.open();
    const numbers = await bulk;
    expect(numbers).toHaveLength(50);
    expect(numbers[0]).toBeGreaterThan(30n);
  });

  test("a buffer that changes while it waits gets nothing, and costs no number", async () => {
    const ids = identity(slow(new Store(), 20));
    const given = new BigUint64Array(8);
    const filled = ids.fillU64(given);
    structuredClone(given, { transfer: [given.buffer] });
    await expect(filled).rejects.toThrow('"out" expected to keep its length of 8, got 0');
    ids.discardLeases();
    const text = new Uint8Array(22);
    const written = ids.fillBase62(text);
    structuredClone(text, { transfer: [text.buffer] });
    await expect(written).rejects.toThrow('"out" expected to keep its length of 22, got 0');
    expect(ids.stats().issued).toBe(0);
  });

  test("a permutation that fails is a rejection, of waiting calls too", async () => {
    let broken = false;
    const permutation: Permutation = { forward: (x) => (broken ? -1n : x), inverse: (y) => y };
    const make = (counter: Counter | TestCounter) => new AsyncId64({ instanceId: 0, counter, permutation, engine });
    const [now, later] = [make(new MemoryCounter()), make(slow(new Store(), 5))];
    expect(await now.nextU64()).toBe(0n);
    broken = true;
    await expect(now.takeU64(5)).rejects.toThrow(RangeError);
    await expect(later.nextBase62()).rejects.toThrow(RangeError);
  });

  test("takes synchronous counters, and what they throw is what is thrown", async () => {
    const counter: Counter = {
      reserve() {
        throw Object.assign(new Error("broken"), { retryable: false });
      },
    };
    const ids = identity(counter);
    await expect(ids.nextU64()).rejects.toThrow("broken");
    expect(await identity(new MemoryCounter({ startAt: 3n })).nextU64()).toBe(3n);
  });

  test("of too many waiting calls, the last ones are refused", async () => {
    const ids = identity(new TestCounter(never), { maxWaiting: 3, timeout: 50 });
    const waiting = [ids.nextU64(), ids.nextBase62(), ids.takeU64(5)];
    const busy = ids.nextU64();
    await expect(busy).rejects.toEqual(code("COUNTER_BUSY"));
    await expect(busy).rejects.toThrow('"maxWaiting" expected at most 3 calls to wait for numbers, got another');
    for (const promise of waiting) await expect(promise).rejects.toEqual(code("COUNTER_TIMEOUT"));
    expect(ids.stats().waits).toMatchObject({ now: 0, total: 3 });
  });
});

test("blocks double while they last less than a minute, and halve above two: within bounds, whatever the clocks say", async () => {
  const store = new Store();
  const counter = quick(store);
  const ids = AsyncId64.identity({ instanceId: 0, counter, minBlock: 100, maxBlock: 1000 });
  let now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const wall = vi.spyOn(Date, "now");
  const issued: bigint[] = [];
  const useUp = async () => {
    // Until the next block is asked for, and comes.
    const { ok } = ids.stats().leases;
    while (ids.stats().leases.ok === ok) {
      issued.push(...(await ids.takeU64(10)));
      await sleep(1);
    }
  };
  try {
    await useUp();
    expect(ids.stats().blockSize).toBe(100);
    const sizes: number[] = [];
    for (const [minutes, hours] of [
      [0, -5],
      [0.5, 100],
      [0.9, -1000],
      [0.1, 3],
      [0.1, 3],
      [1.1, 0],
      [1.9, 9],
      [2.1, -9],
      [1e6, 1],
      [5, 0],
      [5, 0],
      [5, 0],
      [0, 0],
    ] as const) {
      wall.mockReturnValue(hours * 3_600_000);
      now += minutes * 60_000;
      await useUp();
      sizes.push(ids.stats().blockSize);
    }
    expect(sizes).toEqual([200, 400, 800, 1000, 1000, 1000, 1000, 500, 250, 125, 100, 100, 200]);
    expect(counter.calls.every(({ count }) => 100 <= count && count <= 1000)).toBe(true);
    expect(issued).toEqual(range(0, issued.length));
    expect(wall).not.toHaveBeenCalled();
  } finally {
    clock.mockRestore();
    wall.mockRestore();
  }
});

test("a slow trickle costs two blocks of the smallest size", async () => {
  const store = new Store();
  const ids = AsyncId64.identity({ instanceId: 0, counter: quick(store) });
  await ids.nextU64();
  await sleep(5);
  await ids.nextU64();
  await sleep(5);
  expect(store.mark).toBe(8192n);
});
