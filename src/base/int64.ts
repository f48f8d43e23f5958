import { checkU64, checkWhole, type U64Like } from "./check.js";

/**
 * Turns a u64 into the signed integer with the same 64 bits, for SQL's `BIGINT`. From 2^63 on, the result is negative.
 *
 * @param value An integer from 0 to 2^64 - 1.
 * @returns A bigint from -2^63 to 2^63 - 1.
 * @throws TypeError if `value` is no integer, RangeError if it is out of range.
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
 * Turns SQL's `BIGINT` back into the u64 with the same 64 bits: undoes {@link toInt64}.
 *
 * @param value An integer from -2^63 to 2^63 - 1, as the database driver returns it: a bigint, a safe integer or a decimal string.
 * @returns A bigint from 0 to 2^64 - 1.
 * @throws TypeError if `value` is no integer, RangeError if it is out of range or a number that is not safe.
 * @example
 * ```ts
 * import { fromInt64 } from "permid64";
 *
 * fromInt64(-2n); // => 0xffff_ffff_ffff_fffen
 * ```
 */
export function fromInt64(value: U64Like): bigint {
  return BigInt.asUintN(64, checkWhole("value", value, -(2n ** 63n), 2n ** 63n - 1n, "-2^63 to 2^63 - 1"));
}
