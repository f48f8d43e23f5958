import fc from "fast-check";
import {
  AsyncId64,
  type Block,
  ClosedError,
  type Counter,
  generateKey,
  Id64,
  MemoryCounter,
  TokenFormat,
  TokensRejectedError,
} from "permid64";
import { describe, expect, test } from "vitest";
import { CODECS, codeOf, prefix } from "../support/formats.js";
import { ENGINES } from "../support/vectors.js";

// Generators with a token format of their own, and with `accept`.

/** Remembers how many numbers were reserved. */
class CountingCounter implements Counter {
  reserved = 0n;
  readonly #inner = new MemoryCounter();

  reserve(count: number): Block {
    const block = this.#inner.reserve(count);
    this.reserved = block.end;
    return block;
  }
}

describe.each(ENGINES)("%s engine", (engine) => {
  const options = fc.record({ prefix, codec: fc.constantFrom(...CODECS), check: fc.boolean() });

  test("tokens of a generator are its ids' in its format, by every method", () => {
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (options, n, blockSize) => {
          const key = generateKey();
          const fresh = () =>
            Id64.speck({ instanceId: 3, counter: new MemoryCounter(), key, engine, blockSize, ...options });
          const ids = fresh();
          expect(ids.engine).toBe(engine);
          const format = new TokenFormat({ ...options, engine });
          const expected = Array.from(fresh().takeU64(n), (id) => format.encode(id));
          expect(fresh().takeTokens(n)).toEqual(expected);
          expect(Array.from({ length: n }, () => ids.nextToken())).toEqual(expected);
          expect(ids.format.pattern).toEqual(format.pattern);
          expected.forEach((token, i) => {
            const decoded = { raw: (3n << 48n) | BigInt(i), instanceId: 3, sequence: BigInt(i) };
            expect(ids.decodeToken(token)).toEqual(decoded);
          });
          expect(ids.decodeManyTokens(expected)).toEqual({
            instanceId: new Uint32Array(n).fill(3),
            sequence: BigUint64Array.from({ length: n }, (_, i) => BigInt(i)),
          });
          const copy = Id64.fromConfig(JSON.stringify(ids.toConfig()), { counter: new MemoryCounter(), engine });
          expect(copy.engine).toBe(engine);
          expect(copy.toConfig()).toEqual(ids.toConfig());
          expect(copy.takeTokens(n)).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a config holds the format where it is not the default, and the key as 32 digits", () => {
    const key = "000102030405060708090A0B0C0D0E0F";
    const make = (options: object) =>
      Id64.speck({ instanceId: 3, counter: new MemoryCounter(), key, engine, ...options }).toConfig();
    const common = {
      permutation: { kind: "speck", key: key.toLowerCase() },
      instanceId: 3,
      layout: { instanceBits: 16, sequenceBits: 48 },
      blockSize: 4096,
    };
    expect(make({})).toEqual(common);
    expect(make({ prefix: "", codec: "base62", check: false })).toEqual(common);
    expect(make({ prefix: "ord", codec: "crockford32", check: true })).toEqual({
      ...common,
      prefix: "ord",
      codec: "crockford32",
      check: true,
    });
    const wrong = { ...common, prefix: "Ord" } as never;
    expect(codeOf(() => Id64.fromConfig(wrong, { counter: new MemoryCounter() }))).toBe("ERR_PERMID64_OUT_OF_RANGE");
  });

  test("wrong tokens are refused with their code, and among many with their place", () => {
    const ids = Id64.feistel({ instanceId: 3, counter: new MemoryCounter(), prefix: "ord", check: true, engine });
    const [a, b, c] = ids.takeTokens(3) as [string, string, string];
    const otherCheck = a.slice(0, -1) + (a.endsWith("0") ? "1" : "0");
    const body = new TokenFormat({ prefix: "ord", check: true }).encode(1).slice(4, -1);
    for (const [wrong, code] of [
      [a.replace("ord", "usr"), "ERR_PERMID64_TOKEN_PREFIX"],
      [otherCheck, "ERR_PERMID64_TOKEN_CHECK"],
      [a.slice(0, -1), "ERR_PERMID64_INVALID_TOKEN"],
      [`ord_${body}`, "ERR_PERMID64_INVALID_TOKEN"],
      [a.replace(/.$/, "!"), "ERR_PERMID64_INVALID_TOKEN"],
      [7, "ERR_PERMID64_INVALID_TYPE"],
      [undefined, "ERR_PERMID64_INVALID_TYPE"],
    ] as [string, string][]) {
      expect(codeOf(() => ids.decodeToken(wrong))).toBe(code);
      expect(() => ids.decodeManyTokens([b, c, wrong])).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('"tokens[2]" expected') }),
      );
    }
    expect(codeOf(() => ids.decodeManyTokens(a as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    const { sequence } = ids.decodeManyTokens([]);
    expect(sequence).toHaveLength(0);
    // Without prefix and check character, the codec alone reads them.
    const plain = Id64.feistel({ instanceId: 3, counter: new MemoryCounter(), engine });
    expect(() => plain.decodeManyTokens([plain.nextToken(), "x"])).toThrow(/^"tokens\[1\]" expected a base62 token/);
  });

  test("a rejected token is a gap: nothing repeats, nothing is re-encoded, by any method", () => {
    const calls = fc.array(fc.record({ kind: fc.integer({ min: 0, max: 8 }), n: fc.integer({ min: 1, max: 40 }) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        calls,
        options,
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(..."013579ACEGMPRTVX"),
        (calls, format, blockSize, disliked) => {
          const common = { instanceId: 5, blockSize, engine, key: 99n, ...format };
          const accept = (token: string) => !token.slice(-12).includes(disliked);
          const seen: string[] = [];
          const ids = Id64.feistel({
            ...common,
            counter: new MemoryCounter(),
            accept(token) {
              seen.push(token);
              return accept(token);
            },
          });
          const issued: bigint[] = [];
          const keep = (tokens: string[], decode: (token: string) => { sequence: bigint }) =>
            issued.push(...tokens.map((token) => decode(token).sequence));
          for (const { kind, n } of calls) {
            if (kind === 0) issued.push(ids.decode(ids.nextU64()).sequence);
            if (kind === 1) keep([ids.nextBase62()], (token) => ids.decodeBase62(token));
            if (kind === 2) keep([ids.nextBase32()], (token) => ids.decodeBase32(token));
            if (kind === 3) keep([ids.nextToken()], (token) => ids.decodeToken(token));
            if (kind === 4) issued.push(...Array.from(ids.takeU64(n), (id) => ids.decode(id).sequence));
            if (kind === 5) keep(ids.takeBase62(n), (token) => ids.decodeBase62(token));
            if (kind === 6) keep(ids.takeBase32(n), (token) => ids.decodeBase32(token));
            if (kind === 7) keep(ids.takeTokens(n), (token) => ids.decodeToken(token));
            if (kind === 8) {
              const bytes = new Uint8Array(12 * n + 5);
              expect(ids.fillBase62(bytes, { separator: 44 })).toBe(n);
              expect([...bytes.subarray(12 * n)]).toEqual([0, 0, 0, 0, 0]);
              issued.push(...ids.decodeManyBase62(bytes.subarray(0, 12 * n), { separator: 44 }).sequence);
            }
          }
          // Exactly the accepted ones of the same numbers without a predicate, which was shown each token once and in order.
          const plain = Id64.feistel({ ...common, counter: new MemoryCounter() });
          const tokens = seen.length === 0 ? [] : plain.takeTokens(seen.length);
          expect(seen).toEqual(tokens);
          expect(issued).toEqual(tokens.flatMap((token, i) => (accept(token) ? [BigInt(i)] : [])));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("fillU64 and fillBase62 leave the caller's array as it is if they throw", () => {
    let left = 5;
    const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept: () => left-- > 0 });
    const numbers = new BigUint64Array(10).fill(9n);
    expect(() => ids.fillU64(numbers)).toThrow(TokensRejectedError);
    expect(numbers).toEqual(new BigUint64Array(10).fill(9n));
    left = 5;
    const bytes = new Uint8Array(110).fill(9);
    expect(() => ids.fillBase62(bytes)).toThrow(TokensRejectedError);
    expect(bytes).toEqual(new Uint8Array(110).fill(9));
    left = 5;
    for (const take of [
      () => ids.takeU64(6),
      () => ids.takeBase62(6),
      () => ids.takeBase32(6),
      () => ids.takeTokens(6),
    ]) {
      expect(take).toThrow(TokensRejectedError);
      left = 5;
    }
  });

  test("a thousand rejections in a row are too many, and have used a thousand numbers", () => {
    const counter = new CountingCounter();
    let calls = 0;
    let rejected = 999;
    const ids = Id64.identity({ instanceId: 0, counter, engine, blockSize: 1, accept: () => ++calls > rejected });
    // 999 are not too many.
    expect(ids.nextU64()).toBe(999n);
    calls = 0;
    rejected = 1000;
    for (const issue of [() => ids.nextU64(), () => ids.nextBase62(), () => ids.nextBase32(), () => ids.nextToken()]) {
      calls = 0;
      expect(issue).toThrow(
        expect.objectContaining({
          name: "TokensRejectedError",
          code: "ERR_PERMID64_TOKENS_REJECTED",
          retryable: false,
          message: '"accept" rejected 1000 tokens in a row',
        }),
      );
      expect(calls).toBe(1000);
    }
    expect(counter.reserved).toBe(5000n);
    calls = 1000;
    expect(ids.nextU64()).toBe(5000n);
  });

  test("what the predicate throws, issuing throws, and the number is a gap", () => {
    let fails = true;
    const accept = () => {
      if (fails) throw new Error("no dictionary");
      return true;
    };
    const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept });
    expect(() => ids.nextToken()).toThrow("no dictionary");
    expect(() => ids.takeU64(3)).toThrow("no dictionary");
    fails = false;
    expect(ids.nextU64()).toBe(2n);
  });

  test("a predicate that answers no boolean is an error: a promise would accept everything", () => {
    for (const answer of [Promise.resolve(false), undefined, 1, "yes"]) {
      const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept: () => answer as never });
      expect(codeOf(() => ids.nextToken())).toBe("ERR_PERMID64_INVALID_TYPE");
    }
    for (const accept of ["no", 7, null, {}]) {
      expect(
        codeOf(() => Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept: accept as never })),
      ).toBe("ERR_PERMID64_INVALID_TYPE");
    }
  });

  test("a predicate may issue from its own generator", () => {
    const counter = new MemoryCounter();
    const inner: bigint[] = [];
    let depth = 0;
    const ids: Id64 = Id64.identity({
      instanceId: 0,
      counter,
      engine,
      accept() {
        depth++;
        if (depth === 1) inner.push(ids.nextU64());
        depth--;
        return true;
      },
    });
    const outer = [...ids.takeU64(3)];
    expect([outer, inner]).toEqual([
      [0n, 2n, 4n],
      [1n, 3n, 5n],
    ]);
  });

  test("close ends it as any other", () => {
    const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept: () => true });
    expect(ids.nextU64()).toBe(0n);
    ids.close();
    for (const issue of [() => ids.nextToken(), () => ids.takeTokens(1), () => ids.fillU64(new BigUint64Array(1))]) {
      expect(codeOf(issue)).toBe("ERR_PERMID64_CLOSED");
    }
    expect(ids.decode(1).sequence).toBe(1n);
  });

  test("a config has no predicate, so fromConfig takes one", () => {
    const accept = (token: string) => !token.endsWith("1");
    const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine, accept });
    const config = ids.toConfig();
    expect(config).not.toHaveProperty("accept");
    const copy = Id64.fromConfig(config, { counter: new MemoryCounter(), engine, accept });
    expect([...copy.takeU64(3)]).toEqual([0n, 2n, 3n]);
    expect([...Id64.fromConfig(config, { counter: new MemoryCounter(), engine }).takeU64(3)]).toEqual([0n, 1n, 2n]);
    for (const wrong of ["no", "", null, false, 0]) {
      const options = { counter: new MemoryCounter(), engine, accept: wrong as never };
      expect(codeOf(() => Id64.fromConfig(config, options))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
  });
});

describe("an accept that drops the numbers at hand", () => {
  const COUNT = 5;

  // The first, the third and the last of five: in the middle of a call, and in its last batch.
  test.each([0, 2, 4])("AsyncId64 starts the call anew where discardLeases was called for id %i", async (at) => {
    const asked: string[] = [];
    const ids = AsyncId64.identity({
      instanceId: 0,
      counter: new MemoryCounter(),
      minBlock: 10,
      accept(token) {
        if (asked.push(token) - 1 === at) ids.discardLeases();
        return true;
      },
    });
    const issued = await ids.takeU64(COUNT);
    expect(issued).toEqual(BigUint64Array.from({ length: COUNT }, (_, i) => 10n + BigInt(i)));
    expect(asked).toHaveLength(at + 1 + COUNT);
    await ids.close();
  });

  test("AsyncId64 issues nothing from a call in which it was closed", async () => {
    const ids = AsyncId64.identity({
      instanceId: 0,
      counter: new MemoryCounter(),
      accept() {
        void ids.close();
        return true;
      },
    });
    await expect(ids.nextU64()).rejects.toThrow(ClosedError);
  });

  test("Id64 issues nothing from a call in which it was closed", () => {
    const asked: string[] = [];
    const ids = Id64.identity({
      instanceId: 0,
      counter: new MemoryCounter(),
      accept(token) {
        if (asked.push(token) === COUNT) ids.close();
        return true;
      },
    });
    expect(() => ids.takeU64(COUNT)).toThrow(ClosedError);
    expect(asked).toHaveLength(COUNT);
  });

  test.each([1, 2])("a call ends where every %i. accepted id drops the numbers at hand", async (every) => {
    let asked = 0;
    const ids = AsyncId64.identity({
      instanceId: 0,
      counter: new MemoryCounter(),
      minBlock: 1,
      accept() {
        if (++asked % every === 0) ids.discardLeases();
        return true;
      },
    });
    await expect(ids.takeU64(COUNT)).rejects.toThrow(TokensRejectedError);
    expect(asked).toBe(1000 * every);
    await ids.close();
  });
});
