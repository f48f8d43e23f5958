import { checkInteger, checkU64, MAX_COUNT, type U64Like } from "../base/check.js";
import { CounterConfigError, CounterExhaustedError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Block, Claim, Counter } from "./counter.js";

/**
 * A counter that forgets when the process ends: for tests, and for work whose ids end with the process. After a restart it
 * starts again, so under a long-lived key its ids repeat.
 *
 * @param options.startAt The first number, an integer from 0 to 2^64 - 1; default 0n.
 * @throws TypeError or RangeError for another `startAt`, or for an unknown option.
 * @example
 * ```ts
 * import { MemoryCounter } from "permid64";
 *
 * new MemoryCounter({ startAt: 100n }).reserve(10); // => { start: 100n, end: 110n }
 * ```
 */
export class MemoryCounter implements Counter {
  #next: bigint;
  #fingerprint: string | undefined;

  constructor(options: { startAt?: U64Like } = {}) {
    this.#next = checkU64("startAt", checkOptions("options", options, { startAt: true }).startAt ?? 0n);
  }

  /** @throws CounterConfigError if another generator uses this counter under another layout or permutation. */
  open(claim: Claim): void {
    this.#fingerprint ??= claim.fingerprint;
    if (this.#fingerprint !== claim.fingerprint) {
      throw new CounterConfigError(
        '"counter" expected the layout and permutation that it was first used under, got others: their ids could collide',
      );
    }
  }

  /** @throws CounterExhaustedError if no number below the limit is left. */
  reserve(count: number, claim?: Claim): Block {
    checkInteger("count", count, 1, MAX_COUNT);
    const limit = claim?.limit ?? 2n ** 64n;
    const start = this.#next;
    if (start >= limit) throw new CounterExhaustedError(`"sequence" expected a number below ${limit}, got ${start}`);
    const wanted = start + BigInt(count);
    this.#next = wanted < limit ? wanted : limit;
    return { start, end: this.#next };
  }
}
