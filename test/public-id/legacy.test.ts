import { randomUUID } from "node:crypto";
import Hashids from "hashids";
import { type LegacyDecoder, legacyInteger, legacyUuid, PublicId, u64ToBase62 } from "permid64";
import Sqids from "sqids";
import { describe, expect, test } from "vitest";
import { codeOf, randomU64 } from "../support/formats.js";

const orderId = new PublicId({ key: "000102030405060708090a0b0c0d0e0f", type: "order", prefix: "ord" });

const hashids = new Hashids("salt", 8);
/** Hashids throws for what has other characters, and decodes the ids of several numbers. */
const fromHashids = {
  name: "hashids",
  decode(text) {
    const numbers = hashids.isValidId(text) ? hashids.decode(text) : [];
    return numbers.length === 1 ? BigInt(numbers[0]!) : undefined;
  },
} as const satisfies LegacyDecoder<"hashids", bigint>;

const sqids = new Sqids({ minLength: 8 });
/** Sqids decodes several texts to the same numbers; only one of them it ever wrote. */
const fromSqids = {
  name: "sqids",
  decode(text) {
    const [number, ...more] = sqids.decode(text);
    if (number === undefined || more.length > 0 || sqids.encode([number]) !== text) return undefined;
    return BigInt(number);
  },
} as const satisfies LegacyDecoder<"sqids", bigint>;

describe("acceptLegacy", () => {
  const reader = orderId.acceptLegacy([legacyInteger({ max: 5000 }), legacyUuid(), fromHashids]);

  test("says by which decoder a text was read", () => {
    const uuid = randomUUID();
    for (const [text, by, value] of [
      [orderId.encode(123), "token", 123n],
      ["123", "integer", 123n],
      [uuid.toUpperCase(), "uuid", uuid],
      [hashids.encode(123), "hashids", 123n],
    ] as const) {
      expect(reader.decode(text)).toEqual({ by, value });
      expect(reader.tryDecode(text)).toEqual({ by, value });
    }
  });

  test("refuses what nobody knows as decode does, and what is no string", () => {
    for (const [text, code] of [
      ["5001", "ERR_PERMID64_TOKEN_PREFIX"],
      ["ord_zzzzzzzzzzz", "ERR_PERMID64_INVALID_TOKEN"],
      [`ord_${u64ToBase62(0)}`, "ERR_PERMID64_TOKEN_FOREIGN"],
      ["", "ERR_PERMID64_TOKEN_PREFIX"],
      [hashids.encode([1, 2]), "ERR_PERMID64_TOKEN_PREFIX"],
      [undefined, "ERR_PERMID64_INVALID_TYPE"],
      [123, "ERR_PERMID64_INVALID_TYPE"],
      [123n, "ERR_PERMID64_INVALID_TYPE"],
      [["123"], "ERR_PERMID64_INVALID_TYPE"],
      [null, "ERR_PERMID64_INVALID_TYPE"],
    ] as [string, string][]) {
      expect(codeOf(() => reader.decode(text))).toBe(code);
      expect(reader.tryDecode(text)).toBeUndefined();
    }
    expect(codeOf(() => orderId.acceptLegacy([]).decode("123"))).toBe("ERR_PERMID64_TOKEN_PREFIX");
  });

  test("asks in the order given, stops at the first that knows, and a token comes before all", () => {
    const asked: string[] = [];
    const decoder = <const Name extends string>(name: Name, knows: string): LegacyDecoder<Name, string> => ({
      name,
      decode(text) {
        asked.push(name);
        return knows.includes(text) ? `${name}:${text}` : undefined;
      },
    });
    const reader = orderId.acceptLegacy([decoder("a", "x"), decoder("b", "xy"), decoder("c", "xyz")]);
    for (const [text, by, order] of [
      ["x", "a", "a"],
      ["y", "b", "ab"],
      ["z", "c", "abc"],
    ]) {
      expect(reader.decode(text!)).toEqual({ by, value: `${by}:${text}` });
      expect(asked.splice(0).join("")).toBe(order);
    }
    expect(reader.tryDecode("w")).toBeUndefined();
    expect(asked.splice(0).join("")).toBe("abc");
    expect(reader.decode(orderId.encode(1)).by).toBe("token");
    expect(asked).toEqual([]);
    expect(reader.tryDecode(7)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test("a value may be anything but undefined, and a decoder keeps its this", () => {
    class Table {
      readonly name = "table";
      readonly rows: Record<string, unknown> = { nothing: null, zero: 0, empty: "", no: false };
      decode(text: string): unknown {
        return this.rows[text];
      }
    }
    const reader = orderId.acceptLegacy([new Table()]);
    for (const [text, value] of Object.entries(new Table().rows)) {
      expect(reader.decode(text)).toEqual({ by: "table", value });
      expect(reader.tryDecode(text)).toEqual({ by: "table", value });
    }
  });

  test("what a decoder throws, both throw: it is not about the text", () => {
    const broken = { name: "broken", decode: () => expectThrown() };
    const reader = orderId.acceptLegacy([legacyInteger({ max: 5000 }), broken]);
    for (const read of [() => reader.decode("x"), () => reader.tryDecode("x")])
      expect(read).toThrow("database is down");
    // Not where a decoder before it knows, nor for a token.
    expect(reader.tryDecode("7")).toEqual({ by: "integer", value: 7n });
    expect(reader.tryDecode(orderId.encode(7))).toEqual({ by: "token", value: 7n });
    // As hashids does where it is asked without care.
    const careless = orderId.acceptLegacy([{ name: "hashids", decode: (text) => hashids.decode(text)[0] }]);
    expect(() => careless.tryDecode("!!")).toThrow(/^The provided ID \(!!\) is invalid/);
  });

  const decode = () => undefined;
  test.each<[name: string, decoders: unknown, message: RegExp]>([
    ["none", undefined, /^"decoders" expected an array, got undefined/],
    ["one", legacyUuid(), /^"decoders" expected an array/],
    ["null", [null], /^"decoders\[0\]" expected an object with "decode"/],
    ["a function", [legacyUuid(), legacyUuid], /^"decoders\[1\]" expected an object with "decode"/],
    ["no decode", [{ name: "a" }], /^"decoders\[0\]" expected an object with "decode"/],
    ["no name", [{ decode }], /^"decoders\[0\].name" expected a string, got undefined/],
    ["name 7", [{ name: 7, decode }], /^"decoders\[0\].name" expected a string, got 7/],
    ["the name of the tokens", [{ name: "token", decode }], /^"decoders\[0\]" expected .* "name" of its own/],
    [
      "a name twice",
      [legacyUuid(), legacyInteger({ max: 5000 }), legacyUuid()],
      /^"decoders\[2\]" expected .* "name" of its own/,
    ],
  ])("refuses as decoders: %s", (_, decoders, message) => {
    expect(() => orderId.acceptLegacy(decoders as never)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "ERR_PERMID64_INVALID_TYPE",
        message: expect.stringMatching(message),
      }),
    );
  });
});

function expectThrown(): never {
  throw new Error("database is down");
}

test("legacyInteger takes exactly what a row's number looks like, up to max", () => {
  const { name, decode } = legacyInteger({ max: 5000 });
  expect(name).toBe("integer");
  for (const [text, value] of [
    ["0", 0n],
    ["1", 1n],
    ["5000", 5000n],
  ] as const) {
    expect(decode(text)).toBe(value);
  }
  for (const text of ["5001", "-1", "-0", "+1", "01", "1.0", "1e3", "0x1", " 1", "1 ", "1\n", "", "١", "1n", "1_0"]) {
    expect(decode(text)).toBeUndefined();
  }
  const unlimited = legacyInteger({ max: 2n ** 64n - 1n });
  expect(unlimited.decode("18446744073709551615")).toBe(2n ** 64n - 1n);
  expect(unlimited.decode("18446744073709551616")).toBeUndefined();
  expect(unlimited.decode("9".repeat(1000))).toBeUndefined();
  expect(legacyInteger({ max: "7" }).decode("7")).toBe(7n);
  expect(legacyInteger({ max: 0 }).decode("1")).toBeUndefined();
  for (const max of [-1, 1.5, 2 ** 53, 2n ** 64n]) {
    expect(codeOf(() => legacyInteger({ max }))).toBe("ERR_PERMID64_OUT_OF_RANGE");
  }
  // Without a limit, every row could be found by its number.
  for (const options of [undefined, null, 7, {}, { max: undefined }, { max: null }, { max: "x" }]) {
    const make = () => legacyInteger(options as never);
    expect(make).toThrow(expect.objectContaining({ name: "TypeError", code: "ERR_PERMID64_INVALID_TYPE" }));
  }
  expect(() => legacyInteger({ maks: 7 } as never)).toThrow(
    expect.objectContaining({
      name: "TypeError",
      code: "ERR_PERMID64_UNKNOWN_OPTION",
      message: '"options" has an unknown option "maks"; did you mean "max"?',
    }),
  );
});

test("legacyUuid takes UUIDs of any version, in either case", () => {
  const { name, decode } = legacyUuid();
  expect(name).toBe("uuid");
  for (let i = 0; i < 100; i++) {
    const uuid = randomUUID();
    expect([decode(uuid), decode(uuid.toUpperCase())]).toEqual([uuid, uuid]);
  }
  expect(decode("00000000-0000-0000-0000-000000000000")).toBe("00000000-0000-0000-0000-000000000000");
  for (const text of ["", "7", randomUUID().replaceAll("-", ""), `${randomUUID()}\n`, `{${randomUUID()}}`]) {
    expect(decode(text)).toBeUndefined();
  }
});

describe("migrations", () => {
  test.each([
    ["hashids", fromHashids, (n: number) => hashids.encode(n)],
    ["sqids", fromSqids, (n: number) => sqids.encode([n])],
  ] as const)("from %s: each id of old leads to its row, and is told from those of now", (name, decoder, encode) => {
    const reader = orderId.acceptLegacy([decoder]);
    for (const n of [0, 1, 2, 123, 5000, 2 ** 31, 2 ** 48 - 1]) {
      const old = encode(n);
      expect(reader.decode(old)).toEqual({ by: name, value: BigInt(n) });
      expect(reader.decode(orderId.encode(n))).toEqual({ by: "token", value: BigInt(n) });
    }
    for (const text of ["!!", "ord_", "a b", "", "ord_00000000000", `${encode(1)}x`, encode(1).slice(1)]) {
      expect(reader.tryDecode(text)).toBeUndefined();
    }
  });

  test("with a prefix, no id of old is ever taken for one of now", () => {
    const reader = orderId.acceptLegacy([fromHashids, fromSqids]);
    const next = randomU64(4n);
    for (let i = 0; i < 5000; i++) {
      const n = Number(next() >> 11n);
      expect(reader.decode(hashids.encode(n))).toEqual({ by: "hashids", value: BigInt(n) });
    }
  });

  test("from UUIDs in a column: old ones are looked up, new ones decoded", () => {
    const reader = orderId.acceptLegacy([
      {
        name: "uuid8",
        decode(text) {
          try {
            return orderId.fromUuid(text);
          } catch {
            return undefined;
          }
        },
      },
      legacyUuid(),
    ]);
    const old = randomUUID();
    expect(reader.decode(old)).toEqual({ by: "uuid", value: old });
    expect(reader.decode(orderId.toUuid(5))).toEqual({ by: "uuid8", value: 5n });
  });
});
