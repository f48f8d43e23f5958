import { checkBoolean, checkU64, type U64Like } from "../base/check.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import { crockford32, unconfuse } from "../codec/crockford32.js";
import { chooseEngine } from "../engine/choose.js";
import { readToken } from "../engine/read-token.js";

/** The options of {@link crockford32ToU64}. */
export interface Crockford32Options {
  /**
   * `true` (the default) accepts exactly what {@link u64ToCrockford32} writes. `false` also accepts lower case, `I` and `L` for `1`, and
   * `O` for `0`, because people confuse them.
   */
  strict?: boolean;
}

const OPTIONS: OptionNames<Crockford32Options> = { strict: true };

/**
 * Writes a u64 in Crockford's base 32, for tokens that people read aloud or type: digits and upper-case letters without I, L, O and U,
 * most significant first, padded with `0`.
 *
 * @param value An integer from 0 to 2^64 - 1.
 * @returns 13 characters.
 * @throws TypeError if `value` is no integer, RangeError if it is out of range.
 * @see https://www.crockford.com/base32.html
 * @example
 * ```ts
 * import { u64ToCrockford32 } from "permid64";
 *
 * u64ToCrockford32(7640891576956012809n); // => "6M2F6CZSVSJ89"
 * ```
 */
export function u64ToCrockford32(value: U64Like): string {
  return chooseEngine("auto").encode(crockford32, checkU64("value", value));
}

/**
 * Reads a Crockford base 32 token.
 *
 * @param token 13 characters of the alphabet, up to `FZZZZZZZZZZZZ`.
 * @param options.strict `false` also accepts lower case, `I` and `L` for `1`, and `O` for `0`; default `true`.
 * @returns A bigint from 0 to 2^64 - 1.
 * @throws TypeError if `token` is no string, InvalidTokenError if it is no such token.
 * @see https://www.crockford.com/base32.html
 * @example
 * ```ts
 * import { crockford32ToU64 } from "permid64";
 *
 * crockford32ToU64("6M2F6CZSVSJ89"); // => 7640891576956012809n
 * crockford32ToU64("oooooooooooil", { strict: false }); // => 33n
 * ```
 */
export function crockford32ToU64(token: string, options: Crockford32Options = {}): bigint {
  const { strict = true } = checkOptions("options", options, OPTIONS);
  const lenient = !checkBoolean("strict", strict) && typeof token === "string" && token.length === crockford32.length;
  return readToken(chooseEngine("auto"), crockford32, lenient ? unconfuse(token) : token);
}
