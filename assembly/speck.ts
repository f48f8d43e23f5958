// Speck64/128: 27 rounds on two u32 words, of which x is the high half of an id and y the low one.
// https://nsacyber.github.io/simon-speck/implementations/ImplementationGuide1.1.pdf

import { joinHalves, splitHalves } from "./halves";
import { DECRYPTION_KEYS, ENCRYPTION_KEYS, IDS } from "./memory";

const ROUNDS: usize = 27;
const LAST_ENCRYPTION_KEY: usize = ENCRYPTION_KEYS + ROUNDS * 4;
const LAST_DECRYPTION_KEY: usize = DECRYPTION_KEYS + ROUNDS * 4;

/** IDS[i] = forward(IDS[i]). */
export function speckForward(count: i32): void {
  if (count === 1) encrypt1();
  else encrypt16(IDS + ((<usize>count) << 3));
}

/** IDS[i] = inverse(IDS[i]). */
export function speckInverse(count: i32): void {
  if (count === 1) decrypt1();
  else decrypt16(IDS + ((<usize>count) << 3));
}

/** For single calls: see networkOf1 in feistel.ts. */
function encrypt1(): void {
  let x = load<u32>(IDS, 4);
  let y = load<u32>(IDS);
  for (let k = ENCRYPTION_KEYS; k < LAST_ENCRYPTION_KEY; k += 4) {
    x = (rotr<u32>(x, 8) + y) ^ load<u32>(k);
    y = rotl<u32>(y, 3) ^ x;
  }
  store<u32>(IDS, x, 4);
  store<u32>(IDS, y);
}

function decrypt1(): void {
  let x = load<u32>(IDS, 4);
  let y = load<u32>(IDS);
  for (let k = DECRYPTION_KEYS; k < LAST_DECRYPTION_KEY; k += 4) {
    y = rotr<u32>(y ^ x, 3);
    x = rotl<u32>((x ^ load<u32>(k)) - y, 8);
  }
  store<u32>(IDS, x, 4);
  store<u32>(IDS, y);
}

/** Sixteen ids at a time, in four groups: see networkOf16 in feistel.ts. */
function encrypt16(end: usize): void {
  splitHalves(end, 0);
  for (let p = IDS; p < end; p += 128) {
    let xA = v128.load(p);
    let yA = v128.load(p, 16);
    let xB = v128.load(p, 32);
    let yB = v128.load(p, 48);
    let xC = v128.load(p, 64);
    let yC = v128.load(p, 80);
    let xD = v128.load(p, 96);
    let yD = v128.load(p, 112);
    for (let k = ENCRYPTION_KEYS; k < LAST_ENCRYPTION_KEY; k += 4) {
      const key = v128.load32_splat(k);
      xA = v128.xor(i32x4.add(rotr8(xA), yA), key);
      xB = v128.xor(i32x4.add(rotr8(xB), yB), key);
      xC = v128.xor(i32x4.add(rotr8(xC), yC), key);
      xD = v128.xor(i32x4.add(rotr8(xD), yD), key);
      yA = v128.xor(v128.or(i32x4.shl(yA, 3), i32x4.shr_u(yA, 29)), xA);
      yB = v128.xor(v128.or(i32x4.shl(yB, 3), i32x4.shr_u(yB, 29)), xB);
      yC = v128.xor(v128.or(i32x4.shl(yC, 3), i32x4.shr_u(yC, 29)), xC);
      yD = v128.xor(v128.or(i32x4.shl(yD, 3), i32x4.shr_u(yD, 29)), xD);
    }
    v128.store(p, xA);
    v128.store(p, yA, 16);
    v128.store(p, xB, 32);
    v128.store(p, yB, 48);
    v128.store(p, xC, 64);
    v128.store(p, yC, 80);
    v128.store(p, xD, 96);
    v128.store(p, yD, 112);
  }
  joinHalves(end, 0);
}

function decrypt16(end: usize): void {
  splitHalves(end, 0);
  for (let p = IDS; p < end; p += 128) {
    let xA = v128.load(p);
    let yA = v128.load(p, 16);
    let xB = v128.load(p, 32);
    let yB = v128.load(p, 48);
    let xC = v128.load(p, 64);
    let yC = v128.load(p, 80);
    let xD = v128.load(p, 96);
    let yD = v128.load(p, 112);
    for (let k = DECRYPTION_KEYS; k < LAST_DECRYPTION_KEY; k += 4) {
      const key = v128.load32_splat(k);
      yA = v128.xor(yA, xA);
      yA = v128.or(i32x4.shr_u(yA, 3), i32x4.shl(yA, 29));
      yB = v128.xor(yB, xB);
      yB = v128.or(i32x4.shr_u(yB, 3), i32x4.shl(yB, 29));
      yC = v128.xor(yC, xC);
      yC = v128.or(i32x4.shr_u(yC, 3), i32x4.shl(yC, 29));
      yD = v128.xor(yD, xD);
      yD = v128.or(i32x4.shr_u(yD, 3), i32x4.shl(yD, 29));
      xA = rotl8(i32x4.sub(v128.xor(xA, key), yA));
      xB = rotl8(i32x4.sub(v128.xor(xB, key), yB));
      xC = rotl8(i32x4.sub(v128.xor(xC, key), yC));
      xD = rotl8(i32x4.sub(v128.xor(xD, key), yD));
    }
    v128.store(p, xA);
    v128.store(p, yA, 16);
    v128.store(p, xB, 32);
    v128.store(p, yB, 48);
    v128.store(p, xC, 64);
    v128.store(p, yC, 80);
    v128.store(p, xD, 96);
    v128.store(p, yD, 112);
  }
  joinHalves(end, 0);
}

/** By whole bytes: one instruction. */
function rotr8(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

function rotl8(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}
