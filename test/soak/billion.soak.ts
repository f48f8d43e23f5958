import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Feistel64Permutation,
  Id64,
  IdentityPermutation,
  MemoryCounter,
  MultiplyOddPermutation,
  SqliteCounter,
} from "permid64";
import { expect, test } from "vitest";
import { ENGINES } from "../support/vectors.js";

// A billion ids are unique if inverting each gives the number it was made from: no set of a billion is needed.

const COUNT = { wasm: 1_000_000_000, bigint: 20_000_000 };
const PART = 1 << 20;
const INSTANCE_ID = 42;

/** Asserts that the u64 of `raws` are start, start + 1, … */
function expectConsecutive(raws: BigUint64Array, start: bigint): void {
  for (let i = 0; i < raws.length; i++) {
    if (raws[i] !== start + BigInt(i)) expect(raws[i]).toBe(start + BigInt(i));
  }
}

const permutations = {
  identity: (engine: "wasm" | "bigint") => new IdentityPermutation({ engine }),
  multiplicative: (engine: "wasm" | "bigint") => new MultiplyOddPermutation({ engine }),
  feistel: (engine: "wasm" | "bigint") => new Feistel64Permutation({ engine }),
};

for (const engine of ENGINES) {
  for (const [kind, make] of Object.entries(permutations)) {
    test(`${COUNT[engine]} ids, ${kind}, ${engine}`, () => {
      const permutation = make(engine);
      const counter = new MemoryCounter();
      const ids = new Id64({ instanceId: INSTANCE_ID, counter, permutation, engine });
      expect([ids.engine, permutation.engine]).toEqual([engine, engine]);
      let raw = BigInt(INSTANCE_ID) << 48n;
      for (let left = COUNT[engine]; left > 0; left -= PART) {
        const part = ids.takeU64(Math.min(PART, left));
        permutation.inverseMany(part);
        expectConsecutive(part, raw);
        raw += BigInt(part.length);
      }
    });

    test(`${COUNT[engine]} tokens, ${kind}, ${engine}`, () => {
      const ids = new Id64({
        instanceId: INSTANCE_ID,
        counter: new MemoryCounter(),
        permutation: make(engine),
        engine,
      });
      expect(ids.engine).toBe(engine);
      let next = 0n;
      for (let left = COUNT[engine]; left > 0; left -= PART) {
        const tokens = new Uint8Array(11 * Math.min(PART, left));
        ids.fillBase62(tokens);
        const { instanceId, sequence } = ids.decodeManyBase62(tokens);
        expect(instanceId.every((id) => id === INSTANCE_ID)).toBe(true);
        expectConsecutive(sequence, next);
        next += BigInt(sequence.length);
      }
    });
  }
}

test("twenty thousand blocks of one state file follow one another", () => {
  const folder = mkdtempSync(join(tmpdir(), "permid64-soak-"));
  try {
    using counter = new SqliteCounter(join(folder, "soak.state"), { floor: 1n });
    using ids = Id64.multiplicative({ instanceId: INSTANCE_ID, counter, blockSize: 3 });
    for (let i = 1n; i < 60_000n; i++) {
      const { sequence } = ids.decode(ids.nextU64());
      if (sequence !== i) expect(sequence).toBe(i);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
