import fc from "fast-check";
import { AsyncId64, Feistel64Permutation, Id64, Id64Decoder, InvalidTokenError, MemoryCounter } from "permid64";
import { describe, expect, test } from "vitest";
import { CODECS, prefix, u64 } from "../support/formats.js";
import { ENGINES } from "../support/vectors.js";

const KEY = "000102030405060708090a0b0c0d0e0f";

describe.each(ENGINES)("%s engine", (engine) => {
  const look = fc.record({ prefix, codec: fc.constantFrom(...CODECS), check: fc.boolean() });
  const layout = fc.integer({ min: 0, max: 32 }).map((instanceBits) => ({ instanceBits }));
  const kind = fc.constantFrom("multiplicative", "feistel", "speck", "identity");

  test("decodes the ids of a generator with the same parameters, in every form, one and many", () => {
    fc.assert(
      fc.property(look, layout, kind, fc.integer({ min: 1, max: 80 }), (look, layout, kind, n) => {
        const options = { ...look, layout, engine, ...(kind === "speck" && { key: KEY }) } as { key: string };
        const ids = Id64[kind]({ ...options, instanceId: 0, counter: new MemoryCounter({ startAt: 7n }) });
        const decoder = Id64Decoder[kind](options);
        expect(decoder.engine).toBe(engine);
        const sequence = (from: number) => BigUint64Array.from({ length: n }, (_, i) => BigInt(7 + from * n + i));
        const instanceId = new Uint32Array(n);
        const u64s = ids.takeU64(n);
        expect(decoder.decodeMany(u64s)).toEqual({ instanceId, sequence: sequence(0) });
        expect(decoder.decodeMany(Array.from(u64s, String))).toEqual({ instanceId, sequence: sequence(0) });
        expect(Array.from(u64s, decoder.decode)).toEqual(Array.from(u64s, ids.decode));
        const base62 = ids.takeBase62(n);
        expect(decoder.decodeManyBase62(base62)).toEqual({ instanceId, sequence: sequence(1) });
        expect(base62.map(decoder.decodeBase62)).toEqual(base62.map(ids.decodeBase62));
        expect(base62.map(decoder.tryDecodeBase62)).toEqual(base62.map(ids.decodeBase62));
        const base32 = ids.takeBase32(n);
        const lines = new TextEncoder().encode(base32.join("\n"));
        expect(decoder.decodeManyBase32(base32)).toEqual({ instanceId, sequence: sequence(2) });
        expect(decoder.decodeManyBase32(lines, { separator: 10 })).toEqual({ instanceId, sequence: sequence(2) });
        expect(base32.map(decoder.decodeBase32)).toEqual(base32.map(ids.tryDecodeBase32));
        const tokens = ids.takeTokens(n);
        expect(decoder.decodeManyTokens(tokens)).toEqual({ instanceId, sequence: sequence(3) });
        expect(tokens.map(decoder.decodeToken)).toEqual(tokens.map(ids.tryDecodeToken));
        expect(decoder.format.normalize(tokens[0]!)).toBe(tokens[0]);
      }),
      { numRuns: 60 },
    );
  });

  test("tryDecode and its kin give the answer of decode, and undefined in place of its errors", () => {
    const decoder = Id64Decoder.feistel({ key: 7n, engine, prefix: "ord", check: true });
    const wrong = [undefined, null, 7.5, -1n, 2n ** 64n, "", "x", "0".repeat(11), "ord_0", {}, [], Symbol("s")];
    for (const value of [...wrong, 0n, 7, "18446744073709551615", "LygHa16AHYF", "FZZZZZZZZZZZZ", "ord_00000000000"]) {
      for (const name of ["decode", "decodeBase62", "decodeBase32", "decodeToken"] as const) {
        let expected: unknown;
        try {
          expected = decoder[name](value as never);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_PERMID64_(INVALID_T|OUT_OF|TOKEN_)/);
        }
        const attempt = `tryD${name.slice(1)}` as "tryDecode";
        expect(decoder[attempt](value), `${attempt}(${String(value)})`).toEqual(expected);
      }
    }
    fc.assert(
      fc.property(u64, (id) => {
        expect(decoder.tryDecode(id)).toEqual(decoder.decode(id));
      }),
    );
  });

  test("an error names the place of a wrong id or token among many", () => {
    const decoder = Id64Decoder.identity({ engine });
    expect(() => decoder.decodeMany([1n, -1n])).toThrow(/^"ids\[1\]" expected .* 0 to 2\^64 - 1, got -1n$/);
    expect(() => decoder.decodeManyBase32(["0000000000000", "u"])).toThrow(InvalidTokenError);
    expect(() => decoder.decodeManyBase32(["0000000000000", "u"])).toThrow('"tokens[1]"');
    for (const wrong of ["0", 7, undefined, new Uint8Array(8), new Float64Array(1)]) {
      expect(() => decoder.decodeMany(wrong as never)).toThrow(/^"ids" expected a BigUint64Array or an array/);
    }
  });

  test("is made from the config of either generator, and passes over what only issuing needs", async () => {
    const options = { instanceId: 3, key: KEY, prefix: "ord", engine, counter: new MemoryCounter() } as const;
    for (const ids of [Id64.speck(options), AsyncId64.speck(options)]) {
      const config = { ...ids.toConfig(), stateFile: "no/such/file" };
      for (const json of [config, JSON.stringify(config)]) {
        const decoder = Id64Decoder.fromConfig(json, { engine });
        expect(decoder.engine).toBe(engine);
        expect(decoder.decodeToken(await ids.nextToken()).instanceId).toBe(3);
      }
    }
  });

  test("takes Feistel networks of fewer rounds than are safe for new ids, and permutations of the user's own", () => {
    const permutation = new Feistel64Permutation({ key: 7n, rounds: 4, engine });
    const ids = new Id64({ instanceId: 5, counter: new MemoryCounter(), permutation, engine });
    expect(Id64Decoder.feistel({ key: 7n, rounds: 4, engine }).decode(ids.nextU64()).instanceId).toBe(5);
    const complement = { forward: (x: bigint) => 2n ** 64n - 1n - x, inverse: (y: bigint) => 2n ** 64n - 1n - y };
    expect(new Id64Decoder({ permutation: complement, engine }).decode(2n ** 64n - 1n).sequence).toBe(0n);
  });

  test("a pair of functions that is no permutation is refused before anything is issued", () => {
    const pairs = [
      { forward: () => 7n, inverse: () => 7n },
      { forward: (x: bigint) => x & 0xffff_ffffn, inverse: (y: bigint) => y },
      { forward: (x: bigint) => BigInt(Number(x)), inverse: (y: bigint) => y },
      { forward: (x: bigint) => x ^ 1n, inverse: (y: bigint) => y },
    ];
    for (const permutation of pairs) {
      const counter = new MemoryCounter();
      expect(() => new Id64({ instanceId: 0, counter, permutation, engine })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/INVALID_TYPE|OUT_OF_RANGE/) }),
      );
      expect(() => new Id64Decoder({ permutation, engine })).toThrow(/^"permutation/);
      expect(counter.reserve(1)).toEqual({ start: 0n, end: 1n });
    }
  });

  test("a subclass of a typed array never sees the engine's memory, and is filled like a plain one", () => {
    const seen: ArrayBufferLike[] = [];
    class Ids extends BigUint64Array {
      override set(source: ArrayLike<bigint>, offset?: number): void {
        if (ArrayBuffer.isView(source)) seen.push(source.buffer);
        super.set(source, offset);
      }
      override subarray(): never {
        throw new Error("seen");
      }
    }
    class Bytes extends Uint8Array {
      override set(source: ArrayLike<number>, offset?: number): void {
        if (ArrayBuffer.isView(source)) seen.push(source.buffer);
        super.set(source, offset);
      }
      override subarray(): never {
        throw new Error("seen");
      }
    }
    const generator = () => Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), engine });
    const ids = new Ids(3000);
    generator().fillU64(ids);
    expect(BigUint64Array.prototype.slice.call(new BigUint64Array(ids.buffer))).toEqual(generator().takeU64(3000));
    const bytes = new Bytes(11 * 3000);
    expect(generator().fillBase62(bytes)).toBe(3000);
    expect(new TextDecoder().decode(new Uint8Array(bytes.buffer))).toBe(generator().takeBase62(3000).join(""));
    const decoder = Id64Decoder.feistel({ engine });
    const sequence = BigUint64Array.from({ length: 3000 }, (_, i) => BigInt(i));
    expect(decoder.decodeMany(ids).sequence).toEqual(sequence);
    expect(decoder.decodeManyBase62(bytes).sequence).toEqual(sequence);
    const permutation = new Feistel64Permutation({ engine });
    permutation.inverseMany(ids);
    permutation.forwardMany(ids);
    expect(decoder.decodeMany(ids).sequence).toEqual(sequence);
    expect(seen).toEqual([]);
  });
});
