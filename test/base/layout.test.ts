import fc from "fast-check";
import { Layout64 } from "permid64";
import { expect, test } from "vitest";
import { u64 } from "../support/formats.js";
import { vectors } from "../support/vectors.js";

test("the vectors of the Python original", () => {
  for (const { instanceBits, sequenceBits, rows } of vectors.layouts) {
    const layout = new Layout64({ instanceBits, sequenceBits });
    for (const [instanceId, sequence, raw] of rows) {
      expect(layout.compose(instanceId, BigInt(sequence))).toBe(BigInt(raw));
      expect(layout.decompose(BigInt(raw))).toEqual({ instanceId, sequence: BigInt(sequence) });
    }
  }
});

test("what is composed is decomposed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 32 }), u64, (instanceBits, raw) => {
      const layout = new Layout64({ instanceBits });
      const { instanceId, sequence } = layout.decompose(raw);
      expect(layout.compose(instanceId, sequence)).toBe(raw);
    }),
  );
});

test("a layout is taken in place of its options", () => {
  const layout = new Layout64({ instanceBits: 8 });
  expect(new Layout64(layout)).toEqual(layout);
});
