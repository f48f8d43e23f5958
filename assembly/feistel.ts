// A balanced Feistel network on two u32 halves. Running the rounds backwards is the same network with the
// keys in reverse and the halves swapped before and after, so one body serves both directions.

import { IDS, MAX_ROUNDS, ROUND_KEYS } from "./memory";
import { multiplyFill } from "./multiplicative";

const MULTIPLIER_1: u32 = 0x9e3779b1;
const MULTIPLIER_2: u32 = 0x85ebca6b;
const DECRYPTION_KEYS: usize = ROUND_KEYS + MAX_ROUNDS * 4;

export function feistelForward(x: u64, rounds: i32): u64 {
  return network(x, ROUND_KEYS, rounds);
}

export function feistelInverse(y: u64, rounds: i32): u64 {
  return rotl<u64>(network(rotl<u64>(y, 32), DECRYPTION_KEYS, rounds), 32);
}

/** IDS[i] = forward(start + i). */
export function feistelFill(start: u64, rounds: i32, count: i32): void {
  multiplyFill(start, 1, 0, count);
  networkMany(ROUND_KEYS, rounds, count);
}

/** IDS[i] = forward(IDS[i]). */
export function feistelForwardMany(rounds: i32, count: i32): void {
  networkMany(ROUND_KEYS, rounds, count);
}

/** IDS[i] = inverse(IDS[i]). */
export function feistelInverseMany(rounds: i32, count: i32): void {
  swapHalvesMany(count);
  networkMany(DECRYPTION_KEYS, rounds, count);
  swapHalvesMany(count);
}

function network(x: u64, keys: usize, rounds: i32): u64 {
  let left = <u32>(x >> 32);
  let right = <u32>x;
  const end = keys + ((<usize>rounds) << 2);
  for (let k = keys; k < end; k += 4) {
    let f = (right ^ load<u32>(k)) * MULTIPLIER_1;
    f = rotl<u32>(f ^ (f >> 16), 5) * MULTIPLIER_2;
    f ^= f >> 13;
    f ^= left;
    left = right;
    right = f;
  }
  return ((<u64>left) << 32) | right;
}

/**
 * The network over all of IDS, eight at a time (CAPACITY is a multiple of eight): two independent groups of
 * four lanes, because one group alone would wait for its multiplications.
 */
function networkMany(keys: usize, rounds: i32, count: i32): void {
  const end = IDS + ((<usize>count) << 3);
  const lastKey = keys + ((<usize>rounds) << 2);
  for (let p = IDS; p < end; p += 64) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    let leftA = v128.shuffle<i32>(x0, x1, 1, 3, 5, 7);
    let rightA = v128.shuffle<i32>(x0, x1, 0, 2, 4, 6);
    let leftB = v128.shuffle<i32>(x2, x3, 1, 3, 5, 7);
    let rightB = v128.shuffle<i32>(x2, x3, 0, 2, 4, 6);
    for (let k = keys; k < lastKey; k += 4) {
      const key = v128.load32_splat(k);
      const nextA = v128.xor(leftA, roundFunction(rightA, key));
      const nextB = v128.xor(leftB, roundFunction(rightB, key));
      leftA = rightA;
      leftB = rightB;
      rightA = nextA;
      rightB = nextB;
    }
    v128.store(p, v128.shuffle<i32>(rightA, leftA, 0, 4, 1, 5));
    v128.store(p, v128.shuffle<i32>(rightA, leftA, 2, 6, 3, 7), 16);
    v128.store(p, v128.shuffle<i32>(rightB, leftB, 0, 4, 1, 5), 32);
    v128.store(p, v128.shuffle<i32>(rightB, leftB, 2, 6, 3, 7), 48);
  }
}

function swapHalvesMany(count: i32): void {
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 8) store<u64>(p, rotl<u64>(load<u64>(p), 32));
}

function roundFunction(right: v128, key: v128): v128 {
  let f = i32x4.mul(v128.xor(right, key), i32x4.splat(MULTIPLIER_1));
  f = v128.xor(f, i32x4.shr_u(f, 16));
  f = v128.or(i32x4.shl(f, 5), i32x4.shr_u(f, 27));
  f = i32x4.mul(f, i32x4.splat(MULTIPLIER_2));
  return v128.xor(f, i32x4.shr_u(f, 13));
}
