import type { PublicId } from "../../index.js";
import { U32_PER_U64, U64_HIGH, U64_LOW } from "../decimal.js";
import { excerpt } from "./records.js";
import type { Tokens } from "./tokens.js";

const QUOTE = 34;
const ZERO = 48;
/** Numbers of so many digits are exact as a double. */
const EXACT_DIGITS = 15;
/** Digits of 2^63 - 1. */
const MAX_DIGITS = 19;

/** Public ids, made from the row numbers in the records. */
export class RowTokens implements Tokens {
  lines: Uint8Array = new Uint8Array(0);
  at = 0;
  readonly #ids: PublicId;
  readonly #bits: number;
  readonly #asUuid: boolean;
  #values = new BigUint64Array(1024);
  #halves = new Uint32Array(this.#values.buffer);
  #count = 0;

  constructor(ids: PublicId, { bits, asUuid }: { bits: number; asUuid: boolean }) {
    this.#ids = ids;
    this.#bits = bits;
    this.#asUuid = asUuid;
  }

  /** Takes a row number from `from` to `to`: decimal digits, in quotes or not. Returns what is wrong with it, or undefined. */
  readonly take = (block: Buffer, from: number, to: number): string | undefined => {
    if (this.#count === this.#values.length) this.#grow();
    const quoted = block[from] === QUOTE ? 1 : 0;
    if (this.#parse(block, from + quoted, to - quoted)) {
      this.#count++;
      return undefined;
    }
    return `expected a whole number from 0 to 2^${this.#bits} - 1, got ${excerpt(block, from, to)}`;
  };

  prepare(count: number): void {
    const values = this.#values.subarray(0, count);
    const tokens = this.#asUuid ? Array.from(values, (value) => this.#ids.toUuid(value)) : this.#ids.encodeMany(values);
    this.lines = Buffer.from(`${tokens.join("\n")}\n`, "latin1");
    this.at = 0;
    this.#count = 0;
  }

  /** Digit by digit, because a number of JSON may be larger than a double can tell. */
  #parse(block: Buffer, from: number, to: number): boolean {
    const digits = to - from;
    if (digits < 1 || digits > MAX_DIGITS || (digits > 1 && block[from] === ZERO)) return false;
    let value = 0;
    for (let at = from; at < to; at++) {
      const digit = block[at]! - ZERO;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    if (digits > EXACT_DIGITS) {
      const exact = BigInt(block.toString("latin1", from, to));
      this.#values[this.#count] = exact;
      return exact >> BigInt(this.#bits) === 0n;
    }
    this.#halves[this.#count * U32_PER_U64 + U64_HIGH] = value / 2 ** 32;
    this.#halves[this.#count * U32_PER_U64 + U64_LOW] = value;
    return value < 2 ** this.#bits;
  }

  #grow(): void {
    const larger = new BigUint64Array(2 * this.#values.length);
    larger.set(this.#values);
    this.#values = larger;
    this.#halves = new Uint32Array(larger.buffer);
  }
}
