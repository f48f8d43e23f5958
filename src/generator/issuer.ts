import { ClosedError } from "../base/errors.js";
import { base62 } from "../codec/base62.js";
import { type Codec, strideOf, tokenAt } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import { isRollback } from "../counter/errors.js";
import type { Kernel } from "../engine/engine.js";
import type { BlockStock, Run } from "./blocks/stock.js";

/** The source of a generator's ids. All methods draw from one stream. Arguments have been checked. */
export interface IdIssuer {
  nextU64(): bigint;
  nextBase62(): string;
  nextBase32(): string;
  fillU64(out: BigUint64Array): void;
  /** Writes `total` tokens; `out` has room for them. */
  fillText(codec: Codec, out: Uint8Array, total: number, separator?: number): void;
  takeTokens(codec: Codec, total: number): string[];
}

/**
 * Turns sequence numbers into ids and tokens.
 *
 * Numbers that are issued one by one come from a window of a block. The first call of each kind (u64, base62, base 32)
 * makes the ids or tokens of the whole window in one crossing. Each `…End` is 0 before that and #size after it, so that
 * one comparison detects both a missing and a used-up window.
 */
export class Issuer implements IdIssuer {
  readonly #blocks: BlockStock;
  readonly #kernel: Kernel;
  /** The raw of sequence number 0. */
  readonly #base: bigint;
  readonly #windowSize: number;
  #closed = false;
  #discarded = 0;
  #generation: object = {};
  #start = 0n;
  #size = 0;
  #at = 0;
  readonly #ids: BigUint64Array;
  #idsEnd = 0;
  #base62 = "";
  #base62End = 0;
  #crockford32 = "";
  #crockford32End = 0;

  constructor(blocks: BlockStock, kernel: Kernel, base: bigint, windowSize: number) {
    this.#blocks = blocks;
    this.#kernel = kernel;
    this.#base = base;
    this.#windowSize = windowSize;
    this.#ids = new BigUint64Array(windowSize);
  }

  nextU64(): bigint {
    if (this.#at >= this.#idsEnd) this.#makeIds();
    return this.#ids[this.#at++]!;
  }

  nextBase62(): string {
    if (this.#at >= this.#base62End) this.#makeBase62();
    return tokenAt(base62, this.#base62, this.#at++);
  }

  nextBase32(): string {
    if (this.#at >= this.#crockford32End) this.#makeCrockford32();
    return tokenAt(crockford32, this.#crockford32, this.#at++);
  }

  fillU64(out: BigUint64Array): void {
    this.#issue(out.length, (start, from, count) => {
      this.#kernel.fill(start, count === out.length ? out : out.subarray(from, from + count));
    });
  }

  fillText(codec: Codec, out: Uint8Array, total: number, separator?: number): void {
    const stride = strideOf(codec, separator);
    this.#issue(total, (start, from, count) => {
      this.#kernel.fillText(codec, start, out.subarray(from * stride, (from + count) * stride), separator);
    });
  }

  takeTokens(codec: Codec, total: number): string[] {
    const out = new Array<string>(total);
    this.#issue(total, (start, from, count) => {
      for (let done = 0; done < count; done += this.#windowSize) {
        const part = Math.min(this.#windowSize, count - done);
        const text = this.#kernel.text(codec, start + BigInt(done), part);
        for (let i = 0; i < part; i++) out[from + done + i] = tokenAt(codec, text, i);
      }
    });
    return out;
  }

  /** Numbers at hand. */
  get available(): number {
    return this.#size - this.#at + this.#blocks.available;
  }

  /** Numbers dropped so far. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Stands for the numbers that were at hand since the last were dropped: another object after each drop. */
  get generation(): object {
    return this.#generation;
  }

  /** Drops the numbers at hand. */
  drop(): void {
    this.#discarded += this.available;
    this.#generation = {};
    this.#blocks.drop();
    this.#at = this.#size = this.#idsEnd = this.#base62End = this.#crockford32End = 0;
  }

  /** Drops the numbers at hand, and issues no more. */
  close(): void {
    this.#closed = true;
    this.drop();
  }

  #makeIds(): void {
    if (this.#at === this.#size) this.#advance();
    this.#kernel.fill(this.#start, this.#ids.subarray(0, this.#size));
    this.#idsEnd = this.#size;
  }

  #makeBase62(): void {
    if (this.#at === this.#size) this.#advance();
    this.#base62 = this.#kernel.text(base62, this.#start, this.#size);
    this.#base62End = this.#size;
  }

  #makeCrockford32(): void {
    if (this.#at === this.#size) this.#advance();
    this.#crockford32 = this.#kernel.text(crockford32, this.#start, this.#size);
    this.#crockford32End = this.#size;
  }

  /** Opens the next window. It lies within reserved blocks, so that preparing it costs no numbers. */
  #advance(): void {
    this.#ensure(1);
    const { start, count } = this.#takeRun(this.#windowSize);
    this.#start = start;
    this.#size = count;
    this.#at = this.#idsEnd = this.#base62End = this.#crockford32End = 0;
  }

  /** Takes `total` numbers as runs, after all of them are reserved. `write` gets the first raw of each run. */
  #issue(total: number, write: (start: bigint, from: number, count: number) => void): void {
    this.#ensure(total);
    for (let from = 0; from < total; ) {
      const { start, count } = this.#takeRun(total - from);
      write(start, from, count);
      from += count;
    }
  }

  #ensure(count: number): void {
    if (this.#closed) throw new ClosedError("the generator is closed");
    const missing = count - (this.#size - this.#at);
    if (missing <= 0) return;
    try {
      this.#blocks.ensure(missing);
    } catch (error) {
      // After a rollback, other processes may hold the same numbers.
      if (isRollback(error)) this.drop();
      throw error;
    }
  }

  /** Up to `max` raws, first from the window, then from the blocks. Call `ensure` before. */
  #takeRun(max: number): Run {
    const left = this.#size - this.#at;
    if (left === 0) {
      const { start, count } = this.#blocks.take(max);
      return { start: this.#base + start, count };
    }
    const run = { start: this.#start + BigInt(this.#at), count: Math.min(max, left) };
    this.#at += run.count;
    return run;
  }
}
