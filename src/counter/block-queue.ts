import { CounterExhaustedError, CounterInvalidBlockError, CounterRollbackError } from "../errors.js";
import type { Block, Counter, Lineage } from "./counter.js";

/** Consecutive sequence numbers that a generator may now issue. */
export interface Run {
  readonly start: bigint;
  readonly count: number;
}

/** The blocks one generator holds, in order. It trusts no counter: each block is checked before it is used. */
export class BlockQueue {
  readonly #counter: Counter;
  readonly #lineage: Lineage;
  readonly #blockSize: number;
  #blocks: Run[] = [];
  #available = 0;
  /** The highest end ever received: a block below it has been handed out before. */
  #floor = 0n;
  #rollback: CounterRollbackError | undefined;

  constructor(counter: Counter, lineage: Lineage, blockSize: number) {
    this.#counter = counter;
    this.#lineage = lineage;
    this.#blockSize = blockSize;
  }

  /**
   * Reserves until `count` numbers are at hand: one call to the counter, unless its numbers run out. If it throws, the
   * blocks at hand stay. After a rollback it throws from then on, and its owner had better `drop` what is at hand.
   */
  ensure(count: number): void {
    if (this.#rollback) throw this.#rollback;
    while (this.#available < count) {
      const wanted = Math.max(this.#blockSize, count - this.#available);
      try {
        this.#add(this.#counter.reserve(wanted, this.#lineage), wanted);
      } catch (error) {
        if (error instanceof CounterRollbackError) this.#rollback = error;
        throw error;
      }
    }
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

  #add(block: Block, wanted: number): void {
    const { start, end } = block ?? {};
    if (typeof start !== "bigint" || typeof end !== "bigint") {
      throw new CounterInvalidBlockError('"block" expected bigints "start" and "end" from the counter, got others');
    }
    if (start < 0n || start >= end || end - start > wanted) {
      throw new CounterInvalidBlockError(
        `"block" expected 1 to ${wanted} numbers from the counter, got ${start} to ${end}`,
      );
    }
    const { instanceId, limit } = this.#lineage;
    if (start >= limit) {
      throw new CounterExhaustedError(
        `"sequence" of instance ${instanceId} expected a number below ${limit}, got ${start}`,
      );
    }
    if (start < this.#floor) {
      throw new CounterRollbackError(
        `"block" of instance ${instanceId} expected numbers from ${this.#floor} up, got ${start}: the counter went back`,
      );
    }
    // A counter that knows no limit may pass it with its last block: what lies below is served.
    this.#floor = end < limit ? end : limit;
    const count = Number(this.#floor - start);
    this.#blocks.push({ start, count });
    this.#available += count;
  }
}
