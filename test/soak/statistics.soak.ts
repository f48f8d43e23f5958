import { Feistel64Permutation, SpeckPermutation } from "permid64";
import { expect, test } from "vitest";
import { Random } from "../breaks/random.ts";
import { LIMIT, statistics, worst } from "../support/statistics.js";

// As statistics.test.ts, on 16 times the ids, 32 times the pairs and four keys each.

const EFFORT = { ids: 2 ** 24, pairs: 2 ** 18 };
const random = new Random(64n);

function speck(): SpeckPermutation {
  return new SpeckPermutation({ key: new Uint8Array(BigUint64Array.of(random.u64(), random.u64()).buffer) });
}

test.each([
  ...Array.from(
    { length: 4 },
    (_, i) => [`Feistel, key ${i}`, new Feistel64Permutation({ key: random.u64() })] as const,
  ),
  ...Array.from({ length: 4 }, (_, i) => [`Speck, key ${i}`, speck()] as const),
])("%s", (_, permutation) => {
  expect(permutation.engine).toBe("wasm");
  for (const statistic of worst(statistics(permutation, EFFORT)).values()) {
    expect(Math.abs(statistic.z), `${statistic.test}: ${statistic.of}`).toBeLessThan(LIMIT);
  }
});
