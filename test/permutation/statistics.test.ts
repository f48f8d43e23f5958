import {
  type EngineName,
  Feistel64Permutation,
  IdentityPermutation,
  MultiplyOddPermutation,
  SpeckPermutation,
} from "permid64";
import { describe, expect, test } from "vitest";
import { type Effort, LIMIT, statistics, worst } from "../support/statistics.js";

// The keys are fixed, so that what passes once passes always; the chance of a false alarm is one of when a key here or
// the permutation is changed.

const SPECK_KEYS = ["0001020308090a0b1011121318191a1b", "f0e1d2c3b4a5968778695a4b3c2d1e0f"] as const;

const EFFORT: Effort = { ids: 2 ** 20, pairs: 2 ** 13 };

const TESTS = [
  "frequency of bytes",
  "frequency of bits",
  "gaps",
  "serial correlation",
  "collisions",
  "change from one id to the next of bytes",
  "change from one id to the next of bits",
  "avalanche of bytes",
  "avalanche of bits",
];

const failures = (permutation: Parameters<typeof statistics>[0]) =>
  [...worst(statistics(permutation, EFFORT)).values()].filter(({ z }) => Math.abs(z) > LIMIT).map(({ test }) => test);

describe("pass all tests", () => {
  test.each([
    ["Feistel, the default key", new Feistel64Permutation()],
    ["Feistel, another key", new Feistel64Permutation({ key: 0x1234_5678_9abc_def0n })],
    ["Feistel, 8 rounds", new Feistel64Permutation({ rounds: 8 })],
    ["Speck, the key of the official vector", new SpeckPermutation({ key: SPECK_KEYS[0] })],
    ["Speck, another key", new SpeckPermutation({ key: SPECK_KEYS[1] })],
  ])("%s", (_, permutation) => {
    expect(permutation.engine).toBe("wasm");
    const found = statistics(permutation, EFFORT);
    expect(found.length).toBe(4756);
    for (const statistic of worst(found).values()) {
      expect(Math.abs(statistic.z), `${statistic.test}: ${statistic.of}`).toBeLessThan(LIMIT);
    }
  });
});

describe("the tests can fail", () => {
  test.each([
    ["identity", new IdentityPermutation(), TESTS],
    ["multiplicative", new MultiplyOddPermutation(), TESTS.filter((name) => name !== "frequency of bits")],
    ["Feistel, 1 round", new Feistel64Permutation({ rounds: 1 }), TESTS],
    [
      "Feistel, 2 rounds",
      new Feistel64Permutation({ rounds: 2 }),
      ["collisions", "change from one id to the next of bytes", "avalanche of bytes", "avalanche of bits"],
    ],
    ["Feistel, 3 rounds", new Feistel64Permutation({ rounds: 3 }), ["avalanche of bytes", "avalanche of bits"]],
  ])("%s", (_, permutation, expected) => {
    expect(failures(permutation).sort()).toEqual([...expected].sort());
  });

  // 4 and 5 rounds pass. So to pass says little of a permutation: 4 rounds are broken in breaks.test.ts.
  test("but do not see what is wrong with 4 rounds", () => {
    expect(failures(new Feistel64Permutation({ rounds: 4 }))).toEqual([]);
  });
});

test.each([
  ["Feistel", (engine: EngineName) => new Feistel64Permutation({ engine })],
  ["Speck", (engine: EngineName) => new SpeckPermutation({ key: SPECK_KEYS[0], engine })],
])("what BigInt computes is what was tested: %s", (_, make) => {
  const raws = BigUint64Array.from({ length: 1000 }, (_, i) => (42n << 48n) + BigInt(i));
  const [wasm, bigint] = [raws.slice(), raws.slice()];
  make("wasm").forwardMany(wasm);
  const permutation = make("bigint");
  permutation.forwardMany(bigint);
  expect(permutation.engine).toBe("bigint");
  expect(bigint).toEqual(wasm);
});
