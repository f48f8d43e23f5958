// Multiplicative ids, f(x) = a x + b mod 2^64, of which neither a nor b is known.
//
// Two consecutive ids: their difference is a.
//
// Three ids or more, nothing known of their numbers but that they are not far apart. Their differences d = a u hide
// the distances u, but the ratio of two is u / v mod 2^64 without a, and a fraction of small numbers can be read off its
// residue: the extended Euclidean algorithm, stopped half-way, gives the one fraction with both below 2^31.5. That
// is the distances but for a factor g they all share, so three ids give them whole if u and v share no odd factor
// (8 / pi^2 = 81% of all), and each further id makes a shared factor rarer. A power of two is not lost: a is odd, so d shows
// how often 2 divides u. The distance gives a = d / u, and a gives the distance between any two ids: the volume.
//
// b is not needed for that. It is found with the first id whose number is known; until then, all numbers are known but for
// a shift they share.

import { base62ToU64, Layout64, MultiplyOddPermutation, u64ToBase62 } from "permid64";
import { Random } from "./random.ts";

const mod = (x: bigint, bits: number) => BigInt.asUintN(bits, x);

function inverseMod(x: bigint, modulus: bigint): bigint {
  let [r, s] = [modulus, ((x % modulus) + modulus) % modulus];
  let [t, u] = [0n, 1n];
  while (s !== 0n) {
    const q = r / s;
    [r, s] = [s, r - q * s];
    [t, u] = [u, t - q * u];
  }
  return ((t % modulus) + modulus) % modulus;
}

/** The fraction of small numbers with this residue: both are below the square root of half the modulus, if any is. */
function fractionOf(residue: bigint, modulus: bigint): { numerator: bigint; denominator: bigint } {
  let [r, s] = [modulus, residue];
  let [t, u] = [0n, 1n];
  while (2n * s * s > modulus) {
    const q = r / s;
    [r, s] = [s, r - q * s];
    [t, u] = [u, t - q * u];
  }
  return u < 0n ? { numerator: -s, denominator: -u } : { numerator: s, denominator: u };
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function trailingZeros(x: bigint): number {
  let zeros = 0;
  while (((x >> BigInt(zeros)) & 1n) === 0n) zeros++;
  return zeros;
}

export interface Recovered {
  /** Modulo 2^bits. */
  a: bigint;
  bits: number;
  /** How many numbers lie between the first token and each, as issued. */
  distances: bigint[];
}

/**
 * What tokens give away, three or more, all different, the first of them the oldest.
 *
 * `width` is 64 if one instance issued them. The low 48 bits of ids depend on the low 48 of raws alone, so 48 does for tokens of any
 * instances, at closer distances.
 */
export function recover(tokens: readonly string[], width = 64): Recovered {
  const [first, ...others] = tokens.map((token) => base62ToU64(token)) as [bigint, ...bigint[]];
  const differences = others.map((id) => mod(id - first, width));
  const reference = differences.reduce((x, y) => (trailingZeros(y) < trailingZeros(x) ? y : x));
  const twos = trailingZeros(reference);
  const bits = width - twos;
  const modulus = 1n << BigInt(bits);
  const odd = (x: bigint) => x >> BigInt(twos);
  const inverseOfReference = inverseMod(odd(reference), modulus);
  // The distance of the reference: what all denominators divide.
  const distance = differences
    .map((difference) => fractionOf(mod(odd(difference) * inverseOfReference, bits), modulus).denominator)
    .reduce((x, y) => (x / gcd(x, y)) * y);
  const a = mod(odd(reference) * inverseMod(distance, modulus), bits);
  const inverseOfA = inverseMod(a, modulus);
  const distances = differences.map((x) => BigInt.asIntN(bits, odd(x) * inverseOfA) << BigInt(twos));
  return { a, bits, distances: [0n, ...distances] };
}

/** a, from two tokens issued one after the other. */
export function multiplierOf(token: string, next: string): bigint {
  return mod(base62ToU64(next) - base62ToU64(token), 64);
}

export interface Setting {
  tokens: number;
  /** Their numbers lie within 2^span. */
  span: number;
  /** Whether each token is of an instance of its own. */
  instances?: boolean;
}

/** In how many of `trials` services with random parameters the attack finds all distances and what it says of a. */
export function successes({ tokens, span, instances = false }: Setting, trials: number, seed: bigint): number {
  const random = new Random(seed);
  const layout = new Layout64();
  let right = 0;
  for (let i = 0; i < trials; i++) {
    const a = random.u64() | 1n;
    const service = new MultiplyOddPermutation({ a, b: random.u64() });
    const start = random.below(1n << 40n);
    const numbers = new Set<bigint>();
    while (numbers.size < tokens) numbers.add(start + random.below(1n << BigInt(span)));
    const ordered = [...numbers].sort((x, y) => Number(x - y));
    const home = Number(random.below(65536n));
    const seen = ordered.map((number) => {
      const instance = instances ? Number(random.below(65536n)) : home;
      return u64ToBase62(service.forward(layout.compose(instance, number)));
    });
    const found = recover(seen, instances ? 48 : 64);
    const exact = found.distances.every((distance, i) => distance === ordered[i]! - ordered[0]!);
    if (exact && found.a === mod(a, found.bits)) right++;
  }
  return right;
}

export function report(trials = 2000): string {
  const spans = [8, 16, 24, 30, 31, 32, 34];
  const instanceSpans = [8, 16, 22, 23, 24, 26];
  const row = (setting: Omit<Setting, "span">, spans: readonly number[]) =>
    spans
      .map((span) => {
        const share = successes({ ...setting, span }, trials, 1n) / trials;
        return `2^${span}: ${(100 * share).toFixed(1)}%`;
      })
      .join("  ");
  const one = [3, 4, 5, 8].map((tokens) => `  ${tokens} tokens  ${row({ tokens }, spans)}`);
  const several = [3, 4, 8].map((tokens) => `  ${tokens} tokens  ${row({ tokens, instances: true }, instanceSpans)}`);
  return [
    `Multiplicative ids: all distances and a recovered, in how many of ${trials} random services, by what span the numbers lie within`,
    "One instance:",
    ...one,
    "Each token of another, unknown instance, by the low 48 bits:",
    ...several,
  ].join("\n");
}

if (import.meta.main) console.log(report());
