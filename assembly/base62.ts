import { BASE62_DIGITS, BASE62_PAIRS } from "./digits";
import { IDS, TEXT } from "./memory";

const LENGTH: usize = 11;
const POW_2: u32 = 62 * 62;
const POW_3: u32 = 62 * 62 * 62;
const POW_4: u32 = 62 * 62 * 62 * 62;
/** Divides a u64 into 6 digits and 5, of which the latter fit in 32 bits. */
const POW_5: u64 = 62 * 62 * 62 * 62 * 62;
const MAX_HEAD: u64 = u64.MAX_VALUE / POW_5;
const MAX_TAIL: u32 = <u32>(u64.MAX_VALUE % POW_5);

/**
 * Writes IDS as tokens to TEXT, one every `stride` bytes, and after each `separator` if the stride leaves
 * room for it. Divisions by constants become multiplications; digits leave in pairs, from a table.
 */
export function base62Encode(count: i32, stride: i32, separator: i32): void {
  const end = IDS + ((<usize>count) << 3);
  let t = TEXT;
  for (let p = IDS; p < end; p += 8) {
    const x = load<u64>(p);
    const head = x / POW_5;
    const tail = <u32>(x - head * POW_5);
    const headTop = <u32>(head / POW_4);
    const headRest = <u32>(head - <u64>headTop * POW_4);
    const headMiddle = headRest / POW_2;
    const tailTop = tail / POW_3;
    const tailRest = tail - tailTop * POW_3;
    const tailMiddle = tailRest / 62;
    store<u16>(t, pair(headTop));
    store<u16>(t, pair(headMiddle), 2);
    store<u16>(t, pair(headRest - headMiddle * POW_2), 4);
    store<u16>(t, pair(tailTop), 6);
    store<u16>(t, pair(tailMiddle), 8);
    store<u8>(t, <u8>(pair(tailRest - tailMiddle * 62) >> 8), 10);
    if (<usize>stride > LENGTH) store<u8>(t, <u8>separator, 11);
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
      const d = load<u8>(BASE62_DIGITS + load<u8>(t + j));
      seen |= d;
      head = head * 62 + d;
    }
    for (let j: usize = 6; j < LENGTH; j++) {
      const d = load<u8>(BASE62_DIGITS + load<u8>(t + j));
      seen |= d;
      tail = tail * 62 + d;
    }
    if (seen & 0x80 || head > MAX_HEAD || (head === MAX_HEAD && tail > MAX_TAIL)) return i;
    store<u64>(IDS + ((<usize>i) << 3), head * POW_5 + tail);
    t += stride;
  }
  return count;
}

function pair(n: u32): u16 {
  return load<u16>(BASE62_PAIRS + ((<usize>n) << 1));
}
