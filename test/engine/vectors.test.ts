import { describe, expect, test } from "vitest";
import { ENGINES, generatorOf, permutationOf, vectors } from "../support/vectors.js";

describe.each(ENGINES)("%s engine", (engine) => {
  test.each(vectors.permutations.map((vector, i) => [i, vector] as const))("permutation %i", (_, vector) => {
    const permutation = permutationOf(vector, engine);
    expect(permutation.engine).toBe(engine);
    const xs = BigUint64Array.from(vector.pairs, ([x]) => BigInt(x));
    const ys = BigUint64Array.from(vector.pairs, ([, y]) => BigInt(y));
    expect(Array.from(xs, (x) => permutation.forward(x))).toEqual([...ys]);
    expect(Array.from(ys, (y) => permutation.inverse(y))).toEqual([...xs]);
    const values = xs.slice();
    permutation.forwardMany(values);
    expect(values).toEqual(ys);
    permutation.inverseMany(values);
    expect(values).toEqual(xs);
  });

  test.each(vectors.generators.map((vector, i) => [i, vector] as const))("generator %i", (_, vector) => {
    const fresh = () => generatorOf(vector, engine);
    expect(fresh().engine).toBe(engine);
    const { ids: rows } = vector;
    const ids = BigUint64Array.from(rows, ([, , id]) => BigInt(id));
    const base62 = rows.map((row) => row[3]);
    const crockford32 = rows.map((row) => row[4]);

    const [a, b, c] = [fresh(), fresh(), fresh()];
    expect(rows.map(() => a.nextU64())).toEqual([...ids]);
    expect(rows.map(() => b.nextBase62())).toEqual(base62);
    expect(rows.map(() => c.nextBase32())).toEqual(crockford32);
    expect(fresh().takeU64(rows.length)).toEqual(ids);
    expect(fresh().takeBase62(rows.length)).toEqual(base62);
    expect(fresh().takeBase32(rows.length)).toEqual(crockford32);
    const bytes = new Uint8Array(11 * rows.length);
    expect(fresh().fillBase62(bytes)).toBe(rows.length);
    expect(new TextDecoder().decode(bytes)).toBe(base62.join(""));

    const reader = fresh();
    for (const [sequence, raw, id, token62, token32] of rows) {
      const decoded = { raw: BigInt(raw), instanceId: vector.instanceId, sequence: BigInt(sequence) };
      expect(reader.decode(BigInt(id))).toEqual(decoded);
      expect(reader.decodeBase62(token62)).toEqual(decoded);
      expect(reader.decodeBase32(token32)).toEqual(decoded);
    }
    const columns = {
      instanceId: Uint32Array.from(rows, () => vector.instanceId),
      sequence: BigUint64Array.from(rows, ([sequence]) => BigInt(sequence)),
    };
    expect(reader.decodeManyBase62(base62)).toEqual(columns);
    expect(reader.decodeManyBase62(bytes)).toEqual(columns);
  });

  test("codecs, through a generator whose ids are what was asked for", () => {
    const reader = generatorOf({ kind: "identity", instanceId: 0 }, engine);
    for (const [value, token] of vectors.codec.base62) expect(reader.decodeBase62(token).raw).toBe(BigInt(value));
    for (const [value, token] of vectors.codec.crockford32) expect(reader.decodeBase32(token).raw).toBe(BigInt(value));
    for (const [token] of vectors.codec.base62Invalid) expect(() => reader.decodeBase62(token)).toThrow(SyntaxError);
    for (const [token] of vectors.codec.crockford32Invalid)
      expect(() => reader.decodeBase32(token)).toThrow(SyntaxError);
  });
});
