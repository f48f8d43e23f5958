import { makeDigits } from "./digits";
import { IDS, TEXT } from "./memory";

const LENGTH: usize = 13;
/** The first of 13 digits holds the 4 bits that 12 digits of 5 leave over. */
const MAX_FIRST: u8 = 15;

/** A to Z without I, L, O and U. */
const ALPHABET = memory.data<u8>([
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70, 71, 72, 74, 75, 77, 78, 80, 81, 82, 83, 84, 86, 87,
  88, 89, 90,
]);
const DIGITS: usize = memory.data(256, 16);
makeDigits(ALPHABET, 32, DIGITS);

/** Writes IDS as tokens to TEXT, one every `stride` bytes, and after each `separator` if the stride leaves room. */
export function crockford32Encode(count: i32, stride: i32, separator: i32): void {
  const end = IDS + ((<usize>count) << 3);
  let t = TEXT;
  for (let p = IDS; p < end; p += 8) {
    let x = load<u64>(p);
    for (let j = t + LENGTH - 1; j >= t; j--) {
      store<u8>(j, load<u8>(ALPHABET + (<usize>x & 31)));
      x >>= 5;
    }
    if (<usize>stride > LENGTH) store<u8>(t, <u8>separator, 13);
    t += stride;
  }
}

/** Reads tokens from TEXT, one every `stride` bytes, to IDS; returns how many precede the first invalid one. */
export function crockford32Decode(count: i32, stride: i32): i32 {
  let t = TEXT;
  for (let i = 0; i < count; i++) {
    const first = load<u8>(DIGITS + load<u8>(t));
    let x: u64 = first;
    let seen = first;
    for (let j: usize = 1; j < LENGTH; j++) {
      const d = load<u8>(DIGITS + load<u8>(t + j));
      seen |= d;
      x = (x << 5) | d;
    }
    if (seen & 0x80 || first > MAX_FIRST) return i;
    store<u64>(IDS + ((<usize>i) << 3), x);
    t += stride;
  }
  return count;
}
