// x -> a * x + b mod 2^64 with odd a. Its inverse has the same form, so the host passes (a^-1, -b * a^-1)
// to invert; a = 1, b = 0 is the identity.

import { IDS } from "./memory";

export function multiplyAdd(x: u64, a: u64, b: u64): u64 {
  return a * x + b;
}

/** IDS[i] = a * IDS[i] + b. */
export function multiplyAddMany(a: u64, b: u64, count: i32): void {
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 8) store<u64>(p, a * load<u64>(p) + b);
}

/**
 * IDS[i] = a * (start + i) + b: an arithmetic progression, so one addition per id and no multiplication.
 * Writes whole groups of eight, which CAPACITY is a multiple of.
 */
export function multiplyFill(start: u64, a: u64, b: u64, count: i32): void {
  const first = a * start + b;
  let v0 = i64x2(first, first + a);
  let v1 = i64x2.add(v0, i64x2.splat(2 * a));
  let v2 = i64x2.add(v0, i64x2.splat(4 * a));
  let v3 = i64x2.add(v0, i64x2.splat(6 * a));
  const step = i64x2.splat(8 * a);
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 64) {
    v128.store(p, v0);
    v128.store(p, v1, 16);
    v128.store(p, v2, 32);
    v128.store(p, v3, 48);
    v0 = i64x2.add(v0, step);
    v1 = i64x2.add(v1, step);
    v2 = i64x2.add(v2, step);
    v3 = i64x2.add(v3, step);
  }
}
