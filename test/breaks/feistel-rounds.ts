// Why a Feistel network of fewer than six rounds is refused: up to four rounds, all round keys fall, whatever the 64-bit
// key they came from. Known are ids and their raws: consecutive orders of one's own, say.
//
// L and R are the halves of the raw, then of each round: L1 = R, R1 = L ^ f(R ^ k1), and so on; those of the id are l and r.
// f is a bijection, so
//
//   1 round:   r = L ^ f(R ^ k1) gives k1. And l = R: half of the raw stands in the id.
//   2 rounds:  l = L ^ f(R ^ k1) gives k1, and r = R ^ f(l ^ k2) gives k2. From one raw and id.
//   3 rounds:  r = L ^ f(R ^ k1) ^ f(l ^ k3), so l ^ k3 is the inverse of f at r ^ L ^ f(R ^ k1). Two ids give the
//              difference of their l, which the right k1 shows and one in 2^32 others.
//   4 rounds:  l = L ^ f(R ^ k1) ^ f(R2 ^ k3) and r = R2 ^ f(l ^ k4). Two ids with the same l have the difference of
//              their r between their R2, which the right k1 shows likewise. Among 2^17 ids there are two such pairs.
//
// With k1 known, 4 rounds are 3, and 32 bits at a time the rest follows. This needs 2^32 steps where the key has 2^64.
// For 5 rounds, nothing of the kind is shown here; they are one round away from what is.

import { randomBytes } from "node:crypto";
import { Feistel64Permutation, generateKey, Layout64, SpeckPermutation } from "permid64";
import { LIMIT, statistics, worst } from "../support/statistics.ts";
import { f, forward, type Halves, halves, inverse, inverseOfF } from "./feistel.ts";
import { ALL, type Range, search } from "./search.ts";

export interface Known {
  raws: BigUint64Array;
  ids: BigUint64Array;
}

/** How many ids each attack is given. */
export const NEEDED = [1, 1, 4, 2 ** 18] as const;

type Pair = readonly [raw: Halves, id: Halves];

const pairAt = ({ raws, ids }: Known, i: number): Pair => [halves(raws[i]!), halves(ids[i]!)];

const explains = ({ raws, ids }: Known, keys: readonly number[]) =>
  raws.subarray(0, 16).every((raw, i) => forward(raw, keys) === ids[i]);

function keyOf1(known: Known): number[] {
  const [[L, R], [, r]] = pairAt(known, 0);
  return [(inverseOfF(r ^ L) ^ R) >>> 0];
}

function keysOf2(known: Known): number[] {
  const [[L, R], [l, r]] = pairAt(known, 0);
  return [(inverseOfF(l ^ L) ^ R) >>> 0, (inverseOfF(r ^ R) ^ l) >>> 0];
}

/** The k1 for which the inverses of f at u ^ L ^ f(R ^ k1), for two ids with these u, differ by `difference`. */
function firstKeys([p, u]: [Pair, number], [q, v]: [Pair, number], difference: number, range: Range) {
  const [[L], [M]] = [p[0], q[0]];
  return search("outerKeys", [p[0][1], u ^ L, q[0][1], v ^ M, difference], range);
}

async function keysOf3(known: Known, range: Range): Promise<number[] | undefined> {
  const [p, q] = [pairAt(known, 0), pairAt(known, 1)];
  const [[L, R], [l, r]] = p;
  for (const k1 of await firstKeys([p, r], [q, q[1][1]], l ^ q[1][0], range)) {
    const R1 = L ^ f(R ^ k1);
    const keys = [k1, (inverseOfF(l ^ R) ^ R1) >>> 0, (inverseOfF(r ^ R1) ^ l) >>> 0];
    if (explains(known, keys)) return keys;
  }
  return undefined;
}

/** Two ids with the same high half. */
function collision({ ids }: Known): [number, number] | undefined {
  const seen = new Map<number, number>();
  const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
  for (let i = 0; i < ids.length; i++) {
    const left = words[2 * i + 1]!;
    const earlier = seen.get(left);
    if (earlier !== undefined) return [earlier, i];
    seen.set(left, i);
  }
  return undefined;
}

/** What k1 tells of an id of 4 rounds: the input R1 of the second, and R2 ^ k3. */
function open([[L, R], [l]]: Pair, k1: number): { R1: number; maskedR2: number } {
  const R1 = L ^ f(R ^ k1);
  return { R1, maskedR2: inverseOfF(l ^ R1) };
}

async function keysOf4(known: Known, range: Range, range2: Range): Promise<number[] | undefined> {
  const found = collision(known);
  if (!found) return undefined;
  const [p, q] = [pairAt(known, found[0]), pairAt(known, found[1])];
  const [[, R], [l, r]] = p;
  for (const k1 of await firstKeys([p, l], [q, l], r ^ q[1][1], range)) {
    const [P, Q] = [open(p, k1), open(q, k1)];
    // R2 = R ^ f(R1 ^ k2)
    const difference = P.maskedR2 ^ Q.maskedR2 ^ R ^ q[0][1];
    for (const k2 of await search("innerKeys", [P.R1, Q.R1, difference], range2)) {
      const R2 = R ^ f(P.R1 ^ k2);
      const keys = [k1, k2, (P.maskedR2 ^ R2) >>> 0, (inverseOfF(r ^ R2) ^ l) >>> 0];
      if (explains(known, keys)) return keys;
    }
  }
  return undefined;
}

/** The round keys of 1 to 4 rounds; undefined if no key of the ranges, those of k1 and k2, fits. */
export async function roundKeysOf(
  known: Known,
  rounds: 1 | 2 | 3 | 4,
  [range, range2]: readonly [Range, Range] = [ALL, ALL],
): Promise<number[] | undefined> {
  if (rounds === 1) return keyOf1(known);
  if (rounds === 2) return keysOf2(known);
  return rounds === 3 ? keysOf3(known, range) : keysOf4(known, range, range2);
}

/** What a service with a random key gives away: `count` raws of instance 7, and their ids. */
export function observe(permutation: Feistel64Permutation, count: number): Known {
  const first = new Layout64().compose(7, 1_000_000n);
  const raws = BigUint64Array.from({ length: count }, (_, i) => first + BigInt(i));
  const ids = raws.slice();
  permutation.forwardMany(ids);
  return { raws, ids };
}

export async function report(): Promise<string> {
  const lines = [
    "A Feistel network of few rounds, with a random key of 64 bits: all its round keys from ids and their raws",
  ];
  for (const rounds of [1, 2, 3, 4] as const) {
    const permutation = new Feistel64Permutation({ key: randomBytes(8).readBigUInt64LE(), rounds });
    const known = observe(permutation, NEEDED[rounds - 1]!);
    const start = performance.now();
    const keys = await roundKeysOf(known, rounds);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const other = randomBytes(8).readBigUInt64LE();
    const right = keys && inverse(permutation.forward(other), keys) === other;
    lines.push(`  rounds ${rounds}: ${right ? "found" : "NOT found"}, from ${known.ids.length}, in ${seconds} s`);
  }
  lines.push(`Statistics of the same, and what fails them by more than ${LIMIT} standard deviations`);
  for (const rounds of [1, 2, 3, 4, 5, 6]) {
    const permutation = new Feistel64Permutation({ key: randomBytes(8).readBigUInt64LE(), rounds });
    lines.push(`  rounds ${rounds}: ${failures(permutation)}`);
  }
  lines.push(`  Speck: ${failures(new SpeckPermutation({ key: generateKey() }))}`);
  return lines.join("\n");
}

function failures(permutation: Feistel64Permutation | SpeckPermutation): string {
  const found = [...worst(statistics(permutation, { ids: 2 ** 20, pairs: 2 ** 13 })).values()];
  const failed = found.filter(({ z }) => Math.abs(z) > LIMIT).map(({ test, z }) => `${test} (${z.toFixed(1)})`);
  const largest = Math.max(...found.map(({ z }) => Math.abs(z)));
  return failed.join(", ") || `none; the largest deviation is ${largest.toFixed(1)}`;
}

if (import.meta.main) console.log(await report());
