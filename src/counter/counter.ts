/** Sequence numbers from `start` up to, not including, `end`. */
export interface Block {
  readonly start: bigint;
  readonly end: bigint;
  /** The mark at which the store is exhausted, if that is below the claim's limit. */
  readonly ceiling?: bigint;
}

/** A generator's request to its counter: whose numbers, and under which parameters. */
export interface Claim {
  /** The instance id names one run of numbers in one store, not a process: any number of processes share it. */
  readonly instanceId: number;
  /** All numbers are below this: 2^sequenceBits. */
  readonly limit: bigint;
  /**
   * Stands for the layout and permutation that the numbers are issued under, such as `"16+48:1f2e3d4c"`. Ids of
   * two permutations can collide, so a counter that outlives the process compares it.
   */
  readonly fingerprint: string;
}

/**
 * A source of sequence numbers. To write one, implement `reserve`.
 *
 * @example
 * ```ts
 * import { type Counter, Id64 } from "permid64";
 *
 * class Ticker implements Counter {
 *   #next = 0n;
 *   reserve(count: number) {
 *     const start = this.#next;
 *     this.#next += BigInt(count); // make this durable before returning
 *     return { start, end: this.#next };
 *   }
 * }
 *
 * const ids = Id64.identity({ instanceId: 1, counter: new Ticker() });
 * ids.nextU64(); // => 281474976710656n
 * ```
 */
export interface Counter {
  /**
   * Reserves a block that nobody else ever gets. The block is durable before this returns.
   *
   * @param count An integer from 1 to 2^32 - 1. The block has that many numbers, or fewer where numbers run out.
   * @param claim The generator's claim. A counter that serves one generator may ignore it.
   * @throws If the counter cannot promise this right now.
   */
  reserve(count: number, claim: Claim): Block;
  /** Prepares for a generator, or throws before it issues anything. Each generator calls it once. */
  open?(claim: Claim): void;
}

/**
 * A counter that answers later: a database, a browser's storage. {@link AsyncId64} takes it, and any {@link Counter} too.
 *
 * A block is durable, and nobody else's, before the promise resolves with it.
 */
export interface AsyncCounter {
  /**
   * Reserves a block that nobody else ever gets. The block is durable before the promise resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The block has that many numbers, or fewer where numbers run out.
   * @param claim The generator's claim.
   * @throws Rejects if the counter cannot promise this right now.
   */
  reserve(count: number, claim: Claim): Promise<Block>;
  /** Prepares for a generator, or rejects before it issues anything. Each generator calls it until it succeeds once. */
  open?(claim: Claim): Promise<void>;
}
