import { checkU64, type U64Like } from "../base/check.js";
import { base62 } from "../codec/base62.js";
import { chooseEngine } from "../engine/choose.js";
import { readToken } from "../engine/read-token.js";

/**
 * Writes a u64 as a base62 token: digits `0-9A-Za-z`, most significant first, padded with `0`.
 *
 * @param value An integer from 0 to 2^64 - 1.
 * @returns 11 characters.
 * @throws TypeError if `value` is no integer, RangeError if it is out of range.
 * @example
 * ```ts
 * import { u64ToBase62 } from "permid64";
 *
 * u64ToBase62(7640891576956012809n); // => "96RMb5KQZYn"
 * ```
 */
export function u64ToBase62(value: U64Like): string {
  return chooseEngine("auto").encode(base62, checkU64("value", value));
}

/**
 * Reads a base62 token. Each u64 has exactly one token: the one that {@link u64ToBase62} writes.
 *
 * @param token 11 characters of `0-9A-Za-z`, up to `LygHa16AHYF`.
 * @returns A bigint from 0 to 2^64 - 1.
 * @throws TypeError if `token` is no string, InvalidTokenError if it is no such token.
 * @example
 * ```ts
 * import { base62ToU64 } from "permid64";
 *
 * base62ToU64("96RMb5KQZYn"); // => 7640891576956012809n
 * ```
 */
export function base62ToU64(token: string): bigint {
  return readToken(chooseEngine("auto"), base62, token);
}
