import { CounterExhaustedError, CounterInvalidBlockError, CounterRollbackError } from "../../base/errors.js";
import type { Block, Claim } from "../../counter/counter.js";

/** Consecutive sequence numbers that a generator may now issue. */
export interface Run {
  readonly start: bigint;
  readonly count: number;
}

/** The blocks that one generator holds, in order. It trusts no counter: each block is checked before it is used. */
export abstract class BlockStock {
  protected readonly claim: Claim;
  #blocks: Run[] = [];
  #available = 0;
  /** The highest end ever received. A block below it has been handed out before. */
  #received = 0n;

  constructor(claim: Claim) {
    this.claim = claim;
  }

  /** Makes sure that `count` numbers are at hand, or throws. */
  abstract ensure(count: number): void;

  /** Numbers at hand. */
  get available(): number {
    return this.#available;
  }

  /** The end of all blocks received: the first number that the counter can still give. */
  get received(): bigint {
    return this.#received;
  }

  /** Removes up to `max` numbers from the first block. Call `ensure` before. */
  take(max: number): Run {
    const first = this.#blocks[0]!;
    const count = Math.min(max, first.count);
    this.#available -= count;
    if (count === first.count) this.#blocks.shift();
    else this.#blocks[0] = { start: first.start + BigInt(count), count: first.count - count };
    return { start: first.start, count };
  }

  drop(): void {
    this.#blocks = [];
    this.#available = 0;
  }

  /** Takes in a block that the counter gave when asked for `wanted` numbers, or throws and takes in nothing. */
  protected add(block: Block, wanted: number): Run {
    const { start, end } = block ?? {};
    if (typeof start !== "bigint" || typeof end !== "bigint") {
      throw new CounterInvalidBlockError('"block" expected bigints "start" and "end" from the counter, got others');
    }
    if (start < 0n || start >= end || end - start > wanted) {
      throw new CounterInvalidBlockError(
        `"block" expected 1 to ${wanted} numbers from the counter, got ${start} to ${end}`,
      );
    }
    const { instanceId, limit } = this.claim;
    if (start >= limit) {
      throw new CounterExhaustedError(
        `"sequence" of instance ${instanceId} expected a number below ${limit}, got ${start}`,
      );
    }
    if (start < this.#received) {
      throw new CounterRollbackError(
        `"block" of instance ${instanceId} expected numbers from ${this.#received} up, got ${start}: the counter went back`,
      );
    }
    // A counter that knows no limit may pass it with its last block. The part below is served.
    this.#received = end < limit ? end : limit;
    const run = { start, count: Number(this.#received - start) };
    this.#blocks.push(run);
    this.#available += run.count;
    return run;
  }
}
