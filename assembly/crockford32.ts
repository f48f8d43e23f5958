import { CROCKFORD32_DIGITS, CROCKFORD32_PAIRS } from "./digits";
import { IDS, TEXT } from "./memory";

const LENGTH: usize = 13;
/** The first of 13 digits holds the 4 bits that 12 digits of 5 leave over. */
const MAX_FIRST: u8 = 15;

/** Writes IDS as tokens to TEXT, one every `stride` bytes, and after each `separator` if the stride leaves room. */
export function crockford32Encode(count: i32, stride: i32, separator: i32): void {
  const end = IDS + ((<usize>count) << 3);
  let t = TEXT;
  for (let p = IDS; p < end; p += 8) {
    const x = load<u64>(p);
    store<u8>(t, <u8>(pair(x >> 60) >> 8));
    store<u16>(t, pair(x >> 50), 1);
    store<u16>(t, pair(x >> 40), 3);
    store<u16>(t, pair(x >> 30), 5);
    store<u16>(t, pair(x >> 20), 7);
    store<u16>(t, pair(x >> 10), 9);
    store<u16>(t, pair(x), 11);
    if (<usize>stride > LENGTH) store<u8>(t, <u8>separator, 13);
    t += stride;
  }
}

/** Reads tokens from TEXT, one every `stride` bytes, to IDS; returns how many precede the first invalid one. */
export function crockford32Decode(count: i32, stride: i32): i32 {
  let t = TEXT;
  for (let i = 0; i < count; i++) {
    const first = load<u8>(CROCKFORD32_DIGITS + load<u8>(t));
    let x: u64 = first;
    let seen = first;
    for (let j: usize = 1; j < LENGTH; j++) {
      const d = load<u8>(CROCKFORD32_DIGITS + load<u8>(t + j));
      seen |= d;
      x = (x << 5) | d;
    }
    if (seen & 0x80 || first > MAX_FIRST) return i;
    store<u64>(IDS + ((<usize>i) << 3), x);
    t += stride;
  }
  return count;
}

/** The characters of the low ten bits. */
function pair(x: u64): u16 {
  return load<u16>(CROCKFORD32_PAIRS + ((<usize>x & 1023) << 1));
}
