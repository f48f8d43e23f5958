import { IDS } from "./memory";

// The ciphers work on the u32 halves of ids, four to a vector.

/** From IDS to `end`, turns each four ids into two vectors: high halves at byte `high`, which is 0 or 16, and low ones at the other. */
export function splitHalves(end: usize, high: usize): void {
  for (let p = IDS; p < end; p += 32) {
    const first = v128.load(p);
    const second = v128.load(p, 16);
    v128.store(p + high, v128.shuffle<i32>(first, second, 1, 3, 5, 7));
    v128.store(p + 16 - high, v128.shuffle<i32>(first, second, 0, 2, 4, 6));
  }
}

/** Undoes splitHalves. */
export function joinHalves(end: usize, high: usize): void {
  for (let p = IDS; p < end; p += 32) {
    const highs = v128.load(p + high);
    const lows = v128.load(p + 16 - high);
    v128.store(p, v128.shuffle<i32>(lows, highs, 0, 4, 1, 5));
    v128.store(p, v128.shuffle<i32>(lows, highs, 2, 6, 3, 7), 16);
  }
}
