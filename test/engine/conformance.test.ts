import fc from "fast-check";
import { Id64, Id64Decoder, Layout64, MemoryCounter, TokenFormat } from "permid64";
import { describe, expect, test } from "vitest";
import { ALPHABETS, CODECS, near, read, U64_MAX, u64, written } from "../support/formats.js";
import { KINDS } from "../support/permutations.js";
import { ENGINES } from "../support/vectors.js";

// The one suite that both engines must pass: every permutation and codec against a reference written from SPEC.md, by every
// way into the engine. To add a permutation, add it to KINDS.

/** Around the vectors' groups of 4 and 16, and around the batch of 1024. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 1008, 1023, 1024, 1025, 2049, 5000];

/** Values that differ in all their bits. */
const spread = (length: number) =>
  BigUint64Array.from({ length }, (_, i) => BigInt.asUintN(64, BigInt(i) * 0x9e37_79b9_7f4a_7c15n));

const ones = (x: bigint) => x.toString(2).replaceAll("0", "").length;

describe.each(ENGINES)("%s engine", (engine) => {
  describe.each(KINDS)("$kind", ({ sample, fixed }) => {
    test("computes what the reference does, one by one and in bulk, and undoes it", () => {
      fc.assert(
        fc.property(sample, fc.array(u64, { maxLength: 40 }), ({ make, reference }, values) => {
          const permutation = make(engine);
          expect(permutation.engine).toBe(engine);
          const [images, origins] = [values.map(reference.forward), values.map(reference.inverse)];
          expect(values.map((x) => permutation.forward(x))).toEqual(images);
          expect(values.map((y) => permutation.inverse(y))).toEqual(origins);
          expect(images.map((y) => permutation.inverse(y))).toEqual(values);
          expect(origins.map((x) => permutation.forward(x))).toEqual(values);
          const xs = BigUint64Array.from(values);
          permutation.forwardMany(xs);
          expect([...xs]).toEqual(images);
          permutation.inverseMany(xs);
          expect([...xs]).toEqual(values);
          permutation.inverseMany(xs);
          expect([...xs]).toEqual(origins);
        }),
      );
    });

    test.each(LENGTHS)("%i in bulk", (length) => {
      const [{ make, reference }] = fixed;
      const permutation = make(engine);
      expect(permutation.engine).toBe(engine);
      const values = spread(length);
      const xs = values.slice();
      permutation.forwardMany(xs);
      expect(xs).toEqual(values.map(reference.forward));
      permutation.inverseMany(xs);
      expect(xs).toEqual(values);
      permutation.inverseMany(xs);
      expect(xs).toEqual(values.map(reference.inverse));
    });

    test.each(
      LENGTHS.slice(1),
    )("a generator issues %i images of its numbers by every method, and reads them", (length) => {
      const [{ make, reference }] = fixed;
      const options = { permutation: make(engine), engine };
      const fresh = () => {
        const ids = new Id64({ ...options, instanceId: 0xbeef, counter: new MemoryCounter(), blockSize: 1000 });
        expect(ids.engine).toBe(engine);
        return ids;
      };
      const sequence = BigUint64Array.from({ length }, (_, i) => BigInt(i));
      const expected = { instanceId: new Uint32Array(length).fill(0xbeef), sequence };
      const ids = Array.from(sequence, (i) => reference.forward((0xbeefn << 48n) | i));
      const [base62, base32] = CODECS.map((codec) => ids.map((id) => written(codec, id)));

      const [a, b, c, d] = [fresh(), fresh(), fresh(), fresh()];
      expect(ids.map(() => a.nextU64())).toEqual(ids);
      expect(ids.map(() => b.nextBase62())).toEqual(base62);
      expect(ids.map(() => c.nextBase32())).toEqual(base32);
      expect(ids.map(() => d.nextToken())).toEqual(base62);
      expect([...fresh().takeU64(length)]).toEqual(ids);
      expect(fresh().takeBase62(length)).toEqual(base62);
      expect(fresh().takeBase32(length)).toEqual(base32);
      expect(fresh().takeTokens(length)).toEqual(base62);
      const u64s = new BigUint64Array(length);
      fresh().fillU64(u64s);
      expect([...u64s]).toEqual(ids);
      const plain = new Uint8Array(11 * length);
      expect(fresh().fillBase62(plain)).toBe(length);
      expect(new TextDecoder().decode(plain)).toBe(base62!.join(""));
      const lines = new Uint8Array(12 * length);
      expect(fresh().fillBase62(lines, { separator: 10 })).toBe(length);
      expect(new TextDecoder().decode(lines)).toBe(base62!.map((token) => `${token}\n`).join(""));

      const decoder = new Id64Decoder(options);
      expect(decoder.engine).toBe(engine);
      expect(decoder.decodeMany(u64s)).toEqual(expected);
      for (const tokens of [base62!, plain]) expect(decoder.decodeManyBase62(tokens)).toEqual(expected);
      expect(decoder.decodeManyBase62(lines, { separator: 10 })).toEqual(expected);
      const bytes32 = new TextEncoder().encode(base32!.join(""));
      for (const tokens of [base32!, bytes32]) expect(decoder.decodeManyBase32(tokens)).toEqual(expected);
      const last = { raw: (0xbeefn << 48n) | BigInt(length - 1), instanceId: 0xbeef, sequence: BigInt(length - 1) };
      expect(decoder.decode(ids.at(-1)!)).toEqual(last);
      expect(decoder.decodeBase62(base62!.at(-1)!)).toEqual(last);
      expect(decoder.decodeBase32(base32!.at(-1)!)).toEqual(last);
    });
  });

  test.each(KINDS.filter(({ mixes }) => mixes))("$kind: a changed bit of the input changes about half of the output", ({
    fixed,
  }) => {
    const permutation = fixed[0].make(engine);
    expect(permutation.engine).toBe(engine);
    const inputs = spread(64);
    for (let bit = 0n; bit < 64n; bit++) {
      const changed = inputs.reduce(
        (n, x) => n + ones(permutation.forward(x) ^ permutation.forward(x ^ (1n << bit))),
        0,
      );
      // 4096 coins: the standard deviation is 32, and 6 of them hold for all 64 bits.
      expect(Math.abs(changed - 32 * inputs.length)).toBeLessThan(6 * 32);
    }
  });

  test("all take turns on one engine without disturbing each other", () => {
    const all = KINDS.flatMap(({ fixed }) => fixed).map(({ make, reference }) => {
      const permutation = make(engine);
      expect(permutation.engine).toBe(engine);
      return { permutation, reference };
    });
    for (const x of spread(50)) {
      expect(all.map(({ permutation }) => [permutation.forward(x), permutation.inverse(x)])).toEqual(
        all.map(({ reference }) => [reference.forward(x), reference.inverse(x)]),
      );
    }
  });

  test("a generator reads what it issued, whatever its layout", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), u64, u64, u64, (instanceBits, instance, sequence, key) => {
        const layout = new Layout64({ instanceBits });
        const instanceId = Number(instance % BigInt(layout.maxInstanceId + 1));
        const start = sequence & layout.maxSequence;
        const counter = new MemoryCounter({ startAt: start });
        const ids = Id64.feistel({ instanceId, counter, key, layout, engine });
        expect(ids.engine).toBe(engine);
        expect(ids.decodeBase62(ids.nextBase62())).toEqual({
          raw: layout.compose(instanceId, start),
          instanceId,
          sequence: start,
        });
      }),
    );
  });

  describe.each(CODECS)("%s", (codec) => {
    const format = new TokenFormat({ codec, engine });
    const decoder = Id64Decoder.identity({ layout: { instanceBits: 0 }, engine });
    const decodeMany = (tokens: Uint8Array | string[], options?: { separator: number }) =>
      codec === "base62" ? decoder.decodeManyBase62(tokens, options) : decoder.decodeManyBase32(tokens, options);
    const decodeOne = (token: string) =>
      codec === "base62" ? decoder.tryDecodeBase62(token) : decoder.tryDecodeBase32(token);
    const bytes = (text: string) => new TextEncoder().encode(text);

    test("writes what the reference writes, and reads it back, as strings, bytes and lines", () => {
      expect(decoder.engine).toBe(engine);
      fc.assert(
        fc.property(fc.array(u64, { minLength: 1, maxLength: 40 }), (values) => {
          const tokens = values.map((value) => written(codec, value));
          expect(values.map((value) => format.encode(value))).toEqual(tokens);
          expect(tokens.map((token) => format.decode(token))).toEqual(values);
          expect(tokens.map((token) => decodeOne(token)?.raw)).toEqual(values);
          const sequence = BigUint64Array.from(values);
          expect(decodeMany(tokens).sequence).toEqual(sequence);
          expect(decodeMany(bytes(tokens.join(""))).sequence).toEqual(sequence);
          expect(decodeMany(bytes(`${tokens.join("\n")}\n`), { separator: 10 }).sequence).toEqual(sequence);
        }),
      );
    });

    test("takes what the reference takes near the largest token, alone and among many, and names the place of the rest", () => {
      const max = written(codec, U64_MAX);
      const seen = { taken: 0, refused: 0 };
      fc.assert(
        fc.property(near(max, ALPHABETS[codec]), fc.nat({ max: 40 }), fc.nat({ max: 40 }), (token, before, after) => {
          const value = read(codec, token);
          expect(decodeOne(token)?.raw).toBe(value);
          const tokens = [...Array<string>(before).fill(max), token, ...Array<string>(after).fill(max)];
          const forms = [
            tokens,
            ...(/^[\0-\x7f]+$/.test(token) && token.length === max.length ? [bytes(tokens.join(""))] : []),
          ];
          for (const form of forms) {
            if (value === undefined) expect(() => decodeMany(form)).toThrow(`"tokens[${before}]"`);
            else expect(decodeMany(form).sequence[before]).toBe(value);
          }
          seen[value === undefined ? "refused" : "taken"]++;
        }),
        { numRuns: 2000 },
      );
      // It has been on both sides of the boundary.
      expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300);
    });
  });
});
