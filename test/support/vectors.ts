import { readFileSync } from "node:fs";
import {
  type EngineChoice,
  Feistel64Permutation,
  Id64,
  IdentityPermutation,
  MemoryCounter,
  MultiplyOddPermutation,
} from "permid64";

/** One suite for both engines: each is forced, and every suite asserts which one ran. */
export const ENGINES = ["wasm", "bigint"] as const;

/** u64 are decimal strings. The answers of the Python permid64 0.3.0. */
interface Vectors {
  permutations: PermutationVector[];
  codec: {
    base62: [value: string, token: string][];
    crockford32: [value: string, token: string][];
    crockford32Lenient: [token: string, value: string][];
    base62Invalid: [token: string, reason: string][];
    crockford32Invalid: [token: string, reason: string][];
  };
  layouts: {
    instanceBits: number;
    sequenceBits: number;
    rows: [instanceId: number, sequence: string, raw: string][];
  }[];
  generators: ({ instanceId: number; ids: GeneratorRow[] } & Parameters)[];
}

type Parameters = { kind: string; a?: string; b?: string; key?: string; rounds?: number };
type PermutationVector = Parameters & { aInverse?: string; roundKeys?: number[]; pairs: [x: string, y: string][] };
type GeneratorRow = [sequence: string, raw: string, id: string, base62: string, crockford32: string];

export const vectors: Vectors = JSON.parse(readFileSync(new URL("../vectors.json", import.meta.url), "utf8"));

function options({ a, b, key, rounds }: Parameters) {
  return {
    ...(a === undefined ? {} : { a: BigInt(a) }),
    ...(b === undefined ? {} : { b: BigInt(b) }),
    ...(key === undefined ? {} : { key: BigInt(key) }),
    ...(rounds === undefined ? {} : { rounds }),
  };
}

export function permutationOf(vector: Parameters, engine: EngineChoice) {
  switch (vector.kind) {
    case "multiplicative":
      return new MultiplyOddPermutation({ ...options(vector), engine });
    case "feistel":
      return new Feistel64Permutation({ ...options(vector), engine });
    case "identity":
      return new IdentityPermutation({ engine });
    default:
      throw new Error(`unknown kind ${vector.kind}`);
  }
}

/** A fresh generator from sequence number 0. */
export function generatorOf(vector: Parameters & { instanceId: number }, engine: EngineChoice): Id64 {
  const common = { ...options(vector), instanceId: vector.instanceId, counter: new MemoryCounter(), engine };
  switch (vector.kind) {
    case "multiplicative":
      return Id64.multiplicative(common);
    case "feistel":
      return Id64.feistel(common);
    case "identity":
      return Id64.identity(common);
    default:
      throw new Error(`unknown kind ${vector.kind}`);
  }
}
