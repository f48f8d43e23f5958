import { checkSecretU64, outOfRange, type U64Like } from "../base/check.js";
import { checkObject } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

/** The fractional bits of the golden ratio, 2^64 / phi, moved to a prime: xxHash's PRIME64_1. */
const DEFAULT_A = 0x9e37_79b1_85eb_ca87n;
/** The fractional bits of the square root of 2: the first initial value of SHA-512 (FIPS 180-4). */
const DEFAULT_B = 0x6a09_e667_f3bc_c909n;

/**
 * f(x) = a * x + b mod 2^64. The fastest permutation, and the weakest: two consecutive ids give away `a`, and
 * any few of them how many lie between. It hides volume from a glance, not from an attacker: SECURITY.md.
 *
 * @param options.a An odd integer from 1 to 2^64 - 1; default 0x9E3779B185EBCA87.
 * @param options.b An integer from 0 to 2^64 - 1; default 0x6A09E667F3BCC909.
 * @param options.engine Which engine runs; default `"auto"`.
 * @throws TypeError or RangeError for `a` or `b` outside these, EngineUnavailableError if `engine` is `"wasm"`
 *   and that cannot start.
 * @example
 * ```ts
 * import { MultiplyOddPermutation } from "permid64";
 *
 * const permutation = new MultiplyOddPermutation({ a: 3n, b: 5n });
 * permutation.forward(10n); // => 35n
 * permutation.inverse(35n); // => 10n
 * ```
 */
export class MultiplyOddPermutation extends BuiltInPermutation {
  constructor(options: { a?: U64Like; b?: U64Like; engine?: EngineChoice } = {}) {
    const { engine, ...given } = checkObject("options", options);
    const a = checkSecretU64("a", given.a ?? DEFAULT_A);
    const b = checkSecretU64("b", given.b ?? DEFAULT_B);
    if (a % 2n === 0n) throw outOfRange("a", "an odd integer", "an even one");
    const inverseA = inverseOfOdd(a);
    const inverseB = BigInt.asUintN(64, -b * inverseA);
    super({ kind: "multiplicative", a, b, inverseA, inverseB }, engine);
  }
}

/** Newton's iteration: a * a is 1 modulo 8, so `a` inverts itself in 3 bits, and each step doubles the bits. */
function inverseOfOdd(a: bigint): bigint {
  let inverse = a;
  for (let bits = 3; bits < 64; bits *= 2) inverse = BigInt.asUintN(64, inverse * (2n - a * inverse));
  return inverse;
}
