import {
  base62ToU64,
  crockford32ToU64,
  Feistel64Permutation,
  Id64,
  IdentityPermutation,
  Layout64,
  MemoryCounter,
  MultiplyOddPermutation,
  SqliteCounter,
  u64ToBase62,
  u64ToCrockford32,
  useWasm,
} from "permid64";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/vectors.js";

/** Class, code and text of what `call` throws. */
function thrown(call: () => unknown): { type: string; code: string; message: string } {
  try {
    call();
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return { type: name, code, message };
  }
  throw new Error("it did not throw");
}

/** Wrong values are what JavaScript callers pass: the types would refuse them. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Wrong = any;

const TYPE = { type: "TypeError", code: "ERR_PERMID64_INVALID_TYPE" };
const RANGE = { type: "RangeError", code: "ERR_PERMID64_OUT_OF_RANGE" };
const TOKEN = { type: "InvalidTokenError", code: "ERR_PERMID64_INVALID_TOKEN" };

const counter = () => new MemoryCounter();
const withOptions = (options: Wrong) => (engine: Wrong) =>
  Id64.feistel({ instanceId: 1, counter: counter(), engine, ...options });
const withCall = (call: (ids: Id64) => unknown) => (engine: Wrong) =>
  call(Id64.feistel({ instanceId: 1, counter: counter(), engine }));
const without = (name: string) => (engine: Wrong) => {
  const { [name]: _, ...options }: Wrong = { instanceId: 1, counter: counter(), engine };
  return Id64.feistel(options);
};

type Case = [name: string, call: (engine: Wrong) => unknown, error: { type: string; code: string }, text: string];

const integer = (name: string, max: number | string, make: (value: Wrong) => Case[1], min = 0): Case[] => [
  [`${name} -1`, make(-1), RANGE, `"${name}" expected an integer from ${min} to ${max}, got -1`],
  [`${name} 1.5`, make(1.5), RANGE, `"${name}" expected an integer from ${min} to ${max}, got 1.5`],
  [`${name} NaN`, make(Number.NaN), RANGE, `"${name}" expected an integer from ${min} to ${max}, got NaN`],
  [`${name} Infinity`, make(Infinity), RANGE, `"${name}" expected an integer from ${min} to ${max}, got Infinity`],
  [`${name} 1e21`, make(1e21), RANGE, `"${name}" expected an integer from ${min} to ${max}, got 1e+21`],
  [`${name} "7"`, make("7"), TYPE, `"${name}" expected an integer from ${min} to ${max}, got "7"`],
  [`${name} 7n`, make(7n), TYPE, `"${name}" expected an integer from ${min} to ${max}, got 7n`],
  [`${name} null`, make(null), TYPE, `"${name}" expected an integer from ${min} to ${max}, got null`],
];

const WHOLE = "a bigint, a safe integer or a decimal string, from";
const U64 = `${WHOLE} 0 to 2^64 - 1`;
const B62 = "a base62 token of 11 characters";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const B32 = "a crockford32 token of 13 characters";
const COUNT_MAX = 2 ** 32 - 1;
const TOKENS_MAX = 2 ** 25;

const cases: Case[] = [
  ["no instanceId", without("instanceId"), TYPE, '"instanceId" expected an integer from 0 to 65535, got undefined'],
  [
    "instanceId 65536",
    withOptions({ instanceId: 65536 }),
    RANGE,
    '"instanceId" expected an integer from 0 to 65535, got 65536',
  ],
  ...integer("instanceId", 65535, (instanceId) => withOptions({ instanceId })),
  ["no counter", without("counter"), TYPE, '"stateFile" expected a path, or a "counter" in its place, got undefined'],
  [
    "counter and stateFile",
    withOptions({ stateFile: "x" }),
    TYPE,
    '"counter" expected undefined beside "stateFile", got an object (Object)',
  ],
  ["counter 7", withOptions({ counter: 7 }), TYPE, '"counter" expected an object with "reserve", got 7'],
  ["stateFile 7", withOptions({ counter: undefined, stateFile: 7 }), TYPE, '"path" expected a string, got 7'],
  [
    'stateFile ""',
    withOptions({ counter: undefined, stateFile: "" }),
    RANGE,
    '"path" expected the path of a file, got ""',
  ],
  [
    "blockSize 0",
    withOptions({ blockSize: 0 }),
    RANGE,
    `"blockSize" expected an integer from 1 to ${COUNT_MAX}, got 0`,
  ],
  [
    "blockSize 2^32",
    withOptions({ blockSize: 2 ** 32 }),
    RANGE,
    `"blockSize" expected an integer from 1 to ${COUNT_MAX}, got 4294967296`,
  ],
  ...integer("blockSize", COUNT_MAX, (blockSize) => withOptions({ blockSize }), 1).filter(
    ([name]) => name !== "blockSize null",
  ),
  ["layout 7", withOptions({ layout: 7 }), TYPE, '"options" expected an object, got number'],
  [
    "layout 40+24",
    withOptions({ layout: { instanceBits: 40 } }),
    RANGE,
    '"sequenceBits" expected an integer from 32 to 64, got 24',
  ],
  [
    "engine fast",
    (_) => withOptions({ engine: "fast" })("fast"),
    RANGE,
    '"engine" expected "auto", "wasm" or "bigint", got "fast"',
  ],
  ["engine 7", (_) => withOptions({ engine: 7 })(7), TYPE, '"engine" expected "auto", "wasm" or "bigint", got 7'],
  ["rounds 5", withOptions({ rounds: 5 }), RANGE, '"rounds" expected an integer from 6 to 256, got 5'],
  ["rounds 257", withOptions({ rounds: 257 }), RANGE, '"rounds" expected an integer from 6 to 256, got 257'],
  ...integer("rounds", 256, (rounds) => withOptions({ rounds }), 6),
  ...integer("rounds", 256, (rounds) => (engine) => new Feistel64Permutation({ rounds, engine }), 1),
  ["key true", withOptions({ key: true }), TYPE, `"key" expected ${U64}, got another boolean`],
  ['key "7 "', withOptions({ key: "7 " }), TYPE, `"key" expected ${U64}, got another string`],
  ["key 2^53", withOptions({ key: 2 ** 53 }), RANGE, `"key" expected ${U64}, got another number`],
  ["key -1n", withOptions({ key: -1n }), RANGE, `"key" expected ${U64}, got another bigint`],
  ["key 2^64", withOptions({ key: 2n ** 64n }), RANGE, `"key" expected ${U64}, got another bigint`],
  [
    "a even",
    (engine) => new MultiplyOddPermutation({ a: 2n, engine }),
    RANGE,
    '"a" expected an odd integer, got an even one',
  ],
  [
    "a 0",
    (engine) => new MultiplyOddPermutation({ a: 0n, engine }),
    RANGE,
    '"a" expected an odd integer, got an even one',
  ],
  [
    "a 3.5",
    (engine) => new MultiplyOddPermutation({ a: 3.5, engine }),
    RANGE,
    `"a" expected ${U64}, got another number`,
  ],
  [
    "a 2^64+1",
    (engine) => new MultiplyOddPermutation({ a: 2n ** 64n + 1n, engine }),
    RANGE,
    `"a" expected ${U64}, got another bigint`,
  ],
  [
    "b -1n",
    (engine) => new MultiplyOddPermutation({ b: -1n, engine }),
    RANGE,
    `"b" expected ${U64}, got another bigint`,
  ],
  ["options null", () => Id64.feistel(null as Wrong), TYPE, '"options" expected an object, got null'],
  ["options missing", () => (Id64 as Wrong).multiplicative(), TYPE, '"options" expected an object, got undefined'],
  [
    "permutation missing",
    () => new Id64({ instanceId: 1, counter: counter() } as Wrong),
    TYPE,
    '"permutation" expected an object with "forward" and "inverse", got undefined',
  ],

  ...[
    ["takeU64", COUNT_MAX] as const,
    ["takeBase62", TOKENS_MAX] as const,
    ["takeBase32", TOKENS_MAX] as const,
  ].flatMap(([name, max]) => [
    [
      `${name}(0)`,
      withCall((ids: Wrong) => ids[name](0)),
      RANGE,
      `"n" expected an integer from 1 to ${max}, got 0`,
    ] as Case,
    [
      `${name}(2^32)`,
      withCall((ids: Wrong) => ids[name](2 ** 32)),
      RANGE,
      `"n" expected an integer from 1 to ${max}, got 4294967296`,
    ] as Case,
    ...integer("n", max, (n) => withCall((ids: Wrong) => ids[name](n)), 1),
  ]),
  [
    "fillU64([])",
    withCall((ids) => ids.fillU64([] as Wrong)),
    TYPE,
    '"out" expected a BigUint64Array, got an object (Array)',
  ],
  [
    "fillU64(signed)",
    withCall((ids) => ids.fillU64(new BigInt64Array(1) as Wrong)),
    TYPE,
    '"out" expected a BigUint64Array, got an object (BigInt64Array)',
  ],
  [
    "fillU64(empty)",
    withCall((ids) => ids.fillU64(new BigUint64Array(0))),
    RANGE,
    '"out" expected at least 1 element, got 0',
  ],
  [
    "fillBase62(u64)",
    withCall((ids) => ids.fillBase62(new BigUint64Array(1) as Wrong)),
    TYPE,
    '"out" expected a Uint8Array, got an object (BigUint64Array)',
  ],
  [
    "fillBase62(short)",
    withCall((ids) => ids.fillBase62(new Uint8Array(10))),
    RANGE,
    '"out" expected at least 11 bytes, got 10',
  ],
  [
    "fillBase62(short for separator)",
    withCall((ids) => ids.fillBase62(new Uint8Array(11), { separator: 10 })),
    RANGE,
    '"out" expected at least 12 bytes, got 11',
  ],
  [
    "separator 256",
    withCall((ids) => ids.fillBase62(new Uint8Array(12), { separator: 256 })),
    RANGE,
    '"separator" expected an integer from 0 to 255, got 256',
  ],
  [
    'separator "\\n"',
    withCall((ids) => ids.fillBase62(new Uint8Array(12), { separator: "\n" as Wrong })),
    TYPE,
    '"separator" expected an integer from 0 to 255, got "\\n"',
  ],

  ['decode("0x7")', withCall((ids) => ids.decode("0x7")), TYPE, `"id" expected ${U64}, got "0x7"`],
  ["decode(2^53)", withCall((ids) => ids.decode(2 ** 53)), RANGE, `"id" expected ${U64}, got 9007199254740992`],
  ["decode(-1n)", withCall((ids) => ids.decode(-1n)), RANGE, `"id" expected ${U64}, got -1n`],
  ["decode(2^64)", withCall((ids) => ids.decode(2n ** 64n)), RANGE, `"id" expected ${U64}, got 18446744073709551616n`],
  ["decodeBase62(7)", withCall((ids) => ids.decodeBase62(7 as Wrong)), TYPE, `"token" expected ${B62}, got 7`],
  [
    "decodeBase62 short",
    withCall((ids) => ids.decodeBase62("0000000000")),
    TOKEN,
    `"token" expected ${B62}, got "0000000000"`,
  ],
  [
    "decodeBase62 long",
    withCall((ids) => ids.decodeBase62("0".repeat(99))),
    TOKEN,
    `"token" expected ${B62}, got "${"0".repeat(40)}…"`,
  ],
  [
    "decodeBase62 alphabet",
    withCall((ids) => ids.decodeBase62("0000000000-")),
    TOKEN,
    `"token" expected ${B62} from ${ALPHABET}, got "0000000000-"`,
  ],
  [
    "decodeBase62 Arabic digit",
    withCall((ids) => ids.decodeBase62("0000000000٠")),
    TOKEN,
    `"token" expected ${B62} from ${ALPHABET}, got "0000000000٠"`,
  ],
  [
    "decodeBase62 full-width digit",
    withCall((ids) => ids.decodeBase62("０0000000000")),
    TOKEN,
    `"token" expected ${B62} from ${ALPHABET}, got "０0000000000"`,
  ],
  [
    "decodeBase62 overflow",
    withCall((ids) => ids.decodeBase62("LygHa16AHYG")),
    TOKEN,
    `"token" expected ${B62} up to LygHa16AHYF (2^64 - 1), got "LygHa16AHYG"`,
  ],
  [
    "decodeBase32 case",
    withCall((ids) => ids.decodeBase32("000000000000f")),
    TOKEN,
    `"token" expected ${B32} from 0123456789ABCDEFGHJKMNPQRSTVWXYZ, got "000000000000f"`,
  ],
  [
    "decodeBase32 overflow",
    withCall((ids) => ids.decodeBase32("G000000000000")),
    TOKEN,
    `"token" expected ${B32} up to FZZZZZZZZZZZZ (2^64 - 1), got "G000000000000"`,
  ],
  [
    "decodeManyBase62(token)",
    withCall((ids) => ids.decodeManyBase62("00000000000" as Wrong)),
    TYPE,
    '"tokens" expected an array of tokens or a Uint8Array, got "00000000000"',
  ],
  [
    "decodeManyBase62 of a number",
    withCall((ids) => ids.decodeManyBase62(["00000000000", 7] as Wrong)),
    TYPE,
    `"tokens[1]" expected ${B62}, got 7`,
  ],
  [
    "decodeManyBase62 alphabet",
    withCall((ids) => ids.decodeManyBase62(["00000000000", "0000000000!"])),
    TOKEN,
    `"tokens[1]" expected ${B62} from ${ALPHABET}, got "0000000000!"`,
  ],
  [
    "decodeManyBase62 bytes",
    withCall((ids) => ids.decodeManyBase62(new TextEncoder().encode("000000000000000000000!"))),
    TOKEN,
    `"tokens[1]" expected ${B62} from ${ALPHABET}, got "0000000000!"`,
  ],
  [
    "decodeManyBase62 high byte",
    withCall((ids) => ids.decodeManyBase62(Uint8Array.of(0xb2, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48))),
    TOKEN,
    `"tokens[0]" expected ${B62} from ${ALPHABET}, got "²0000000000"`,
  ],
  [
    "decodeManyBase62 overflow",
    withCall((ids) => ids.decodeManyBase62(new TextEncoder().encode("LygHa16AHYG"))),
    TOKEN,
    `"tokens[0]" expected ${B62} up to LygHa16AHYF (2^64 - 1), got "LygHa16AHYG"`,
  ],
  [
    "decodeManyBase62 partial",
    withCall((ids) => ids.decodeManyBase62(new TextEncoder().encode("00000000000000"))),
    TOKEN,
    `"tokens[1]" expected ${B62}, got "000"`,
  ],
  [
    "decodeManyBase62 separator",
    withCall((ids) => ids.decodeManyBase62(new TextEncoder().encode("00000000000,00000000000;"), { separator: 44 })),
    TOKEN,
    '"tokens[1]" expected byte 44 after it, got 59',
  ],
  [
    "forwardMany([])",
    (engine) => new IdentityPermutation({ engine }).forwardMany([] as Wrong),
    TYPE,
    '"xs" expected a BigUint64Array, got an object (Array)',
  ],
  [
    "forward(undefined)",
    (engine) => new Feistel64Permutation({ engine }).forward(undefined as Wrong),
    TYPE,
    `"x" expected ${U64}, got undefined`,
  ],
  [
    "inverse(2^64)",
    (engine) => new Feistel64Permutation({ engine }).inverse(2n ** 64n),
    RANGE,
    `"y" expected ${U64}, got 18446744073709551616n`,
  ],

  [
    "nextU64 after close",
    withCall((ids) => [ids.close(), ids.nextU64()]),
    { type: "ClosedError", code: "ERR_PERMID64_CLOSED" },
    "the generator is closed",
  ],
  [
    "takeBase62 after close",
    withCall((ids) => [ids.nextBase62(), ids.close(), ids.takeBase62(1)]),
    { type: "ClosedError", code: "ERR_PERMID64_CLOSED" },
    "the generator is closed",
  ],
  [
    "fillU64 after close",
    withCall((ids) => [ids.nextU64(), ids.close(), ids.fillU64(new BigUint64Array(1))]),
    { type: "ClosedError", code: "ERR_PERMID64_CLOSED" },
    "the generator is closed",
  ],
];

describe.each(ENGINES)("%s engine", (engine) => {
  test.each(cases)("%s", (_, call, error, message) => {
    expect(Id64.identity({ instanceId: 1, counter: counter(), engine }).engine).toBe(engine);
    expect(thrown(() => call(engine))).toEqual({ ...error, message });
  });

  test("a refused call uses no number", () => {
    const ids = Id64.identity({ instanceId: 0, counter: counter(), engine });
    for (const call of [
      () => ids.takeU64(0),
      () => ids.takeBase62(1.5),
      () => ids.fillU64(new BigUint64Array(0)),
      () => ids.fillBase62(new Uint8Array(3)),
      () => ids.fillBase62(new Uint8Array(30), { separator: -1 }),
      () => ids.decodeBase62("!"),
    ]) {
      thrown(call);
    }
    expect(ids.nextU64()).toBe(0n);
  });
});

test.each<[string, () => unknown, { type: string; code: string }, string]>([
  ["u64ToBase62(1.5)", () => u64ToBase62(1.5), RANGE, `"value" expected ${U64}, got 1.5`],
  ["u64ToBase62(-1n)", () => u64ToBase62(-1n), RANGE, `"value" expected ${U64}, got -1n`],
  [
    "u64ToCrockford32(2^64)",
    () => u64ToCrockford32(2n ** 64n),
    RANGE,
    `"value" expected ${U64}, got 18446744073709551616n`,
  ],
  ["base62ToU64(undefined)", () => base62ToU64(undefined as Wrong), TYPE, `"token" expected ${B62}, got undefined`],
  [
    "crockford32ToU64(7, lenient)",
    () => crockford32ToU64(7 as Wrong, { strict: false }),
    TYPE,
    `"token" expected ${B32}, got 7`,
  ],
  [
    "strict 1",
    () => crockford32ToU64("0000000000000", { strict: 1 as Wrong }),
    TYPE,
    '"strict" expected a boolean, got 1',
  ],
  [
    "lenient U",
    () => crockford32ToU64("000000000000u", { strict: false }),
    TOKEN,
    `"token" expected ${B32} from 0123456789ABCDEFGHJKMNPQRSTVWXYZ, got "000000000000U"`,
  ],
  [
    "bits 33",
    () => new Layout64({ instanceBits: 33, sequenceBits: 31 }),
    RANGE,
    '"sequenceBits" expected an integer from 32 to 64, got 31',
  ],
  [
    "bits 16+47",
    () => new Layout64({ instanceBits: 16, sequenceBits: 47 }),
    RANGE,
    '"sequenceBits" expected 48, to make 64 with "instanceBits" 16, got 47',
  ],
  [
    "compose(65536, 0n)",
    () => new Layout64().compose(65536, 0n),
    RANGE,
    '"instanceId" expected an integer from 0 to 65535, got 65536',
  ],
  [
    "compose(0, 2^48)",
    () => new Layout64().compose(0, 2n ** 48n),
    RANGE,
    `"sequence" expected ${WHOLE} 0 to 281474976710655, got 281474976710656n`,
  ],
  ["decompose(null)", () => new Layout64().decompose(null as Wrong), TYPE, `"raw" expected ${U64}, got null`],
  ["MemoryCounter start -1n", () => new MemoryCounter({ startAt: -1n }), RANGE, `"startAt" expected ${U64}, got -1n`],
  [
    "MemoryCounter reserve(0)",
    () => counter().reserve(0),
    RANGE,
    `"count" expected an integer from 1 to ${COUNT_MAX}, got 0`,
  ],
  [
    "SqliteCounter name",
    () => new SqliteCounter("x", { name: "" }),
    RANGE,
    '"name" expected 1 to 64 characters, got 0',
  ],
  [
    "SqliteCounter create",
    () => new SqliteCounter("x", { create: 1 as Wrong }),
    TYPE,
    '"create" expected a boolean, got 1',
  ],
  [
    "SqliteCounter floor",
    () => new SqliteCounter("x", { floor: 2n ** 63n }),
    RANGE,
    `"floor" expected ${WHOLE} 0 to 2^63 - 1, got 9223372036854775808n`,
  ],
  [
    "SqliteCounter skipAhead",
    () => new SqliteCounter("x", { skipAhead: 0n }),
    RANGE,
    `"skipAhead" expected ${WHOLE} 1 to 2^63 - 1, got 0n`,
  ],
  [
    "SqliteCounter timeout",
    () => new SqliteCounter("x", { timeout: -1 }),
    RANGE,
    '"timeout" expected an integer from 0 to 600000, got -1',
  ],
  [
    "useWasm(bytes)",
    () => useWasm(new Uint8Array(8) as Wrong),
    TYPE,
    '"module" expected a WebAssembly.Module, got an object (Uint8Array)',
  ],
  [
    "fromConfig(7)",
    () => Id64.fromConfig(7 as Wrong),
    { type: "SyntaxError", code: "ERR_PERMID64_INVALID_CONFIG" },
    '"config" expected an object or its JSON, got number',
  ],
  [
    'fromConfig("{")',
    () => Id64.fromConfig("{"),
    { type: "SyntaxError", code: "ERR_PERMID64_INVALID_CONFIG" },
    '"config" expected JSON, got text that is not',
  ],
])("%s", (_, call, error, message) => {
  expect(thrown(call)).toEqual({ ...error, message });
});
