import { checkSecretU64, outOfRange, type U64Like } from "../base/check.js";
import { checkOptions, type OptionNames, refuseUndefined } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

/** The fractional bits of the golden ratio, 2^64 / phi, moved to a prime: xxHash's PRIME64_1. */
const DEFAULT_A = 0x9e37_79b1_85eb_ca87n;
/** The fractional bits of the square root of 2: the first initial value of SHA-512 (FIPS 180-4). */
const DEFAULT_B = 0x6a09_e667_f3bc_c909n;

/** The parameters of a {@link MultiplyOddPermutation}. Both have public defaults. */
export interface MultiplicativeOptions {
  /** The multiplier: an odd integer from 1 to 2^64 - 1. Default 0x9E3779B185EBCA87, which is public. */
  a?: U64Like;
  /** The addend: an integer from 0 to 2^64 - 1. Default 0x6A09E667F3BCC909, which is public. */
  b?: U64Like;
}

export const MULTIPLICATIVE_OPTIONS: OptionNames<MultiplicativeOptions> = { a: true, b: true };

/**
 * f(x) = a * x + b mod 2^64. The fastest permutation, and the weakest: two consecutive ids give away `a`, and
 * any few of them how many lie between. It hides volume from a glance, not from an attacker: SECURITY.md.
 *
 * @param options `a` and `b`: see {@link MultiplicativeOptions}; and `engine`, default `"auto"`.
 * @throws TypeError or RangeError for a wrong option, or for `a` or `b` that is present but undefined;
 *   EngineUnavailableError if `engine` is `"wasm"` and WebAssembly cannot start.
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
  constructor(options: MultiplicativeOptions & { engine?: EngineChoice } = {}) {
    checkOptions("options", options, { ...MULTIPLICATIVE_OPTIONS, engine: true });
    for (const name of ["a", "b"] as const) refuseUndefined(options, name, "its public default");
    const { engine } = options;
    const a = checkSecretU64("a", options.a ?? DEFAULT_A);
    const b = checkSecretU64("b", options.b ?? DEFAULT_B);
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
