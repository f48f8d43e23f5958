import { IDS } from "./memory";

/** The entry of a digit table for a character outside the alphabet. No digit has its top bit. */
const INVALID: u8 = 0xff;

/** The digit of each byte, or INVALID, for an alphabet in memory. Made at start, since as data it would be larger. */
export function makeDigits(alphabet: usize, base: i32, digits: usize): void {
  memory.fill(digits, INVALID, 256);
  for (let i = 0; i < base; i++) store<u8>(digits + load<u8>(alphabet + i), <u8>i);
}

/** Adds up the digits that the host has read, in doubles since a BigInt would be slower: IDS[0] = head * scale + tail. */
export function join(head: f64, scale: f64, tail: f64): void {
  store<u64>(IDS, <u64>head * <u64>scale + <u64>tail);
}
