import fc from "fast-check";
import { base62ToU64, crockford32ToU64, u64ToBase62, u64ToCrockford32 } from "permid64";
import { expect, test } from "vitest";
import { BASE62, u64 } from "../support/formats.js";
import { vectors } from "../support/vectors.js";

test("the vectors of the Python original", () => {
  for (const [value, token] of vectors.codec.base62) {
    expect(u64ToBase62(BigInt(value))).toBe(token);
    expect(base62ToU64(token)).toBe(BigInt(value));
  }
  for (const [value, token] of vectors.codec.crockford32) {
    expect(u64ToCrockford32(BigInt(value))).toBe(token);
    expect(crockford32ToU64(token)).toBe(BigInt(value));
  }
  for (const [token, value] of vectors.codec.crockford32Lenient) {
    expect(crockford32ToU64(token, { strict: false })).toBe(BigInt(value));
  }
  for (const [token] of vectors.codec.base62Invalid) expect(() => base62ToU64(token)).toThrow(SyntaxError);
  for (const [token] of vectors.codec.crockford32Invalid) expect(() => crockford32ToU64(token)).toThrow(SyntaxError);
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

  fc.assert(fc.property(anyToken(BASE62, 11), (token) => reencodes(token, base62ToU64, u64ToBase62)));
  fc.assert(
    fc.property(anyToken(BASE62.slice(0, 36), 13), (token) => reencodes(token, crockford32ToU64, u64ToCrockford32)),
  );
});
