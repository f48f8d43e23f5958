import { checkU64, checkWhole, type U64Like } from "./check.js";

/**
 * A u64 as the signed integer of the same 64 bits, for SQL's `BIGINT`: from 2^63 on, it is negative.
 *
 * @param value An integer from 0 to 2^64 - 1.
 * @returns A bigint from -2^63 to 2^63 - 1.
 * @throws TypeError or RangeError if `value` is no u64.
 * @example
 * ```ts
 * import { fromInt64, toInt64 } from "permid64";
 *
 * toInt64(0xffff_ffff_ffff_fffen); // => -2n
 * fromInt64("-2"); // => 0xffff_ffff_ffff_fffen
 * ```
 */
export function toInt64(value: U64Like): bigint {
  return BigInt.asIntN(64, checkU64("value", value));
}

/**
 * Undoes {@link toInt64}.
 *
 * @param value An integer from -2^63 to 2^63 - 1, as the database driver gives it.
 * @returns A bigint from 0 to 2^64 - 1.
 * @throws TypeError or RangeError for another value, such as a number that is not safe.
 */
export function fromInt64(value: U64Like): bigint {
  return BigInt.asUintN(64, checkWhole("value", value, -(2n ** 63n), 2n ** 63n - 1n, "-2^63 to 2^63 - 1"));
}
