import { checkInteger, checkSecretU64, type U64Like } from "../base/check.js";
import { checkOptions, type OptionNames, refuseUndefined } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

const DEFAULT_KEY = 0xdead_beef_cafe_baben;
/** Up to four are broken: SECURITY.md. */
export const SAFE_ROUNDS = 6;
/** The module has room for this many (MAX_ROUNDS in assembly/memory.ts). */
export const MAX_ROUNDS = 256;

/** The parameters of a {@link Feistel64Permutation}. */
export interface FeistelOptions {
  /** An integer from 0 to 2^64 - 1. Default 0xDEADBEEFCAFEBABE, which is public. 0 makes all round keys 0. */
  key?: U64Like;
  /** An integer from 1 to 256; from 6 for new ids. Default 6. Up to four rounds are broken: SECURITY.md. */
  rounds?: number;
}

export const FEISTEL_OPTIONS: OptionNames<FeistelOptions> = { key: true, rounds: true };

/**
 * A balanced Feistel network on two u32 halves. Each bit of the raw changes about half of the id's bits.
 *
 * The network is obfuscation, not encryption: a 64-bit key can be searched for, and nobody has analysed the network.
 *
 * @param options `key` and `rounds`: see {@link FeistelOptions}; and `engine`, default `"auto"`.
 * @throws TypeError or RangeError for a wrong option, or for a `key` that is present but undefined;
 *   EngineUnavailableError if `engine` is `"wasm"` and WebAssembly cannot start.
 * @example
 * ```ts
 * import { Feistel64Permutation } from "permid64";
 *
 * const permutation = new Feistel64Permutation({ key: 0x1234_5678_9abc_def0n, rounds: 8 });
 * permutation.inverse(permutation.forward(42n)); // => 42n
 * ```
 */
export class Feistel64Permutation extends BuiltInPermutation {
  constructor(options: FeistelOptions & { engine?: EngineChoice } = {}) {
    checkOptions("options", options, { ...FEISTEL_OPTIONS, engine: true });
    refuseUndefined(options, "key", "the public default key");
    const { key = DEFAULT_KEY, rounds = SAFE_ROUNDS, engine } = options;
    checkInteger("rounds", rounds, 1, MAX_ROUNDS);
    const seed = checkSecretU64("key", key);
    super({ kind: "feistel", key: seed, rounds, roundKeys: deriveRoundKeys(seed, rounds) }, engine);
  }
}

/** xorshift64*, of which the low 32 bits of each state are a round key. */
function deriveRoundKeys(key: bigint, rounds: number): Uint32Array {
  let state = key;
  return Uint32Array.from({ length: rounds }, () => {
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ (state << 25n));
    state ^= state >> 27n;
    state = BigInt.asUintN(64, state * 0x2545_f491_4f6c_dd1dn);
    return Number(state & 0xffff_ffffn);
  });
}
