import {
  AsyncId64,
  crockford32ToU64,
  Feistel64Permutation,
  Id64,
  Id64Decoder,
  IdentityPermutation,
  Layout64,
  legacyInteger,
  MemoryCounter,
  MultiplyOddPermutation,
  PublicId,
  SpeckPermutation,
  TokenFormat,
} from "permid64";
import { describe, expect, test } from "vitest";

// An option that does nothing is worse than an error: it may have been meant to keep ids apart, or secret.

type Wrong = never;
const KEY = "000102030405060708090a0b0c0d0e0f";
const generator = { instanceId: 1, counter: new MemoryCounter() };
const ids = Id64.identity(generator);
const config = ids.toConfig();

const misspelt: [string, (options: object) => unknown, wrong: string, meant: string][] = [
  [
    "new Id64",
    (o) => new Id64({ ...generator, permutation: new IdentityPermutation(), ...o }),
    "blocksize",
    "blockSize",
  ],
  ["Id64.multiplicative", (o) => Id64.multiplicative({ ...generator, ...o }), "instanceID", "instanceId"],
  ["Id64.multiplicative", (o) => Id64.multiplicative({ ...generator, ...o }), "A", "a"],
  ["Id64.feistel", (o) => Id64.feistel({ ...generator, ...o }), "round", "rounds"],
  ["Id64.speck", (o) => Id64.speck({ ...generator, key: KEY, ...o }), "prefx", "prefix"],
  ["Id64.identity", (o) => Id64.identity({ ...generator, ...o }), "statefile", "stateFile"],
  ["Id64.fromConfig", (o) => Id64.fromConfig(config, { counter: new MemoryCounter(), ...o }), "acept", "accept"],
  ["a config", (o) => Id64.fromConfig({ ...config, ...o }, { counter: new MemoryCounter() }), "perfix", "prefix"],
  ["AsyncId64.speck", (o) => AsyncId64.speck({ ...generator, key: KEY, ...o }), "minblock", "minBlock"],
  ["AsyncId64.feistel", (o) => AsyncId64.feistel({ ...generator, ...o }), "onLeaseErorr", "onLeaseError"],
  ["AsyncId64.fromConfig", (o) => AsyncId64.fromConfig(config, { ...generator, ...o } as Wrong), "timeOut", "timeout"],
  ["new Id64Decoder", (o) => new Id64Decoder({ permutation: new IdentityPermutation(), ...o }), "lay0ut", "layout"],
  ["Id64Decoder.speck", (o) => Id64Decoder.speck({ key: KEY, ...o }), "cheque", "check"],
  ["Id64Decoder.fromConfig", (o) => Id64Decoder.fromConfig(config, o), "engin", "engine"],
  ["layout", (o) => Id64Decoder.identity({ layout: o }), "instancebits", "instanceBits"],
  ["fillBase62", (o) => ids.fillBase62(new Uint8Array(11), o), "seperator", "separator"],
  ["decodeManyBase62", (o) => ids.decodeManyBase62(["00000000000"], o), "separater", "separator"],
  ["Layout64", (o) => new Layout64(o), "sequencebits", "sequenceBits"],
  ["TokenFormat", (o) => new TokenFormat(o), "chek", "check"],
  ["PublicId", (o) => new PublicId({ key: KEY, type: "order", ...o }), "tennant", "tenant"],
  ["legacyInteger", (o) => legacyInteger({ max: 5, ...o }), "maks", "max"],
  ["crockford32ToU64", (o) => crockford32ToU64("0000000000000", o), "stric", "strict"],
  ["MemoryCounter", (o) => new MemoryCounter(o), "startat", "startAt"],
  ["MultiplyOddPermutation", (o) => new MultiplyOddPermutation(o), "engien", "engine"],
  ["Feistel64Permutation", (o) => new Feistel64Permutation(o), "keys", "key"],
  ["SpeckPermutation", (o) => new SpeckPermutation({ key: KEY, ...o }), "kye", "key"],
  ["IdentityPermutation", (o) => new IdentityPermutation(o), "Engine", "engine"],
];

test.each(misspelt)("%s: a misspelt option is refused, and the nearest known one named", (_, call, wrong, meant) => {
  expect(() => call({ [wrong]: 1 })).toThrow(
    expect.objectContaining({
      name: "TypeError",
      code: "ERR_PERMID64_UNKNOWN_OPTION",
      message: expect.stringMatching(new RegExp(`has an unknown option "${wrong}"; did you mean "${meant}"\\?$`)),
    }),
  );
});

test("without a near one, the error lists the options that there are; the value is never shown", () => {
  const call = () => Id64Decoder.fromConfig(config, { somethingElse: "a secret" } as Wrong);
  expect(call).toThrow('"options" has an unknown option "somethingElse"; known options: engine');
});

describe("an option that is present but undefined is refused where leaving it out would weaken something", () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      "key of Feistel",
      () => Id64.feistel({ ...generator, key: undefined as Wrong }),
      /^"key" .* the public default key$/,
    ],
    ["key of a Feistel decoder", () => Id64Decoder.feistel({ key: undefined as Wrong }), /^"key" .* default key$/],
    [
      "key of a Feistel permutation",
      () => new Feistel64Permutation({ key: undefined as Wrong }),
      /^"key" expected a value/,
    ],
    ["a", () => Id64.multiplicative({ ...generator, a: undefined as Wrong }), /^"a" expected a value, got undefined/],
    ["b", () => AsyncId64.multiplicative({ ...generator, b: undefined as Wrong }), /^"b" expected a value/],
    ["key of Speck", () => Id64.speck({ ...generator, key: undefined }), /^"key" expected a key/],
  ];
  test.each(cases)("%s", (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ name: "TypeError", message: expect.stringMatching(message) }));
  });
});

test("a call that would need more memory than a process has is an error, and uses no number", () => {
  const counter = new MemoryCounter();
  const ids = Id64.identity({ instanceId: 0, counter });
  for (const call of ["takeBase62", "takeBase32", "takeTokens"] as const) {
    expect(() => ids[call](2 ** 32 - 1)).toThrow('"n" expected an integer from 1 to 33554432, got 4294967295');
  }
  expect(ids.nextU64()).toBe(0n);
});
