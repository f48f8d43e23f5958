// The Feistel network as SPEC.md states it, for those who break it: on halves, with the round function's inverse.

export type Halves = readonly [left: number, right: number];

export const halves = (x: bigint): Halves => [Number(x >> 32n), Number(x & 0xffff_ffffn)];

export const join = ([left, right]: Halves) => (BigInt(left >>> 0) << 32n) | BigInt(right >>> 0);

export function f(x: number): number {
  x = Math.imul(x, 0x9e37_79b1);
  x ^= x >>> 16;
  x = (x << 5) | (x >>> 27);
  x = Math.imul(x, 0x85eb_ca6b);
  return (x ^ (x >>> 13)) >>> 0;
}

/** Each step of the round function can be undone, so it can. */
export function inverseOfF(x: number): number {
  x ^= (x >>> 13) ^ (x >>> 26);
  x = Math.imul(x, 0xa5cb_9243); // times 0x85ebca6b is 1
  x = (x << 27) | (x >>> 5);
  x ^= x >>> 16;
  return Math.imul(x, 0x0e8b_2f51) >>> 0; // times 0x9e3779b1 is 1
}

/** The id of a raw under these round keys. */
export function forward(raw: bigint, roundKeys: readonly number[]): bigint {
  let [left, right] = halves(raw);
  for (const key of roundKeys) [left, right] = [right, left ^ f(right ^ key)];
  return join([left, right]);
}

/** The raw of an id under these round keys. */
export function inverse(id: bigint, roundKeys: readonly number[]): bigint {
  let [left, right] = halves(id);
  for (const key of roundKeys.toReversed()) [left, right] = [right ^ f(left ^ key), left];
  return join([left, right]);
}
