/** The seed of this run, for a schedule that can be repeated, and how to: for the messages of what fails. */
export function testSeed(): { seed: number; note: string } {
  const { PERMID64_TEST_SEED = Date.now() % 2 ** 32 } = process.env;
  const seed = Number(PERMID64_TEST_SEED);
  return { seed, note: `seed ${seed}: set PERMID64_TEST_SEED to repeat the schedule` };
}

/** Mulberry32, a generator of 32 bits of state. Returns integers from 0 to below `limit`. */
export function randomFrom(start: number): (limit: number) => number {
  let state = start;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
