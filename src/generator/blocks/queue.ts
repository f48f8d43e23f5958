import type { Claim, Counter } from "../../counter/counter.js";
import { isRollback } from "../../counter/errors.js";
import { BlockStock } from "./stock.js";

/** Blocks from a counter that answers at once. */
export class BlockQueue extends BlockStock {
  readonly #counter: Counter;
  readonly #blockSize: number;
  #rollback: unknown;

  constructor(counter: Counter, claim: Claim, blockSize: number) {
    super(claim);
    this.#counter = counter;
    this.#blockSize = blockSize;
  }

  /**
   * Reserves until `count` numbers are at hand: with one call to the counter, unless its numbers run out. If the counter
   * throws, the blocks at hand stay. After a rollback, `ensure` throws from then on, and its owner drops the blocks.
   */
  override ensure(count: number): void {
    if (this.#rollback) throw this.#rollback;
    while (this.available < count) {
      const wanted = Math.max(this.#blockSize, count - this.available);
      try {
        this.add(this.#counter.reserve(wanted, this.claim), wanted);
      } catch (error) {
        if (isRollback(error)) this.#rollback = error;
        throw error;
      }
    }
  }
}
