// Alphabets and the tables made from them, shared by both codecs.

/** What a digit table holds for a character outside the alphabet; no digit has its top bit. */
export const INVALID: u8 = 0xff;

const BASE62 = memory.data<u8>([
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83,
  84, 85, 86, 87, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114,
  115, 116, 117, 118, 119, 120, 121, 122,
]);

/** A to Z without I, L, O and U. */
const CROCKFORD32 = memory.data<u8>([
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70, 71, 72, 74, 75, 77, 78, 80, 81, 82, 83, 84, 86, 87,
  88, 89, 90,
]);

/** The two characters of each number below 62^2, and below 32^2, as one u16. */
export const BASE62_PAIRS: usize = memory.data(62 * 62 * 2, 16);
export const CROCKFORD32_PAIRS: usize = memory.data(32 * 32 * 2, 16);

/** The digit of each byte, or INVALID. */
export const BASE62_DIGITS: usize = memory.data(256, 16);
export const CROCKFORD32_DIGITS: usize = memory.data(256, 16);

// Made at start, since as data they alone would exceed the size budget of the module.
makeTables(BASE62, 62, BASE62_PAIRS, BASE62_DIGITS);
makeTables(CROCKFORD32, 32, CROCKFORD32_PAIRS, CROCKFORD32_DIGITS);

function makeTables(alphabet: usize, base: i32, pairs: usize, digits: usize): void {
  memory.fill(digits, INVALID, 256);
  for (let i = 0; i < base; i++) {
    const first = load<u8>(alphabet + i);
    store<u8>(digits + first, <u8>i);
    for (let j = 0; j < base; j++) {
      store<u16>(pairs + ((i * base + j) << 1), first | ((<u16>load<u8>(alphabet + j)) << 8));
    }
  }
}

/** head * scale + tail, for digits the host has summed up in doubles: its BigInt would be slower. */
export function join(head: f64, scale: u64, tail: f64): u64 {
  return <u64>head * scale + <u64>tail;
}
