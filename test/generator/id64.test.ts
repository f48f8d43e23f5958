import fc from "fast-check";
import { type Block, type Claim, type Counter, Id64, MemoryCounter, type Permutation } from "permid64";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/vectors.js";

/** A real counter that also records what it was asked for and gave. */
class RecordingCounter implements Counter {
  readonly counts: number[] = [];
  readonly claims: Claim[] = [];
  readonly #inner: MemoryCounter;

  constructor(start = 0n) {
    this.#inner = new MemoryCounter({ startAt: start });
  }

  open(claim: Claim): void {
    this.claims.push(claim);
  }

  reserve(count: number, claim: Claim): Block {
    this.counts.push(count);
    return this.#inner.reserve(count, claim);
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => BigInt(from + i));

test("a counter that answers later is refused, with the class that takes it", async () => {
  const counter = {
    open: async () => Promise.reject(new Error("the store is away")),
    reserve: () => expect.fail("asked"),
  };
  expect(() => Id64.identity({ instanceId: 1, counter: counter as never })).toThrow(
    expect.objectContaining({ code: "ERR_PERMID64_INVALID_TYPE", message: expect.stringContaining("use AsyncId64") }),
  );
  await new Promise(setImmediate); // An unhandled rejection would fail the run.
});

describe.each(ENGINES)("%s engine", (engine) => {
  const identity = (counter: Counter, blockSize = 4096, instanceId = 0) => {
    const ids = Id64.identity({ instanceId, counter, blockSize, engine });
    expect(ids.engine).toBe(engine);
    return ids;
  };

  test("all ways to issue draw from one stream: no number repeats, none is skipped", () => {
    const calls = fc.array(fc.record({ kind: fc.integer({ min: 0, max: 6 }), n: fc.integer({ min: 1, max: 60 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 50 }), (calls, blockSize) => {
        const ids = identity(new MemoryCounter(), blockSize);
        const issued: bigint[] = [];
        const tokens = (texts: string[], decode: (token: string) => { sequence: bigint }) =>
          issued.push(...texts.map((token) => decode(token).sequence));
        for (const { kind, n } of calls) {
          if (kind === 0) issued.push(ids.nextU64());
          if (kind === 1) tokens([ids.nextBase62()], (token) => ids.decodeBase62(token));
          if (kind === 2) tokens([ids.nextBase32()], (token) => ids.decodeBase32(token));
          if (kind === 3) issued.push(...ids.takeU64(n));
          if (kind === 4) tokens(ids.takeBase62(n), (token) => ids.decodeBase62(token));
          if (kind === 5) tokens(ids.takeBase32(n), (token) => ids.decodeBase32(token));
          if (kind === 6) {
            const bytes = new Uint8Array(12 * n + 5);
            expect(ids.fillBase62(bytes, { separator: 44 })).toBe(n);
            expect([...bytes.subarray(12 * n)]).toEqual([0, 0, 0, 0, 0]);
            issued.push(...ids.decodeManyBase62(bytes.subarray(0, 12 * n), { separator: 44 }).sequence);
          }
        }
        expect(issued).toEqual(range(0, issued.length));
      }),
    );
  });

  test("one reservation per block for single calls, one per bulk call beyond it", () => {
    const counter = new RecordingCounter();
    const ids = identity(counter, 100);
    expect(counter.counts).toEqual([]);
    for (let i = 0; i < 250; i++) ids.nextU64();
    expect(counter.counts).toEqual([100, 100, 100]);
    expect([...ids.takeU64(50)]).toEqual(range(250, 300));
    expect(counter.counts).toHaveLength(3);
    ids.takeU64(30);
    ids.takeBase62(5000);
    expect(counter.counts).toEqual([100, 100, 100, 100, 4930]);
    expect(ids.nextU64()).toBe(5330n);
  });

  test("tells its counter for whom it reserves", () => {
    const counter = new RecordingCounter();
    identity(counter, 1, 7).nextU64();
    Id64.feistel({ instanceId: 0, counter, layout: { instanceBits: 32 }, engine }).nextU64();
    expect(counter.claims).toEqual([
      { instanceId: 7, limit: 2n ** 48n, fingerprint: expect.stringMatching(/^16\+48:[0-9a-f]{8}$/) },
      { instanceId: 0, limit: 2n ** 32n, fingerprint: expect.stringMatching(/^32\+32:[0-9a-f]{8}$/) },
    ]);
  });

  test("the last numbers are issued exactly, then it is exhausted for ever", () => {
    const layout = { instanceBits: 32 };
    const start = 2n ** 32n - 5n;
    const ids = Id64.identity({
      instanceId: 2 ** 32 - 1,
      counter: new MemoryCounter({ startAt: start }),
      layout,
      engine,
    });
    const exhausted = expect.objectContaining({
      name: "CounterExhaustedError",
      code: "ERR_PERMID64_COUNTER_EXHAUSTED",
    });
    expect(ids.nextU64()).toBe(2n ** 64n - 5n);
    expect(() => ids.takeU64(5)).toThrow(exhausted);
    expect(() => ids.fillBase62(new Uint8Array(99))).toThrow(exhausted);
    expect([...ids.takeU64(3)]).toEqual([2n ** 64n - 4n, 2n ** 64n - 3n, 2n ** 64n - 2n]);
    expect(ids.nextBase62()).toBe("LygHa16AHYF");
    for (let i = 0; i < 3; i++) expect(() => ids.nextU64()).toThrow(exhausted);
  });

  test("close drops the rest of the block: a gap, never a repeat; the counter stays its owner's", () => {
    const counter = new MemoryCounter();
    const first = identity(counter, 10);
    expect(first.nextU64()).toBe(0n);
    first.close();
    first.close();
    expect(() => first.nextU64()).toThrow(expect.objectContaining({ code: "ERR_PERMID64_CLOSED" }));
    expect(first.decode(5n).sequence).toBe(5n);
    {
      using second = identity(counter, 10);
      expect(second.nextU64()).toBe(10n);
    }
    expect(identity(counter, 10).nextU64()).toBe(20n);
  });

  test("a permutation of the user's own runs on both engines", () => {
    const complement: Permutation = { forward: (x) => x ^ (2n ** 64n - 1n), inverse: (y) => y ^ (2n ** 64n - 1n) };
    const ids = new Id64({ instanceId: 3, counter: new MemoryCounter(), permutation: complement, engine });
    expect(ids.engine).toBe(engine);
    const top = 2n ** 64n - 1n - (3n << 48n);
    expect(ids.nextU64()).toBe(top);
    expect(ids.decodeBase62(ids.nextBase62()).sequence).toBe(1n);
    expect(ids.decodeBase32(ids.nextBase32()).sequence).toBe(2n);
    expect([...ids.takeU64(2)]).toEqual([top - 3n, top - 4n]);
    const bytes = new Uint8Array(11 * 3000);
    ids.fillBase62(bytes);
    const { instanceId, sequence } = ids.decodeManyBase62(bytes);
    expect([...sequence]).toEqual(range(5, 3005));
    expect(new Set(instanceId)).toEqual(new Set([3]));
    expect(() => ids.toConfig()).toThrow(TypeError);
  });

  test("a permutation that leaves the u64 is an error, and its result is not shown", () => {
    const make = (forward: (x: bigint) => bigint) =>
      new Id64({ instanceId: 0, counter: new MemoryCounter(), permutation: { forward, inverse: (y) => y }, engine });
    expect(() => make((x) => x + 2n ** 64n)).toThrow(
      expect.objectContaining({
        name: "RangeError",
        message:
          '"permutation.forward(x)" expected a bigint, a safe integer or a decimal string, from 0 to 2^64 - 1, got another bigint',
      }),
    );
    // As of one that computes in doubles.
    expect(() => make((x) => Number(x) as unknown as bigint)).toThrow(RangeError);
    expect(() => make(() => undefined as unknown as bigint)).toThrow(TypeError);
  });

  test("a decoded id is frozen", () => {
    expect(Object.isFrozen(identity(new MemoryCounter()).decode(1n))).toBe(true);
  });

  test("views into larger buffers are filled in their own bounds", () => {
    const ids = identity(new MemoryCounter());
    const memory = new BigUint64Array(10).fill(99n);
    ids.fillU64(memory.subarray(2, 8));
    expect([...memory]).toEqual([99n, 99n, 0n, 1n, 2n, 3n, 4n, 5n, 99n, 99n]);
    const shared = new BigUint64Array(new SharedArrayBuffer(32));
    ids.fillU64(shared);
    expect([...shared]).toEqual([6n, 7n, 8n, 9n]);
    const bytes = new Uint8Array(40).fill(1);
    ids.fillBase62(Buffer.from(bytes.buffer, 3, 30));
    expect(Buffer.from(bytes).toString("latin1")).toBe(`\x01\x01\x010000000000A0000000000B${"\x01".repeat(15)}`);
  });

  test("tokens are decoded whatever array or buffer they come in", () => {
    const ids = identity(new MemoryCounter());
    expect(ids.decodeManyBase62([])).toEqual({ instanceId: new Uint32Array(), sequence: new BigUint64Array() });
    expect(ids.decodeManyBase62(new Uint8Array())).toEqual(ids.decodeManyBase62([]));
    const lines = Buffer.from("0000000000A\n0000000000B\n");
    expect([...ids.decodeManyBase62(lines, { separator: 10 }).sequence]).toEqual([10n, 11n]);
    expect([...ids.decodeManyBase62(lines.subarray(0, 23), { separator: 10 }).sequence]).toEqual([10n, 11n]);
  });
});

test("generators share an engine without disturbing each other", () => {
  const fresh = (key: bigint) => Id64.feistel({ instanceId: 0, counter: new MemoryCounter(), key, engine: "wasm" });
  const [a, b, c, d] = [fresh(1n), fresh(2n), fresh(1n), fresh(2n)];
  const mixed = Array.from({ length: 2000 }, () => [a.nextU64(), b.nextU64()] as const);
  expect(mixed.map(([id]) => id)).toEqual([...c.takeU64(2000)]);
  expect(mixed.map(([, id]) => id)).toEqual([...d.takeU64(2000)]);
});

test("a memory counter serves generators of one layout and permutation", () => {
  const counter = new MemoryCounter();
  Id64.feistel({ instanceId: 1, counter });
  Id64.feistel({ instanceId: 2, counter });
  expect(() => Id64.feistel({ instanceId: 1, counter, key: 5n })).toThrow(
    expect.objectContaining({ code: "ERR_PERMID64_COUNTER_CONFIG" }),
  );
});
