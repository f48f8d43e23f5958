// What is left to see of public ids, which a cipher makes: which tokens are of the same row, and what guessing gets.

import { generateKey, PublicId, u64ToBase62 } from "permid64";
import { Random } from "./random.ts";

/** How often each token of a log occurs, the most frequent first: all that it says of the rows behind it. */
export function countTokens(log: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const token of log) counts.set(token, (counts.get(token) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

/** Visits to rows 1 to `rows`, the first ones more often. */
export function visits(rows: number, count: number, random: Random): number[] {
  return Array.from({ length: count }, () => {
    const u = Number(random.below(2n ** 32n)) / 2 ** 32;
    return 1 + Math.floor(rows * u ** 3);
  });
}

export interface Guesses {
  tried: number;
  /** Decoded to a value below 2^bits. */
  decoded: number;
  /** And below `rows`, all of which exist. */
  found: number;
}

/** Random tokens, sent to a service where rows 0 to `rows` - 1 exist. */
export function guess(ids: PublicId<string>, rows: bigint, tried: number, random: Random): Guesses {
  let decoded = 0;
  let found = 0;
  for (let i = 0; i < tried; i++) {
    const value = ids.tryDecode(u64ToBase62(random.u64()));
    if (value === undefined) continue;
    decoded++;
    if (value < rows) found++;
  }
  return { tried, decoded, found };
}

export function report(): string {
  const random = new Random(1n);
  const key = generateKey();
  const orders = new PublicId({ key, type: "order" });
  const users = new PublicId({ key, type: "user" });

  const log = visits(1000, 20_000, random);
  const tokens = orders.encodeMany(log);
  const counts = countTokens(tokens);
  const same = counts.join() === countTokens(log.map(String)).join();
  const seen = new Set<string>(tokens);
  const shared = users.encodeMany(log).filter((token) => seen.has(token)).length;

  const guesses = (bits: number, rows: number, tried: number) => {
    const { decoded, found } = guess(new PublicId({ key, type: "order", bits }), BigInt(rows), tried, random);
    const expected = (values: number) => ((tried * values) / 2 ** 64).toPrecision(2);
    return `  bits ${bits}, ${rows} rows, ${tried} random tokens: ${decoded} decode (expected ${expected(2 ** bits)}), ${found} are of a row (expected ${expected(rows)})`;
  };

  return [
    "Public ids, of a log of 20,000 visits to 1,000 orders:",
    `  ${counts.length} different tokens, the most frequent ${counts[0]} times: the counts are ${same ? "those of the rows" : "OTHERS"}`,
    `  tokens of users with the same numbers that are among them: ${shared}`,
    "Guessing:",
    guesses(48, 10_000_000, 2 ** 20),
    guesses(56, 2 ** 54, 2 ** 16),
  ].join("\n");
}

if (import.meta.main) console.log(report());
