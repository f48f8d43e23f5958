import fc from "fast-check";
import { generateKey, Id64, MemoryCounter, type SecretKey, SpeckPermutation } from "permid64";
import { describe, expect, test } from "vitest";
import { SPECK_32_64, SPECK_64_96, SPECK_64_128, SPECK_128_128, speckOf, speckOfBytes } from "../support/speck.js";
import { ENGINES } from "../support/vectors.js";

const words = (text: string) => text.split(" ").map((word) => BigInt(`0x${word}`));
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

// Appendix C of the paper; Speck64/128 again in the implementation guide, as bytes.
const OFFICIAL = {
  words: { key: "1b1a1918 13121110 0b0a0908 03020100", plain: "3b726574 7475432d", cipher: "8c6fa548 454e028b" },
  bytes: { key: "00010203 08090a0b 10111213 18191a1b", plain: "2d437574 7465723b", cipher: "8b024e45 48a56f8c" },
};

test.each([
  ["32/64", SPECK_32_64, "1918 1110 0908 0100", "6574 694c", "a868 42f2"],
  ["64/96", SPECK_64_96, "13121110 0b0a0908 03020100", "74614620 736e6165", "9f7952ec 4175946c"],
  ["64/128", SPECK_64_128, OFFICIAL.words.key, OFFICIAL.words.plain, OFFICIAL.words.cipher],
  [
    "128/128",
    SPECK_128_128,
    "0f0e0d0c0b0a0908 0706050403020100",
    "6c61766975716520 7469206564616d20",
    "a65d985179783265 7860fedf5c570d18",
  ],
] as const)("the reference gives the designers' vector of Speck%s", (_, speck, key, plain, cipher) => {
  const [x, y] = words(plain) as [bigint, bigint];
  const [u, v] = words(cipher) as [bigint, bigint];
  const { encrypt, decrypt } = speckOf(speck, words(key));
  expect(encrypt([x, y])).toEqual([u, v]);
  expect(decrypt([u, v])).toEqual([x, y]);
});

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((bytes) => bytes.some((byte) => byte !== bytes[0]));

// The rest of what both engines must compute is in test/engine/conformance.test.ts.
describe.each(ENGINES)("%s engine", (engine) => {
  const speck = (key: SecretKey) => {
    const permutation = new SpeckPermutation({ key, engine });
    expect(permutation.engine).toBe(engine);
    return permutation;
  };

  test("the designers' vector, in words and in bytes", () => {
    const join = (text: string) => words(text).reduce((high, low) => (high << 32n) | low);
    const permutation = speck(bytes(OFFICIAL.bytes.key));
    const [plain, cipher] = [join(OFFICIAL.words.plain), join(OFFICIAL.words.cipher)];
    expect([permutation.forward(plain), permutation.inverse(cipher)]).toEqual([cipher, plain]);
    // Bytes are words in little-endian order, and of two words the lower comes first.
    const u64 = (hex: string) => new DataView(bytes(hex).buffer).getBigUint64(0, true);
    expect([u64(OFFICIAL.bytes.plain), u64(OFFICIAL.bytes.cipher)]).toEqual([plain, cipher]);
    const keyWords = new Uint32Array(bytes(OFFICIAL.bytes.key).buffer);
    expect([...keyWords].reverse().map(BigInt)).toEqual(words(OFFICIAL.words.key));
  });

  test("a changed bit of the key changes about half of the output", () => {
    const ones = (x: bigint) => x.toString(2).replaceAll("0", "").length;
    const keyBytes = bytes(OFFICIAL.bytes.key);
    const trials = 32;
    const inputs = Array.from({ length: trials }, (_, i) => BigInt.asUintN(64, BigInt(i) * 0x9e37_79b9_7f4a_7c15n));
    const permutation = speck(keyBytes);
    for (let bit = 0; bit < 128; bit++) {
      const other = speck(keyBytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
      const changed = inputs.reduce((n, x) => n + ones(permutation.forward(x) ^ other.forward(x)), 0);
      // 2048 coins: the standard deviation is 22.6, and 6 of them hold for all 128 bits.
      expect(Math.abs(changed - 32 * trials)).toBeLessThan(6 * 22.7);
    }
  });
});

describe("keys", () => {
  const image = (key: unknown) => new SpeckPermutation({ key: key as string }).forward(42n);

  test("16 bytes, 32 hexadecimal digits in either case and 22 base64url characters are the same key", () => {
    fc.assert(
      fc.property(key, (bytes) => {
        const buffer = Buffer.from(bytes);
        const expected = speckOfBytes(bytes).forward(42n);
        const hex = buffer.toString("hex");
        const surrounded = new Uint8Array([9, ...bytes, 9]);
        for (const form of [
          bytes,
          buffer,
          surrounded.subarray(1, 17),
          hex,
          hex.toUpperCase(),
          buffer.toString("base64url"),
        ]) {
          expect(image(form)).toBe(expected);
        }
      }),
    );
  });

  test("are copied: what happens to the bytes afterwards does not matter", () => {
    const given = bytes(OFFICIAL.bytes.key);
    const permutation = new SpeckPermutation({ key: given });
    given.fill(0);
    expect(permutation.forward(0x3b726574_7475432dn)).toBe(0x8c6fa548_454e028bn);
  });

  // The shape of what came instead: test/base/keys.test.ts.
  const FORM =
    /^"key" expected a key of 16 bytes, 32 hexadecimal digits \(permid64 keygen\) or 22 base64url characters, got /;
  const REPEATED = /^"key" expected a key made by generateKey\(\), got the same byte 16 times$/;
  const range = { name: "RangeError", code: "ERR_PERMID64_OUT_OF_RANGE" };
  const type = { name: "TypeError", code: "ERR_PERMID64_INVALID_TYPE" };
  const base64url = Buffer.from(bytes(OFFICIAL.bytes.key)).toString("base64url");

  test.each<[name: string, key: unknown, error: object, message: RegExp]>([
    ["missing", undefined, type, FORM],
    ["null", null, type, FORM],
    ["a bigint", 7n, type, FORM],
    ["an array", [...bytes(OFFICIAL.bytes.key)], type, FORM],
    ["an ArrayBuffer", bytes(OFFICIAL.bytes.key).buffer, type, FORM],
    ["a DataView", new DataView(new ArrayBuffer(16)), type, FORM],
    ["an Int8Array", new Int8Array(16), type, FORM],
    ["words", new Uint32Array([1, 2, 3, 4]), type, FORM],
    ["a String object", Object(base64url), type, FORM],
    ["empty", "", range, FORM],
    ["no bytes", new Uint8Array(), range, FORM],
    ["15 bytes", bytes(OFFICIAL.bytes.key).subarray(1), range, FORM],
    ["17 bytes", new Uint8Array(17).fill(3, 4), range, FORM],
    ["32 bytes", new Uint8Array(32).fill(3, 4), range, FORM],
    ["31 digits", "0".repeat(30).concat("1"), range, FORM],
    ["33 digits", "0".repeat(32).concat("1"), range, FORM],
    ["64 digits", "01".repeat(32), range, FORM],
    ["a g among digits", "000102030405060708090a0b0c0d0e0g", range, FORM],
    ["digits after 0x", "0x000102030405060708090a0b0c0d0e", range, FORM],
    ["a line feed after digits", "000102030405060708090a0b0c0d0e0f\n", range, FORM],
    ["a space before characters", ` ${base64url.slice(1)}`, range, FORM],
    ["21 characters", base64url.slice(1), range, FORM],
    ["23 characters", `${base64url}A`, range, FORM],
    ["padded", `${base64url}==`, range, FORM],
    ["base64 of the other alphabet", "++++++++++++++++++++/A", range, FORM],
    ["zeros", new Uint8Array(16), range, REPEATED],
    ["zeros in digits", "0".repeat(32), range, REPEATED],
    ["zeros in characters", "A".repeat(22), range, REPEATED],
    ["one byte repeated", new Uint8Array(16).fill(0xa5), range, REPEATED],
    ["one byte repeated in digits", "Ff".repeat(16), range, REPEATED],
    ["one byte repeated in characters", Buffer.alloc(16, 7).toString("base64url"), range, REPEATED],
  ])("%s is refused", (_, key, error, message) => {
    const refusal = expect.objectContaining({ ...error, message: expect.stringMatching(message) });
    expect(() => image(key)).toThrow(refusal);
    expect(() => Id64.speck({ instanceId: 1, counter: new MemoryCounter(), key: key as string })).toThrow(refusal);
  });

  test("22 characters whose last four bits are not 0 are refused: one key, one text", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const body = base64url.slice(0, 21);
    const taken = [...alphabet].filter((last) => {
      try {
        return image(body + last) !== undefined;
      } catch (error) {
        expect(error).toMatchObject({ ...range, message: expect.stringMatching(FORM) });
        return false;
      }
    });
    expect(taken).toEqual(["A", "Q", "g", "w"]);
  });

  test("no options at all are refused", () => {
    expect(() => new (SpeckPermutation as unknown as new () => unknown)()).toThrow(expect.objectContaining(type));
  });

  test("generateKey makes another one each time, which is taken", () => {
    const keys = Array.from({ length: 200 }, generateKey);
    expect(new Set(keys).size).toBe(200);
    for (const key of keys) {
      expect(key).toMatch(/^[0-9a-f]{32}$/);
      expect(image(key)).toBe(speckOfBytes(bytes(key)).forward(42n));
    }
    // 25600 coins: the standard deviation is 80.
    const ones = keys.map((key) => BigInt(`0x${key}`).toString(2).replaceAll("0", "").length);
    expect(Math.abs(ones.reduce((a, b) => a + b) - 12800)).toBeLessThan(6 * 80);
  });
});
