import { makeDigits } from "./digits";
import { IDS, TEXT } from "./memory";

const LENGTH: usize = 11;
const POW_3: u32 = 62 * 62 * 62;
const SPLIT: u64 = 1 - ((<u64>POW_3) << 32);
/** Divides a u64 into 6 digits and 5, of which the latter fit in 32 bits. */
const POW_5: u64 = 62 * 62 * 62 * 62 * 62;
const MAX_HEAD: u64 = u64.MAX_VALUE / POW_5;
const MAX_TAIL: u32 = <u32>(u64.MAX_VALUE % POW_5);

const ALPHABET = memory.data<u8>([
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83,
  84, 85, 86, 87, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114,
  115, 116, 117, 118, 119, 120, 121, 122,
]);
const DIGITS: usize = memory.data(256, 16);
makeDigits(ALPHABET, 62, DIGITS);

/** The vectors that base62Encode keeps in registers: see memory.ts. */
const MULTIPLIERS = memory.data<u32>([69833, 3844, 16913, 0xffc20100]);
const ORDER = memory.data<u8>([0, 1, 2, 4, 5, 6, 9, 10, 12, 13, 14, 255, 255, 255, 255, 255]);
const CHARACTERS = memory.data<u8>([9, 35, 7, 6, 48]);

/**
 * Writes IDS as tokens to TEXT, one every `stride` bytes (11, or 12 with `separator` after each).
 *
 * Each token is one vector: the id is split into groups of 3 + 3 + 2 + 3 digits, one to a lane, and all lanes give
 * up their digits at once. Stores are 16 bytes wide; what exceeds a token is overwritten by the next.
 */
export function base62Encode(count: i32, stride: i32, separator: i32): void {
  const by3844 = v128.load32_splat(MULTIPLIERS);
  const pow2 = v128.load32_splat(MULTIPLIERS, 4);
  const by62 = v128.load32_splat(MULTIPLIERS, 8);
  const pow1 = v128.load32_splat(MULTIPLIERS, 12);
  const order = v128.load(ORDER);
  const nine = v128.load8_splat(CHARACTERS);
  const thirtyFive = v128.load8_splat(CHARACTERS, 1);
  const seven = v128.load8_splat(CHARACTERS, 2);
  const six = v128.load8_splat(CHARACTERS, 3);
  const zero = i8x16.replace_lane(v128.load8_splat(CHARACTERS, 4), 11, <i8>separator);
  const end = IDS + ((<usize>count) << 3);
  let t = TEXT;
  for (let p = IDS; p < end; p += 8) {
    const x = load<u64>(p);
    const head = x / POW_5;
    const tail = x - head * POW_5;
    const head1 = head / POW_3;
    const tail1: u64 = <u32>tail / POW_3;
    let groups = i64x2.splat((head << 32) + head1 * SPLIT);
    groups = i64x2.replace_lane(groups, 1, (tail << 32) + tail1 * SPLIT);
    // n / 62^2 = (n / 4) / 961, for n < 62^3; and n / 62, for n < 62^2. Both exact, by trial of every n.
    const first = i32x4.shr_u(i32x4.mul(i32x4.shr_u(groups, 2), by3844), 26);
    const rest = i32x4.sub(groups, i32x4.mul(first, pow2));
    const second = i32x4.shr_u(i32x4.mul(rest, by62), 20);
    const digits = i32x4.add(i32x4.add(first, i32x4.shl(rest, 16)), i32x4.mul(second, pow1));
    const d = i8x16.swizzle(digits, order);
    // "0" + d, and 7 more from "A" on, and 6 more from "a" on.
    const upper = v128.and(i8x16.gt_s(d, nine), seven);
    const lower = v128.and(i8x16.gt_s(d, thirtyFive), six);
    const text = i8x16.add(i8x16.add(d, zero), i8x16.add(upper, lower));
    v128.store(t, text);
    t += stride;
  }
}

/** Reads tokens from TEXT, one every `stride` bytes, to IDS; returns how many precede the first invalid one. */
export function base62Decode(count: i32, stride: i32): i32 {
  let t = TEXT;
  for (let i = 0; i < count; i++) {
    let head: u64 = 0;
    let tail: u32 = 0;
    let seen: u8 = 0;
    for (let j: usize = 0; j < 6; j++) {
      const d = load<u8>(DIGITS + load<u8>(t + j));
      seen |= d;
      head = head * 62 + d;
    }
    for (let j: usize = 6; j < LENGTH; j++) {
      const d = load<u8>(DIGITS + load<u8>(t + j));
      seen |= d;
      tail = tail * 62 + d;
    }
    if (seen & 0x80 || head > MAX_HEAD || (head === MAX_HEAD && tail > MAX_TAIL)) return i;
    store<u64>(IDS + ((<usize>i) << 3), head * POW_5 + tail);
    t += stride;
  }
  return count;
}
