import { Feistel64Permutation } from "permid64";
import { expect, test } from "vitest";
import { Random } from "../breaks/random.ts";
import { LIMIT, statistics, worst } from "../support/statistics.js";

// As statistics.test.ts, on 16 times the ids, 32 times the pairs and eight keys each.

const EFFORT = { ids: 2 ** 24, pairs: 2 ** 18 };
const random = new Random(64n);
const keys = Array.from({ length: 8 }, () => random.u64());

test.each(
  keys.map((key, i) => [i, new Feistel64Permutation({ key })] as const),
)("Feistel, key %d", (_, permutation) => {
  expect(permutation.engine).toBe("wasm");
  for (const statistic of worst(statistics(permutation, EFFORT)).values()) {
    expect(Math.abs(statistic.z), `${statistic.test}: ${statistic.of}`).toBeLessThan(LIMIT);
  }
});
