// x -> a * x + b mod 2^64 with odd a. The inverse has the same form, so its parameters stand beside the others.
// a = 1, b = 0 is the identity.

import { IDS, PARAMETERS } from "./memory";

/** IDS[i] = a * IDS[i] + b. */
export function multiplicativeForward(count: i32): void {
  multiplyAdd(load<u64>(PARAMETERS), load<u64>(PARAMETERS, 8), count);
}

export function multiplicativeInverse(count: i32): void {
  multiplyAdd(load<u64>(PARAMETERS, 16), load<u64>(PARAMETERS, 24), count);
}

function multiplyAdd(a: u64, b: u64, count: i32): void {
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 8) store<u64>(p, a * load<u64>(p) + b);
}

/** IDS[i] = a * (start + i) + b: an arithmetic progression, so one addition per id and no multiplication. */
export function multiplicativeFill(start: u64, count: i32): void {
  const a = load<u64>(PARAMETERS);
  progression(a * start + load<u64>(PARAMETERS, 8), a, count);
}

/** IDS[i] = first + i * step. Writes whole groups of eight, which CAPACITY is a multiple of. */
export function progression(first: u64, step: u64, count: i32): void {
  let v0 = i64x2(first, first + step);
  let v1 = i64x2.add(v0, i64x2.splat(2 * step));
  let v2 = i64x2.add(v0, i64x2.splat(4 * step));
  let v3 = i64x2.add(v0, i64x2.splat(6 * step));
  const stride = i64x2.splat(8 * step);
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 64) {
    v128.store(p, v0);
    v128.store(p, v1, 16);
    v128.store(p, v2, 32);
    v128.store(p, v3, 48);
    v0 = i64x2.add(v0, stride);
    v1 = i64x2.add(v1, stride);
    v2 = i64x2.add(v2, stride);
    v3 = i64x2.add(v3, stride);
  }
}
