import { checkInteger, checkU64, checkWhole, outOfRange, show, U64_MAX, type U64Like } from "./check.js";
import { checkOptions, type OptionNames } from "./options.js";

/** The options of a {@link Layout64}. The sum of both is 64, and each defaults to what the other leaves. */
export interface LayoutOptions {
  /** The number of bits for the instance id: an integer from 0 to 32; default 16. */
  instanceBits?: number;
  /** The number of bits for the sequence number: an integer from 32 to 64; default 48. */
  sequenceBits?: number;
}

const OPTIONS: OptionNames<LayoutOptions> = { instanceBits: true, sequenceBits: true };

/**
 * Divides the 64 bits of a raw value into the instance id above and the sequence number below.
 *
 * @param options.instanceBits The number of bits for the instance id: an integer from 0 to 32; default 16.
 * @param options.sequenceBits The number of bits for the sequence number: an integer from 32 to 64; default 48. The sum is 64.
 * @throws TypeError or RangeError if an option is wrong or unknown.
 * @example
 * ```ts
 * import { Layout64 } from "permid64";
 *
 * const layout = new Layout64({ instanceBits: 8, sequenceBits: 56 });
 * layout.compose(1, 5n); // => 72057594037927941n
 * layout.decompose(72057594037927941n); // => { instanceId: 1, sequence: 5n }
 * ```
 */
export class Layout64 {
  /** The number of bits for the instance id. */
  readonly instanceBits: number;
  /** The number of bits for the sequence number. */
  readonly sequenceBits: number;
  /** The largest instance id: 2^instanceBits - 1. */
  readonly maxInstanceId: number;
  /** The largest sequence number: 2^sequenceBits - 1. */
  readonly maxSequence: bigint;

  constructor(options: LayoutOptions = {}) {
    const { instanceBits, sequenceBits } =
      options instanceof Layout64 ? options : checkOptions("options", options, OPTIONS);
    const sequence = checkInteger("sequenceBits", sequenceBits ?? 64 - (instanceBits ?? 16), 32, 64);
    const instance = checkInteger("instanceBits", instanceBits ?? 64 - sequence, 0, 32);
    if (instance + sequence !== 64) {
      throw outOfRange("sequenceBits", `${64 - instance}, to make 64 with "instanceBits" ${instance}`, show(sequence));
    }
    this.instanceBits = instance;
    this.sequenceBits = sequence;
    this.maxInstanceId = 2 ** instance - 1;
    this.maxSequence = U64_MAX >> BigInt(instance);
    Object.freeze(this);
  }

  /**
   * Makes the raw value of an instance id and a sequence number. Neither is ever cut to fit.
   *
   * @param instanceId An integer from 0 to `maxInstanceId`.
   * @param sequence An integer from 0 to `maxSequence`.
   * @returns A bigint from 0 to 2^64 - 1.
   * @throws TypeError if an argument is no integer, RangeError if it is out of range.
   */
  compose(instanceId: number, sequence: U64Like): bigint {
    checkInteger("instanceId", instanceId, 0, this.maxInstanceId);
    return (BigInt(instanceId) << BigInt(this.sequenceBits)) | checkWhole("sequence", sequence, 0n, this.maxSequence);
  }

  /**
   * Splits a raw value: undoes {@link compose}.
   *
   * @param raw An integer from 0 to 2^64 - 1.
   * @returns The instance id as a number, and the sequence number as a bigint.
   * @throws TypeError if `raw` is no integer, RangeError if it is out of range.
   */
  decompose(raw: U64Like): { instanceId: number; sequence: bigint } {
    const bits = checkU64("raw", raw);
    return { instanceId: Number(bits >> BigInt(this.sequenceBits)), sequence: bits & this.maxSequence };
  }
}
