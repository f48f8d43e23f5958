import { checkU64Array, checkWhole, invalidType, isTypedArray, show } from "../base/check.js";

declare const kind: unique symbol;

/**
 * The number of a row, as {@link PublicId.decode} returns it: a bigint. Its type remembers the prefix, so that the compiler
 * refuses the number of a user where that of an order is expected. A plain bigint is accepted everywhere, and a row number
 * wherever a bigint is.
 */
export type RowNumber<Prefix extends string = string> = bigint & {
  // Without a prefix, the kind is unknown: such a number goes with every other.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [kind]?: string extends Prefix ? any : Prefix;
};

/** The number of a row as a service has it: a bigint, a safe integer, or a decimal string such as database drivers give. */
export type RowNumberLike<Prefix extends string = string> = RowNumber<Prefix> | number | string;

/** An array or a typed array. The compiler refuses other objects with a length, such as a string. */
export type RowNumbers<Prefix extends string = string> =
  | readonly RowNumberLike<Prefix>[]
  | (ArrayLike<number | bigint> & ArrayBufferView);

/** As a bigint below `limit`. */
export const checkRowNumber = (name: string, value: unknown, limit: bigint): bigint =>
  checkWhole(name, value, 0n, limit - 1n);

/** A copy of `values`, each checked. */
export function checkRowNumbers(values: RowNumbers, limit: bigint): BigUint64Array {
  if (isTypedArray(values, "BigUint64Array")) {
    const out = checkU64Array("values", values).slice();
    const wrong = indexFrom(limit, out);
    if (wrong >= 0) checkRowNumber(`values[${wrong}]`, out[wrong], limit);
    return out;
  }
  if (!Array.isArray(values) && !(ArrayBuffer.isView(values) && "length" in values)) {
    throw invalidType("values", "an array or a typed array", show(values));
  }
  const { length } = values;
  const out = new BigUint64Array(length);
  for (let i = 0; i < length; i++) out[i] = checkRowNumber(`values[${i}]`, values[i], limit);
  return out;
}

/** The index of the first value from `limit` on, or -1. A loop, because findIndex takes ten times as long. */
export function indexFrom(limit: bigint, values: BigUint64Array): number {
  for (let i = 0; i < values.length; i++) if (values[i]! >= limit) return i;
  return -1;
}
