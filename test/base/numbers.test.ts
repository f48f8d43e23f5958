import { join } from "node:path";
import fc from "fast-check";
import {
  AsyncId64,
  Feistel64Permutation,
  fromInt64,
  Id64,
  IdentityPermutation,
  Layout64,
  MemoryCounter,
  MultiplyOddPermutation,
  PublicId,
  SpeckPermutation,
  SqliteCounter,
  TokenFormat,
  toInt64,
  u64ToBase62,
  u64ToCrockford32,
} from "permid64";
import { DurableObjectCounter } from "permid64/durable-object";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/folder.js";
import { codeOf, U64_MAX, u64 } from "../support/formats.js";

const KEY = "000102030405060708090a0b0c0d0e0f";
const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), layout: { instanceBits: 0 } });
const layout = new Layout64();
const format = new TokenFormat();
const publicId = new PublicId({ key: KEY, type: "order" });

/** Everything that takes a u64 as a value, as a function of it. */
const takers: [name: string, take: (value: bigint) => unknown][] = [
  ["Id64.decode", (value) => ids.decode(value)],
  ["Layout64.decompose", (value) => layout.decompose(value)],
  ["Layout64.compose", (value) => layout.compose(1, value)],
  ["u64ToBase62", u64ToBase62],
  ["u64ToCrockford32", u64ToCrockford32],
  ["toInt64", toInt64],
  ["fromInt64", fromInt64],
  ["TokenFormat.encode", (value) => format.encode(value)],
  ["PublicId.encode", (value) => publicId.encode(value)],
  ["PublicId.encodeMany", (value) => publicId.encodeMany([value])],
  ["PublicId.toUuid", (value) => publicId.toUuid(value)],
  ["IdentityPermutation.forward", (value) => new IdentityPermutation().forward(value)],
  ["IdentityPermutation.inverse", (value) => new IdentityPermutation().inverse(value)],
  ["SpeckPermutation.forward", (value) => new SpeckPermutation({ key: KEY }).forward(value)],
  ["SpeckPermutation.inverse", (value) => new SpeckPermutation({ key: KEY }).inverse(value)],
  ["MultiplyOddPermutation a", (a) => new MultiplyOddPermutation({ a: a }).forward(9)],
  ["MultiplyOddPermutation b", (b) => new MultiplyOddPermutation({ b }).forward(9)],
  ["Feistel64Permutation key", (key) => new Feistel64Permutation({ key }).forward(9)],
  ["MemoryCounter start", (start) => new MemoryCounter({ startAt: start }).reserve(1)],
];

describe.each(takers)("%s", (name, take) => {
  const odd = name.endsWith(" a");

  test("takes bigints, safe integers and decimal strings alike", () => {
    for (const value of [1, 3, 2 ** 31 + 1, 2 ** 48 - 1]) {
      const expected = take(BigInt(value));
      expect(take(value as never)).toEqual(expected);
      expect(take(String(value) as never)).toEqual(expected);
    }
  });

  test("refuses numbers that are not whole, or no longer exact", () => {
    for (const value of [0.5, 2 ** 53, 2 ** 53 + 2, 2 ** 64, 1e21, Number.NaN, Infinity, -Infinity]) {
      expect(codeOf(() => take(value as never))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
  });

  test("refuses what is out of its range in any form", () => {
    for (const value of [2n ** 64n, String(2n ** 64n), -(2n ** 63n) - 1n]) {
      expect(codeOf(() => take(value as never))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
    if (name !== "fromInt64") {
      for (const value of [-1, -1n, "-1"]) {
        expect(codeOf(() => take(value as never))).toBe("ERR_PERMID64_OUT_OF_RANGE");
      }
    }
  });

  test("refuses all other strings and types", () => {
    const strings = [
      "",
      " ",
      "1 ",
      " 1",
      "+1",
      "01",
      "-0",
      "1.0",
      "1e3",
      "0x1",
      "0b1",
      "1n",
      "1_000",
      "٣",
      "1\n",
      "NaN",
    ];
    for (const value of [
      ...strings,
      "1".repeat(21),
      null,
      true,
      false,
      Symbol("1"),
      {},
      [1],
      Object(1n),
      new Date(1),
      () => 1n,
    ]) {
      // What a parameter defaults to, it takes null for too.
      if (value === null && name.includes(" ")) continue;
      expect(codeOf(() => take(value as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
  });

  if (!odd) {
    test("takes 0, and -0 for it", () => {
      expect(take(-0 as never)).toEqual(take(0n));
      expect(take("0" as never)).toEqual(take(0n));
    });
  }
});

test("counters take them for their marks too", () => {
  const folder = temporaryFolder();
  const path = join(folder, "ids.state");
  for (const [floor, start] of [
    [7, 7n],
    ["100", 100n],
    [200n, 200n],
  ] as const) {
    using counter = new SqliteCounter(path, { floor });
    using ids = Id64.identity({ instanceId: 0, counter, blockSize: 1 });
    expect(ids.decode(ids.nextU64()).sequence).toBe(start);
  }
  expect(SqliteCounter.raise(path, { instanceId: 0, floor: "300" })).toBe(300n);
  for (const floor of [2 ** 53, -1, "9223372036854775808"]) {
    expect(codeOf(() => new SqliteCounter(path, { floor }))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    expect(codeOf(() => SqliteCounter.raise(path, { instanceId: 0, floor }))).toBe("ERR_PERMID64_OUT_OF_RANGE");
  }
});

test("of a bigint with many digits, an error shows the first", () => {
  expect(() => fromInt64(10n ** 1000n)).toThrow(new RegExp(`, got 1${"0".repeat(39)}…$`));
});

describe("toInt64 and fromInt64", () => {
  test("undo each other over all u64, and have the same 64 bits", () => {
    fc.assert(
      fc.property(u64, (value) => {
        const signed = toInt64(value);
        expect(signed).toBeGreaterThanOrEqual(-(2n ** 63n));
        expect(signed).toBeLessThan(2n ** 63n);
        expect(new BigInt64Array(BigUint64Array.of(value).buffer)[0]).toBe(signed);
        expect(fromInt64(signed)).toBe(value);
        expect(fromInt64(String(signed))).toBe(value);
      }),
    );
  });

  test.each([
    [0n, 0n],
    [1n, 1n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, -(2n ** 63n)],
    [U64_MAX, -1n],
  ])("%i is %i", (unsigned, signed) => {
    expect([toInt64(unsigned), fromInt64(signed)]).toEqual([signed, unsigned]);
  });

  test("what is out of range is refused", () => {
    for (const value of [-1, 2n ** 64n]) expect(codeOf(() => toInt64(value))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n, String(2n ** 63n), -(2 ** 53)]) {
      expect(codeOf(() => fromInt64(value))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
    expect(() => fromInt64(2n ** 63n)).toThrow(
      '"value" expected a bigint, a safe integer or a decimal string, from -2^63 to 2^63 - 1, got 9223372036854775808n',
    );
  });

  test("as a driver gives a BIGINT", () => {
    const id = ids.decode(U64_MAX).raw;
    for (const column of [-1, -1n, "-1"]) expect(fromInt64(column)).toBe(id);
  });
});

describe("JSON", () => {
  test("the token is the form of an id: a string, which comes back exactly", () => {
    const row = { id: publicId.encode(2n ** 48n - 1n), total: 5 };
    const back = JSON.parse(JSON.stringify(row)) as typeof row;
    expect(back).toEqual(row);
    expect(publicId.decode(back.id)).toBe(2n ** 48n - 1n);
    expect(String(back.id)).toBe(row.id);
  });

  test("no prototype is patched: a bigint is still refused by JSON.stringify", () => {
    publicId.encodeMany([1, 2]);
    publicId.toUuid(1);
    expect(() => JSON.stringify({ id: ids.nextU64() })).toThrow(TypeError);
    expect(Object.getOwnPropertyNames(BigInt.prototype).sort()).toEqual([
      "constructor",
      "toLocaleString",
      "toString",
      "valueOf",
    ]);
    for (const type of [BigInt, String, Number, Object, Array, BigUint64Array, Uint8Array, RegExp]) {
      expect(Object.hasOwn(type.prototype, "toJSON")).toBe(false);
    }
  });
});

test("the first number of a new instance is stored as a bigint, whatever it was given as", async () => {
  const stored = new Map<string, unknown>();
  const storage = {
    kv: { get: (key: string) => stored.get(key), put: (key: string, value: unknown) => void stored.set(key, value) },
    sync: async () => {},
  };
  await DurableObjectCounter.create(storage, { instanceId: 1, startAt: "7" as never });
  const ids = AsyncId64.identity({ instanceId: 1, counter: new DurableObjectCounter(storage) });
  expect(ids.decode(await ids.nextU64()).sequence).toBe(7n);
});
