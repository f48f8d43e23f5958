import { CounterExhaustedError } from "../../index.js";
import type { IssueLines } from "../issue.js";

/** The tokens for the records of a block, as lines. */
export interface Tokens {
  /** Makes `count` tokens ready, from `at` on in `lines`. Whoever uses them moves `at` behind them. */
  prepare(count: number): void;
  readonly lines: Uint8Array;
  at: number;
}

/** Numbers reserved in one step, at most. */
export const MAX_STEP = 2 ** 18;

/**
 * Fresh tokens. Their numbers are reserved before anything is written: at first as many as the records at hand need, then
 * twice as many each time. A short run wastes none.
 */
export class FreshTokens implements Tokens {
  lines: Uint8Array = new Uint8Array(0);
  at = 0;
  readonly #issueLines: IssueLines;
  #left = 0;
  #step = 0;

  /** `issueLines` issues up to MAX_STEP tokens a call. */
  constructor(issueLines: IssueLines) {
    this.#issueLines = issueLines;
  }

  prepare(count: number): void {
    while (this.#left < count) {
      const needed = Math.min(count - this.#left, MAX_STEP);
      this.#step = Math.max(needed, Math.min(2 * this.#step, MAX_STEP));
      const issued = this.#issue(needed);
      this.lines = Buffer.concat([this.lines.subarray(this.at), issued]);
      this.at = 0;
      this.#left += this.#step;
    }
    this.#left -= count;
  }

  #issue(needed: number): Uint8Array {
    try {
      return this.#issueLines(this.#step);
    } catch (error) {
      if (!(error instanceof CounterExhaustedError) || this.#step === needed) throw error;
      this.#step = needed;
      return this.#issueLines(needed);
    }
  }
}
