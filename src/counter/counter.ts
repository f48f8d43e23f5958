/** Sequence numbers from `start` up to, not including, `end`. */
export interface Block {
  readonly start: bigint;
  readonly end: bigint;
  /** Where the counter's store ends, if that is before the claim's limit. */
  readonly ceiling?: bigint;
}

/** For whom numbers are reserved: what a generator tells its counter. */
export interface Claim {
  /** The instance id names one run of numbers in one store, not a process: any number of processes share it. */
  readonly instanceId: number;
  /** Numbers end before this: 2^sequenceBits. */
  readonly limit: bigint;
  /**
   * Stands for the layout and permutation that the numbers are issued under, such as `"16+48:1f2e3d4c"`. Ids of
   * two permutations can collide, so a counter that outlives the process compares it.
   */
  readonly fingerprint: string;
}

/**
 * Where sequence numbers come from. To write one, implement `reserve`.
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
   * Returns a block that nobody else ever gets, and that is durable by then; or throws.
   *
   * @param count Numbers wanted, from 1 to 2^32 - 1. The block has that many, or fewer where numbers run out.
   * @param claim For whom. A counter that serves one generator may ignore it.
   */
  reserve(count: number, claim: Claim): Block;
  /** Makes ready for a generator, or throws before it issues anything. Called once by each. */
  open?(claim: Claim): void;
}

/**
 * A counter that answers later: a database, a browser's storage. {@link AsyncId64} takes it, and any {@link Counter} too.
 *
 * What it must promise is the same: a block is durable, and nobody else's, before the promise resolves with it.
 */
export interface AsyncCounter {
  /**
   * Resolves with a block that nobody else ever gets, and that is durable by then; or rejects.
   *
   * @param count Numbers wanted, from 1 to 2^32 - 1. The block has that many, or fewer where numbers run out.
   * @param claim For whom.
   */
  reserve(count: number, claim: Claim): Promise<Block>;
  /** Makes ready for a generator, or rejects before it issues anything. Called by each until it has once succeeded. */
  open?(claim: Claim): Promise<void>;
}
