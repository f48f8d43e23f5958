import { checkKey, type SecretKey, toHex } from "../base/keys.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

const ROUNDS = 27;

/** The parameter of a {@link SpeckPermutation}. */
export interface SpeckOptions {
  /** 16 bytes, 32 hexadecimal digits or 22 base64url characters, from {@link generateKey}. There is no default. */
  key: SecretKey | undefined;
}

export const SPECK_OPTIONS: OptionNames<SpeckOptions> = { key: true };

/**
 * Speck64/128, a block cipher on 64 bits with a key of 128 bits. Without the key, ids tell only which of them are equal.
 * SECURITY.md has its history and its limits.
 *
 * @param options `key`: see {@link SpeckOptions}; and `engine`, default `"auto"`.
 * @throws TypeError or RangeError if `key` is missing, of another length, or one byte repeated; EngineUnavailableError if
 *   `engine` is `"wasm"` and WebAssembly cannot start.
 * @see https://eprint.iacr.org/2013/404
 * @example
 * ```ts
 * import { SpeckPermutation } from "permid64";
 *
 * const permutation = new SpeckPermutation({ key: "0001020308090a0b1011121318191a1b" });
 * permutation.forward(0x3b726574_7475432dn); // => 0x8c6fa548_454e028bn
 * permutation.inverse(0x8c6fa548_454e028bn); // => 0x3b726574_7475432dn
 * ```
 */
export class SpeckPermutation extends BuiltInPermutation {
  constructor(options: SpeckOptions & { engine?: EngineChoice }) {
    const { engine, ...given } = checkOptions("options", options, { ...SPECK_OPTIONS, engine: true });
    const key = checkKey("key", given.key);
    super({ kind: "speck", key: toHex(key), roundKeys: expandKey(key) }, engine);
  }
}

/** The key's four words, little-endian, are the first round key and what the round function makes the others of. */
function expandKey(key: Uint8Array): Uint32Array {
  const view = new DataView(key.buffer, key.byteOffset);
  const words = [4, 8, 12].map((offset) => view.getUint32(offset, true));
  let roundKey = view.getUint32(0, true);
  return Uint32Array.from({ length: ROUNDS }, (_, i) => {
    const current = roundKey;
    const word = words[i % 3]!;
    const next = (((word >>> 8) | (word << 24)) + roundKey) ^ i;
    words[i % 3] = next;
    roundKey = ((roundKey << 3) | (roundKey >>> 29)) ^ next;
    return current;
  });
}
