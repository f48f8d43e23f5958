import fc from "fast-check";
import {
  base62ToU64,
  crockford32ToU64,
  Feistel64Permutation,
  Id64,
  IdentityPermutation,
  Layout64,
  MemoryCounter,
  MultiplyOddPermutation,
  u64ToBase62,
  u64ToCrockford32,
} from "permid64";
import { describe, expect, test } from "vitest";
import { u64 } from "../support/formats.js";
import { ENGINES } from "../support/vectors.js";

const odd = u64.map((a) => a | 1n);
const rounds = fc.integer({ min: 1, max: 20 });

/** Permutations as functions of the engine, so that both run the same parameters. */
const permutation = fc.oneof(
  fc.constant((engine: "wasm" | "bigint") => new IdentityPermutation({ engine })),
  fc.tuple(odd, u64).map(
    ([a, b]) =>
      (engine: "wasm" | "bigint") =>
        new MultiplyOddPermutation({ a, b, engine }),
  ),
  fc.tuple(u64, rounds).map(
    ([key, rounds]) =>
      (engine: "wasm" | "bigint") =>
        new Feistel64Permutation({ key, rounds, engine }),
  ),
);

describe.each(ENGINES)("%s engine", (engine) => {
  test("a permutation and its inverse undo each other, one by one and in bulk", () => {
    fc.assert(
      fc.property(permutation, fc.array(u64, { maxLength: 40 }), (make, values) => {
        const permutation = make(engine);
        expect(permutation.engine).toBe(engine);
        for (const x of values) {
          expect(permutation.inverse(permutation.forward(x))).toBe(x);
          expect(permutation.forward(permutation.inverse(x))).toBe(x);
        }
        const xs = BigUint64Array.from(values);
        permutation.forwardMany(xs);
        expect([...xs]).toEqual(values.map((x) => permutation.forward(x)));
        permutation.inverseMany(xs);
        expect([...xs]).toEqual(values);
      }),
    );
  });

  test("bulk calls agree with single ones at every length around the batch size", () => {
    for (const length of [1, 2, 7, 8, 9, 1023, 1024, 1025, 2049]) {
      const fresh = () => Id64.feistel({ instanceId: 5, counter: new MemoryCounter(), blockSize: 1000, engine });
      const single = fresh();
      expect(single.engine).toBe(engine);
      const ids = Array.from({ length }, () => single.nextU64());
      expect([...fresh().takeU64(length)]).toEqual(ids);
      expect(fresh().takeBase62(length)).toEqual(ids.map(u64ToBase62));
      expect(fresh().takeBase32(length)).toEqual(ids.map(u64ToCrockford32));
      const { sequence } = fresh().decodeManyBase62(ids.map(u64ToBase62));
      expect(sequence).toEqual(BigUint64Array.from({ length }, (_, i) => BigInt(i)));
    }
  });

  test("a changed bit of the raw changes about half of a Feistel id's bits", () => {
    const permutation = new Feistel64Permutation({ key: 0x0123_4567_89ab_cdefn, engine });
    const trials = 64;
    for (let bit = 0n; bit < 64n; bit++) {
      let changed = 0;
      for (let i = 0; i < trials; i++) {
        const x = BigInt.asUintN(64, BigInt(i) * 0x9e37_79b9_7f4a_7c15n);
        const difference = permutation.forward(x) ^ permutation.forward(x ^ (1n << bit));
        changed += difference.toString(2).replaceAll("0", "").length;
      }
      // 4096 coins: the standard deviation is 32, and 6 of them hold for all 64 bits.
      expect(Math.abs(changed - 32 * trials)).toBeLessThan(6 * 32);
    }
  });

  test("what a generator issues, it decodes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), u64, u64, u64, (instanceBits, instance, sequence, key) => {
        const layout = new Layout64({ instanceBits });
        const instanceId = Number(instance % BigInt(layout.maxInstanceId + 1));
        const start = sequence & layout.maxSequence;
        const ids = Id64.feistel({ instanceId, counter: new MemoryCounter({ start }), key, layout, engine });
        const token = ids.nextBase62();
        expect(ids.decodeBase62(token)).toEqual({
          raw: layout.compose(instanceId, start),
          instanceId,
          sequence: start,
        });
      }),
    );
  });
});

test("the engines agree", () => {
  fc.assert(
    fc.property(permutation, fc.array(u64, { maxLength: 40 }), (make, values) => {
      const [wasm, bigint] = [make("wasm"), make("bigint")];
      expect([wasm.engine, bigint.engine]).toEqual(["wasm", "bigint"]);
      const [xs, ys] = [BigUint64Array.from(values), BigUint64Array.from(values)];
      wasm.forwardMany(xs);
      bigint.forwardMany(ys);
      expect(xs).toEqual(ys);
      for (const x of values) {
        expect(wasm.forward(x)).toBe(bigint.forward(x));
        expect(wasm.inverse(x)).toBe(bigint.inverse(x));
      }
    }),
  );
});

test("each u64 has one token, and each token one u64", () => {
  fc.assert(
    fc.property(u64, (value) => {
      expect(base62ToU64(u64ToBase62(value))).toBe(value);
      expect(crockford32ToU64(u64ToCrockford32(value))).toBe(value);
      expect(crockford32ToU64(u64ToCrockford32(value).toLowerCase(), { strict: false })).toBe(value);
    }),
  );
  const anyToken = (alphabet: string, length: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet, "!", "é", "٠", "l"), minLength: length - 1, maxLength: length + 1 });
  const reencodes = (token: string, decode: (token: string) => bigint, encode: (value: bigint) => string) => {
    let value: bigint;
    try {
      value = decode(token);
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
      return;
    }
    expect(encode(value)).toBe(token);
  };
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  fc.assert(fc.property(anyToken(alphabet, 11), (token) => reencodes(token, base62ToU64, u64ToBase62)));
  fc.assert(
    fc.property(anyToken(alphabet.slice(0, 36), 13), (token) => reencodes(token, crockford32ToU64, u64ToCrockford32)),
  );
});

test("layouts compose and decompose", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 32 }), u64, (instanceBits, raw) => {
      const layout = new Layout64({ instanceBits });
      const { instanceId, sequence } = layout.decompose(raw);
      expect(layout.compose(instanceId, sequence)).toBe(raw);
    }),
  );
});
