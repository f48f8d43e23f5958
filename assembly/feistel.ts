// A balanced Feistel network on two u32 halves. Running the rounds backwards is the same network with the
// keys in reverse and the halves swapped before and after, so one body serves both directions.

import { IDS, MAX_ROUNDS, ROUND_KEYS } from "./memory";
import { progression } from "./multiplicative";

const MULTIPLIER_1: u32 = 0x9e3779b1;
const MULTIPLIER_2: u32 = 0x85ebca6b;
const DECRYPTION_KEYS: usize = ROUND_KEYS + MAX_ROUNDS * 4;
const VECTORS = memory.data<u32>([
  MULTIPLIER_1,
  MULTIPLIER_1,
  MULTIPLIER_1,
  MULTIPLIER_1,
  MULTIPLIER_2,
  MULTIPLIER_2,
  MULTIPLIER_2,
  MULTIPLIER_2,
]);

/** IDS[i] = forward(start + i). */
export function feistelFill(start: u64, rounds: i32, count: i32): void {
  progression(start, 1, count);
  network(ROUND_KEYS, rounds, count);
}

/** IDS[i] = forward(IDS[i]). */
export function feistelForward(rounds: i32, count: i32): void {
  network(ROUND_KEYS, rounds, count);
}

/** IDS[i] = inverse(IDS[i]). */
export function feistelInverse(rounds: i32, count: i32): void {
  swapHalves(count);
  network(DECRYPTION_KEYS, rounds, count);
  swapHalves(count);
}

function swapHalves(count: i32): void {
  const end = IDS + ((<usize>count) << 3);
  for (let p = IDS; p < end; p += 8) store<u64>(p, rotl<u64>(load<u64>(p), 32));
}

function network(keys: usize, rounds: i32, count: i32): void {
  const lastKey = keys + ((<usize>rounds) << 2);
  if (count === 1) networkOf1(keys, lastKey);
  else networkOf16(keys, lastKey, IDS + ((<usize>count) << 3));
}

/** For single calls: the vectors take four times as long, however few of their lanes are used. */
function networkOf1(keys: usize, lastKey: usize): void {
  let left = load<u32>(IDS, 4);
  let right = load<u32>(IDS);
  for (let k = keys; k < lastKey; k += 4) {
    let f = (right ^ load<u32>(k)) * MULTIPLIER_1;
    f = rotl<u32>(f ^ (f >> 16), 5) * MULTIPLIER_2;
    f ^= f >> 13;
    f ^= left;
    left = right;
    right = f;
  }
  store<u32>(IDS, left, 4);
  store<u32>(IDS, right);
}

/**
 * Sixteen ids at a time (CAPACITY is a multiple of that): four independent groups of four lanes, because fewer would
 * wait for the latency of their multiplications, and more do not fit in sixteen registers.
 */
function networkOf16(keys: usize, lastKey: usize, end: usize): void {
  const multiplier1 = v128.load(VECTORS);
  const multiplier2 = v128.load(VECTORS, 16);
  for (let p = IDS; p < end; p += 128) {
    let leftA = highs(p);
    let leftB = highs(p + 32);
    let leftC = highs(p + 64);
    let leftD = highs(p + 96);
    let rightA = lows(p);
    let rightB = lows(p + 32);
    let rightC = lows(p + 64);
    let rightD = lows(p + 96);
    for (let k = keys; k < lastKey; k += 4) {
      const key = v128.load32_splat(k);
      const nextA = v128.xor(leftA, roundFunction(rightA, key, multiplier1, multiplier2));
      const nextB = v128.xor(leftB, roundFunction(rightB, key, multiplier1, multiplier2));
      const nextC = v128.xor(leftC, roundFunction(rightC, key, multiplier1, multiplier2));
      const nextD = v128.xor(leftD, roundFunction(rightD, key, multiplier1, multiplier2));
      leftA = rightA;
      leftB = rightB;
      leftC = rightC;
      leftD = rightD;
      rightA = nextA;
      rightB = nextB;
      rightC = nextC;
      rightD = nextD;
    }
    storeHalves(p, leftA, rightA);
    storeHalves(p + 32, leftB, rightB);
    storeHalves(p + 64, leftC, rightC);
    storeHalves(p + 96, leftD, rightD);
  }
}

function roundFunction(right: v128, key: v128, multiplier1: v128, multiplier2: v128): v128 {
  let f = i32x4.mul(v128.xor(right, key), multiplier1);
  f = v128.xor(f, i32x4.shr_u(f, 16));
  f = v128.or(i32x4.shl(f, 5), i32x4.shr_u(f, 27));
  f = i32x4.mul(f, multiplier2);
  return v128.xor(f, i32x4.shr_u(f, 13));
}

/** The high halves of four ids. */
function highs(p: usize): v128 {
  return v128.shuffle<i32>(v128.load(p), v128.load(p, 16), 1, 3, 5, 7);
}

/** The low halves of four ids. */
function lows(p: usize): v128 {
  return v128.shuffle<i32>(v128.load(p), v128.load(p, 16), 0, 2, 4, 6);
}

function storeHalves(p: usize, left: v128, right: v128): void {
  v128.store(p, v128.shuffle<i32>(right, left, 0, 4, 1, 5));
  v128.store(p, v128.shuffle<i32>(right, left, 2, 6, 3, 7), 16);
}
