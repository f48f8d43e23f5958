import fc from "fast-check";
import {
  type EngineChoice,
  Feistel64Permutation,
  IdentityPermutation,
  MultiplyOddPermutation,
  type Permutation,
  SpeckPermutation,
} from "permid64";
import { forward, inverse } from "../breaks/feistel.js";
import { u64 } from "./formats.js";
import { speckOfBytes } from "./speck.js";

/** A permutation with its parameters, to be run on any engine, and the same computed by SPEC.md without the library. */
export interface Sample {
  make(engine: EngineChoice): IdentityPermutation | MultiplyOddPermutation | Feistel64Permutation | SpeckPermutation;
  readonly reference: Permutation;
}

const modulo = (x: bigint) => BigInt.asUintN(64, x);

function multiplicative(a: bigint, b: bigint): Sample {
  // The odd numbers below 2^64 are a group whose order divides 2^62.
  let [aInverse, power] = [1n, a];
  for (let bit = 0; bit < 62; bit++) [aInverse, power] = [modulo(aInverse * power), modulo(power * power)];
  return {
    make: (engine) => new MultiplyOddPermutation({ a, b, engine }),
    reference: { forward: (x) => modulo(a * x + b), inverse: (y) => modulo((y - b) * aInverse) },
  };
}

function feistel(key: bigint, rounds: number): Sample {
  let s = key;
  const roundKeys = Array.from({ length: rounds }, () => {
    s ^= s >> 12n;
    s ^= modulo(s << 25n);
    s ^= s >> 27n;
    s = modulo(s * 0x2545_f491_4f6c_dd1dn);
    return Number(s & 0xffff_ffffn);
  });
  return {
    make: (engine) => new Feistel64Permutation({ key, rounds, engine }),
    reference: { forward: (x) => forward(x, roundKeys), inverse: (y) => inverse(y, roundKeys) },
  };
}

const speck = (key: Uint8Array): Sample => ({
  make: (engine) => new SpeckPermutation({ key, engine }),
  reference: speckOfBytes(key),
});

const speckKey = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== bytes[0]));

interface Kind {
  readonly kind: string;
  readonly sample: fc.Arbitrary<Sample>;
  /** Two with fixed parameters. */
  readonly fixed: readonly [Sample, Sample];
  /** Whether a changed bit of the input changes each bit of the output half the time. */
  readonly mixes: boolean;
}

const identity: Sample = {
  make: (engine) => new IdentityPermutation({ engine }),
  reference: { forward: (x) => x, inverse: (y) => y },
};

const bytes = (from: number) => Uint8Array.from({ length: 16 }, (_, i) => (from + 7 * i) & 0xff);

export const KINDS: readonly Kind[] = [
  { kind: "identity", sample: fc.constant(identity), fixed: [identity, identity], mixes: false },
  {
    kind: "multiplicative",
    sample: fc.tuple(u64, u64).map(([a, b]) => multiplicative(a | 1n, b)),
    fixed: [multiplicative(0x9e37_79b9_7f4a_7c15n, 12345n), multiplicative(0xd134_2543_de82_ef95n, 7n)],
    mixes: false,
  },
  {
    kind: "feistel",
    sample: fc.tuple(u64, fc.integer({ min: 1, max: 20 })).map(([key, rounds]) => feistel(key, rounds)),
    fixed: [feistel(0x0123_4567_89ab_cdefn, 6), feistel(5n, 9)],
    mixes: true,
  },
  { kind: "speck", sample: speckKey.map(speck), fixed: [speck(bytes(0)), speck(bytes(99))], mixes: true },
];
