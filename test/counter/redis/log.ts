import type { Redis } from "ioredis";
import type { AsyncCounter, Claim, RedisCounterOptions } from "../../support/library.ts";
import { INSTANCE } from "../../support/state-log.ts";

export const CLAIM: Claim = { instanceId: INSTANCE, limit: 2n ** 48n, fingerprint: "16+48:1f2e3d4c" };

/** Counters that this library must not be. */
export type Naive = "get-set" | "incrby";

export interface Job {
  readonly port: number;
  readonly log: string;
  readonly store: "redis" | Naive;
  readonly options?: RedisCounterOptions;
  /** How many numbers each call asks for, over and over. */
  readonly counts: readonly number[];
  /** Calls, or none: until it is killed. */
  readonly calls?: number;
}

export interface Answer {
  /** The code of the error that ended it, or undefined. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** How often an error passed by itself. */
  readonly retries: number;
}

/** Reads, and writes back. */
export const getThenSet = (client: Redis): AsyncCounter => ({
  async reserve(count) {
    const start = BigInt((await client.get("naive")) ?? 0);
    await client.set("naive", String(start + BigInt(count)));
    return { start, end: start + BigInt(count) };
  },
});

/** Atomic, and as durable as the server happens to be. */
export const incrementBy = (client: Redis): AsyncCounter => ({
  async reserve(count) {
    const end = BigInt(await client.incrby("naive", count));
    return { start: end - BigInt(count), end };
  },
});
