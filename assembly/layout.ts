import { IDS, INSTANCES } from "./memory";

/** Splits each raw of IDS: the instance id goes to INSTANCES, the sequence stays. instanceBits: 0 to 32. */
export function split(instanceBits: i32, count: i32): void {
  const mask = u64.MAX_VALUE >> instanceBits;
  const shift: u64 = 64 - instanceBits;
  for (let i: usize = 0; i < <usize>count; i++) {
    const raw = load<u64>(IDS + (i << 3));
    // A shift by 64 would be one by 0.
    store<u32>(INSTANCES + (i << 2), instanceBits ? <u32>(raw >> shift) : 0);
    store<u64>(IDS + (i << 3), raw & mask);
  }
}
