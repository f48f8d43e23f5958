// Statistics of a permutation on raws as a service issues them: consecutive, or apart in one bit. Each comes as a standard
// normal deviate z, which for a random function is about N(0, 1): counts of bits by the normal approximation,
// chi-squares by Wilson and Hilferty's, counts of collisions, which are Poisson, by Anscombe's.

export interface Statistic {
  test: string;
  /** Where: which bit, byte or half. */
  of: string;
  z: number;
}

/** `ids` consecutive ids, and `pairs` pairs for each of the 64 bits of a raw. */
export interface Effort {
  ids: number;
  pairs: number;
}

/**
 * No statistic of a random function exceeds this, but for a chance of 2 (1 - Phi(6.5)) = 8e-11 each. There are 4756 of them,
 * so that one key in 2.6 million raises a false alarm.
 */
export const LIMIT = 6.5;

interface Mapping {
  forwardMany(xs: BigUint64Array): void;
}

/** The raws start at sequence number 0 of an instance. */
const FIRST = 42n << 48n;

export function statistics(permutation: Mapping, { ids, pairs }: Effort): Statistic[] {
  const out = BigUint64Array.from({ length: ids }, (_, i) => FIRST + BigInt(i));
  permutation.forwardMany(out);
  const found = [...bitsAndBytes("frequency", "", out), gaps(out), serialCorrelation(out), ...collisions(out)];
  found.push(...bitsAndBytes("change from one id to the next", "", xor(out.subarray(1), out.subarray(0, -1))));
  for (let bit = 0n; bit < 64n; bit++) {
    const changes = avalanche(permutation, bit, pairs);
    found.push(...bitsAndBytes("avalanche", ` when bit ${bit} of the raw flips`, changes));
  }
  return found;
}

/** The worst of each test. */
export function worst(found: readonly Statistic[]): Map<string, Statistic> {
  const result = new Map<string, Statistic>();
  for (const statistic of found) {
    const other = result.get(statistic.test);
    if (!other || Math.abs(statistic.z) > Math.abs(other.z)) result.set(statistic.test, statistic);
  }
  return result;
}

function xor(a: BigUint64Array, b: BigUint64Array): BigUint64Array {
  return a.map((x, i) => x ^ b[i]!);
}

/** f(x) ^ f(x with the bit flipped), of `pairs` x in which that bit is 0, so that no pair comes twice. */
function avalanche(permutation: Mapping, bit: bigint, pairs: number): BigUint64Array {
  const flip = 1n << bit;
  const without = BigUint64Array.from({ length: pairs }, (_, i) => {
    const n = BigInt(i);
    return (FIRST & ~flip) | ((n >> bit) << (bit + 1n)) | (n & (flip - 1n));
  });
  const flipped = without.map((x) => x | flip);
  permutation.forwardMany(without);
  permutation.forwardMany(flipped);
  return xor(without, flipped);
}

/** Each of the 64 bits is set in half of the values, and each of the 8 bytes takes its 256 values equally often. */
function bitsAndBytes(test: string, suffix: string, values: BigUint64Array): Statistic[] {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const counts = Array.from({ length: 8 }, () => new Float64Array(256));
  for (let i = 0; i < bytes.length; i++) counts[i & 7]![bytes[i]!]!++;
  const n = values.length;
  return counts.flatMap((histogram, byte) => {
    const found = [{ test: `${test} of bytes`, of: `byte ${byte}${suffix}`, z: chiSquare(histogram, () => n / 256) }];
    for (let bit = 0; bit < 8; bit++) {
      const ones = histogram.reduce((sum, count, value) => sum + ((value >> bit) & 1) * count, 0);
      found.push({
        test: `${test} of bits`,
        of: `bit ${8 * byte + bit}${suffix}`,
        z: (ones - n / 2) / Math.sqrt(n / 4),
      });
    }
    return found;
  });
}

/** How many ids lie between two whose top four bits are 0: geometric, p = 1/16. */
function gaps(ids: BigUint64Array): Statistic {
  const longest = 64;
  const counts = new Float64Array(longest + 1);
  let gap = 0;
  for (const high of highHalves(ids)) {
    if (high >>> 28 !== 0) {
      gap++;
    } else {
      counts[Math.min(gap, longest)]!++;
      gap = 0;
    }
  }
  const total = counts.reduce((sum, count) => sum + count);
  const z = chiSquare(counts, (k) => total * (15 / 16) ** k * (k < longest ? 1 / 16 : 1));
  return { test: "gaps", of: "ids below 2^60", z };
}

/** The correlation between an id and the next, as numbers. */
function serialCorrelation(ids: BigUint64Array): Statistic {
  let products = 0;
  let squares = 0;
  let previous = 0;
  for (const high of highHalves(ids)) {
    const value = high / 2 ** 32 - 0.5;
    products += previous * value;
    squares += value * value;
    previous = value;
  }
  return { test: "serial correlation", of: "ids", z: (products / squares) * Math.sqrt(ids.length) };
}

/** Equal halves among n ids: n^2 / 2^33. A structure that never repeats shows as too few. */
function collisions(ids: BigUint64Array): Statistic[] {
  const expected = (ids.length * (ids.length - 1)) / 2 ** 33;
  return [highHalves(ids), lowHalves(ids)].map((half, i) => {
    half.sort();
    let equal = 0;
    for (let i = 1; i < half.length; i++) if (half[i] === half[i - 1]) equal++;
    const z = 2 * (Math.sqrt(equal + 3 / 8) - Math.sqrt(expected));
    return { test: "collisions", of: i === 0 ? "high halves" : "low halves", z };
  });
}

const lowHalves = (ids: BigUint64Array) => words(ids).filter((_, i) => i % 2 === 0);
const highHalves = (ids: BigUint64Array) => words(ids).filter((_, i) => i % 2 === 1);
const words = (ids: BigUint64Array) => new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);

function chiSquare(counts: Float64Array, expected: (value: number) => number): number {
  const degrees = counts.length - 1;
  const sum = counts.reduce((sum, count, value) => sum + (count - expected(value)) ** 2 / expected(value), 0);
  const variance = 2 / (9 * degrees);
  return (Math.cbrt(sum / degrees) - (1 - variance)) / Math.sqrt(variance);
}
