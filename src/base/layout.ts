import { checkInteger, checkU64, checkWhole, outOfRange, show, U64_MAX, type U64Like } from "./check.js";
import { checkObject } from "./options.js";

/** The bits of a {@link Layout64}. */
export interface LayoutOptions {
  /** Bits of the instance id, 0 to 32; default 16, or the rest of `sequenceBits`. */
  instanceBits?: number;
  /** Bits of the sequence number, 32 to 64; default the rest of `instanceBits`. */
  sequenceBits?: number;
}

/**
 * How the 64 bits of a raw are divided: the instance id above, the sequence number below.
 *
 * @param options.instanceBits An integer from 0 to 32; default 16, or what `sequenceBits` leaves.
 * @param options.sequenceBits An integer from 32 to 64; default what `instanceBits` leaves. Their sum is 64.
 * @throws TypeError or RangeError for bits outside these.
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
  readonly instanceBits: number;
  readonly sequenceBits: number;
  readonly maxInstanceId: number;
  readonly maxSequence: bigint;

  constructor(options: LayoutOptions = {}) {
    const { instanceBits, sequenceBits } = checkObject("options", options);
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
   * Makes a raw.
   *
   * @param instanceId An integer from 0 to `maxInstanceId`. It is never cut to fit.
   * @param sequence An integer from 0 to `maxSequence`.
   * @returns A bigint from 0 to 2^64 - 1.
   * @throws TypeError or RangeError for arguments outside these.
   */
  compose(instanceId: number, sequence: U64Like): bigint {
    checkInteger("instanceId", instanceId, 0, this.maxInstanceId);
    return (BigInt(instanceId) << BigInt(this.sequenceBits)) | checkWhole("sequence", sequence, 0n, this.maxSequence);
  }

  /**
   * Undoes {@link compose}.
   *
   * @param raw An integer from 0 to 2^64 - 1.
   * @throws TypeError or RangeError if `raw` is no u64.
   */
  decompose(raw: U64Like): { instanceId: number; sequence: bigint } {
    const bits = checkU64("raw", raw);
    return { instanceId: Number(bits >> BigInt(this.sequenceBits)), sequence: bits & this.maxSequence };
  }
}
