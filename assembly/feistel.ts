// A balanced Feistel network on two u32 halves. Running the rounds backwards is the same network with the
// keys in reverse and the halves swapped before and after, so one body serves both directions.

import { joinHalves, splitHalves } from "./halves";
import { DECRYPTION_KEYS, ENCRYPTION_KEYS, IDS } from "./memory";

const MULTIPLIER_1: u32 = 0x9e3779b1;
const MULTIPLIER_2: u32 = 0x85ebca6b;
/** The vectors that networkOf16 keeps in registers: see memory.ts. */
const MULTIPLIERS = memory.data<u32>([MULTIPLIER_1, MULTIPLIER_2]);

/** IDS[i] = forward(IDS[i]). */
export function feistelForward(rounds: i32, count: i32): void {
  network(ENCRYPTION_KEYS, rounds, count, 0);
}

/** IDS[i] = inverse(IDS[i]). */
export function feistelInverse(rounds: i32, count: i32): void {
  network(DECRYPTION_KEYS, rounds, count, 16);
}

/** `high` is 0 where the left halves are the high ones, and 16, which swaps them, for the inverse. */
function network(keys: usize, rounds: i32, count: i32, high: usize): void {
  const lastKey = keys + ((<usize>rounds) << 2);
  if (count === 1) networkOf1(keys, lastKey, high >> 2);
  else networkOf16(keys, lastKey, IDS + ((<usize>count) << 3), high);
}

/** For single calls: the vectors take four times as long, however few of their lanes are used. */
function networkOf1(keys: usize, lastKey: usize, low: usize): void {
  let left = load<u32>(IDS + 4 - low);
  let right = load<u32>(IDS + low);
  for (let k = keys; k < lastKey; k += 4) {
    let f = (right ^ load<u32>(k)) * MULTIPLIER_1;
    f = rotl<u32>(f ^ (f >> 16), 5) * MULTIPLIER_2;
    f ^= f >> 13;
    f ^= left;
    left = right;
    right = f;
  }
  store<u32>(IDS + 4 - low, left);
  store<u32>(IDS + low, right);
}

/**
 * Sixteen ids at a time (CAPACITY is a multiple of that): four independent groups of four lanes, because fewer would
 * wait for the latency of their multiplications, and more do not fit in sixteen registers.
 */
function networkOf16(keys: usize, lastKey: usize, end: usize, high: usize): void {
  const multiplier1 = v128.load32_splat(MULTIPLIERS);
  const multiplier2 = v128.load32_splat(MULTIPLIERS, 4);
  splitHalves(end, high);
  for (let p = IDS; p < end; p += 128) {
    let leftA = v128.load(p);
    let rightA = v128.load(p, 16);
    let leftB = v128.load(p, 32);
    let rightB = v128.load(p, 48);
    let leftC = v128.load(p, 64);
    let rightC = v128.load(p, 80);
    let leftD = v128.load(p, 96);
    let rightD = v128.load(p, 112);
    for (let k = keys; k < lastKey; k += 4) {
      const key = v128.load32_splat(k);
      let fA = i32x4.mul(v128.xor(rightA, key), multiplier1);
      let fB = i32x4.mul(v128.xor(rightB, key), multiplier1);
      let fC = i32x4.mul(v128.xor(rightC, key), multiplier1);
      let fD = i32x4.mul(v128.xor(rightD, key), multiplier1);
      fA = v128.xor(fA, i32x4.shr_u(fA, 16));
      fB = v128.xor(fB, i32x4.shr_u(fB, 16));
      fC = v128.xor(fC, i32x4.shr_u(fC, 16));
      fD = v128.xor(fD, i32x4.shr_u(fD, 16));
      fA = v128.or(i32x4.shl(fA, 5), i32x4.shr_u(fA, 27));
      fB = v128.or(i32x4.shl(fB, 5), i32x4.shr_u(fB, 27));
      fC = v128.or(i32x4.shl(fC, 5), i32x4.shr_u(fC, 27));
      fD = v128.or(i32x4.shl(fD, 5), i32x4.shr_u(fD, 27));
      fA = i32x4.mul(fA, multiplier2);
      fB = i32x4.mul(fB, multiplier2);
      fC = i32x4.mul(fC, multiplier2);
      fD = i32x4.mul(fD, multiplier2);
      fA = v128.xor(leftA, v128.xor(fA, i32x4.shr_u(fA, 13)));
      fB = v128.xor(leftB, v128.xor(fB, i32x4.shr_u(fB, 13)));
      fC = v128.xor(leftC, v128.xor(fC, i32x4.shr_u(fC, 13)));
      fD = v128.xor(leftD, v128.xor(fD, i32x4.shr_u(fD, 13)));
      leftA = rightA;
      leftB = rightB;
      leftC = rightC;
      leftD = rightD;
      rightA = fA;
      rightB = fB;
      rightC = fC;
      rightD = fD;
    }
    v128.store(p, leftA);
    v128.store(p, rightA, 16);
    v128.store(p, leftB, 32);
    v128.store(p, rightB, 48);
    v128.store(p, leftC, 64);
    v128.store(p, rightC, 80);
    v128.store(p, leftD, 96);
    v128.store(p, rightD, 112);
  }
  joinHalves(end, high);
}
