import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { AsyncId64, type Counter, Id64, type Id64Config } from "permid64";
import { expect } from "vitest";

// What permid64 0.1.0 stored and issued, kept in test/fixtures: see make.mjs there. What is stored, and what is out in the
// world, has to be read by every later version.

/** One instance of an id space, as a store has it. Numbers beyond 2^53 are decimal text. */
export interface Entry {
  readonly name: string;
  readonly instanceId: number;
  readonly lineage: string;
  readonly mark: string;
  /** null where the store does not say. */
  readonly ceiling: string | null;
  /** null or empty before the first generator. */
  readonly fingerprint: string | null;
  /** What is stored once a generator has opened it. */
  readonly opened: { readonly fingerprint: string; readonly ceiling: string };
  /** What `toConfig` said. */
  readonly config: Id64Config;
  readonly issued: readonly Row[];
  /** What has to come from the mark on; nothing where all numbers are spent. */
  readonly next: readonly Row[];
}

export type Row = readonly [sequence: string, token: string];

export const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url);

export const readText = (name: string) => readFileSync(fixture(name), "utf8");

export const readJson = <T>(name: string): T => JSON.parse(readText(name));

/** A generator as its config says, on a counter. */
export const generatorOf = (config: Id64Config, counter: Counter, engine: "wasm" | "bigint" | "auto" = "auto") =>
  Id64.fromConfig(config, { counter, engine });

/** Likewise; its blocks do not grow, so that the mark behind each is known. */
export const asyncGeneratorOf = (config: Id64Config, counter: ConstructorParameters<typeof AsyncId64>[0]["counter"]) =>
  AsyncId64.fromConfig(config, { counter, maxBlock: config.blockSize });

/** Hands out the one number `sequence`. */
export const counterAt = (sequence: bigint): Counter => ({ reserve: () => ({ start: sequence, end: sequence + 1n }) });

/** Checks that a generator reads what was issued, and goes on where 0.1.0 stopped. */
export async function checkGoesOn(ids: Id64 | AsyncId64, { instanceId, issued, next }: Entry): Promise<void> {
  const check = ([sequence, token]: Row) =>
    expect(ids.decodeToken(token)).toMatchObject({ instanceId, sequence: BigInt(sequence) });
  issued.forEach(check);
  next.forEach(check);
  const tokens = next.map(([, token]) => token);
  if (tokens.length > 0) expect(await ids.takeTokens(tokens.length)).toEqual(tokens);
  else await expect(async () => ids.nextToken()).rejects.toMatchObject({ code: "ERR_PERMID64_COUNTER_EXHAUSTED" });
}

/** The mark behind the block that `checkGoesOn` had reserved. */
export function markAfter({ mark, config, next, opened }: Entry): bigint {
  const end = BigInt(mark) + BigInt(Math.max(config.blockSize, next.length));
  const ceiling = BigInt(opened.ceiling);
  return end < ceiling ? end : ceiling;
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * Texts with other lineages, the same in all. One process remembers how far each lineage came, and so would refuse the
 * same id spaces on a second server, where they start again.
 */
export function withOwnLineages(...texts: string[]): string[] {
  const own = new Map<string, string>();
  const ownOf = (uuid: string) => own.get(uuid) ?? own.set(uuid, randomUUID()).get(uuid)!;
  return texts.map((text) => text.replaceAll(UUID, ownOf));
}
