import type { Layout64 } from "../base/layout.js";
import type { Codec } from "../codec/codec.js";

/** The origin of an id: the instance that issued it, and its number there. */
export interface DecodedId {
  /** The u64 before permutation: instance id above, sequence below. */
  readonly raw: bigint;
  readonly instanceId: number;
  readonly sequence: bigint;
}

/** The origins of many ids, as columns. */
export interface DecodedIds {
  readonly instanceId: Uint32Array;
  readonly sequence: BigUint64Array;
}

/** The implementation that runs: native u64 in WebAssembly, or BigInt. */
export type EngineName = "wasm" | "bigint";

/** An engine to ask for: `"auto"` is WebAssembly where it starts, and BigInt elsewhere. */
export type EngineChoice = "auto" | EngineName;

/** A bijection over the u64. Anything of this shape can be given to `new Id64`. */
export interface Permutation {
  /** Takes and returns a bigint from 0 to 2^64 - 1. */
  forward(x: bigint): bigint;
  /** Takes and returns a bigint from 0 to 2^64 - 1; inverse(forward(x)) is x. */
  inverse(y: bigint): bigint;
}

/** The parameters of a permutation of this library, with what is derived from them once. */
export type PermutationParameters =
  | { readonly kind: "identity" }
  | {
      readonly kind: "multiplicative";
      readonly a: bigint;
      readonly b: bigint;
      /** The inverse, which has the same form: y -> inverseA * y + inverseB. */
      readonly inverseA: bigint;
      readonly inverseB: bigint;
    }
  | {
      readonly kind: "feistel";
      readonly key: bigint;
      readonly rounds: number;
      /** One u32 per round. */
      readonly roundKeys: Uint32Array;
    }
  | {
      readonly kind: "speck";
      /** 32 hexadecimal digits. */
      readonly key: string;
      /** One u32 per round, of which there are 27. */
      readonly roundKeys: Uint32Array;
    };

/**
 * A permutation on an engine, in bulk. Arguments have been checked: u64 are u64, and `start` plus the number of ids
 * stays within 2^64.
 */
export interface Kernel extends Permutation {
  decode(id: bigint, layout: Layout64): DecodedId;
  /** The origins of ids. */
  decodeIds(ids: BigUint64Array, layout: Layout64, out: DecodedIds): void;
  /** The origins of tokens, read as Engine.decodeMany reads them. */
  decodeTokens(codec: Codec, bytes: Uint8Array, stride: number, layout: Layout64, out: DecodedIds): number;
  /** In place. */
  forwardMany(xs: BigUint64Array): void;
  /** In place. */
  inverseMany(ys: BigUint64Array): void;
  /** out[i] = forward(start + i). */
  fill(start: bigint, out: BigUint64Array): void;
  /** The tokens of forward(start + i), for i below count, as one string. */
  text(codec: Codec, start: bigint, count: number): string;
  /** The same to bytes: as many as `out` holds, each followed by `separator` if there is one. */
  fillText(codec: Codec, start: bigint, out: Uint8Array, separator?: number): void;
}

/**
 * The work that has two implementations. Bulk operations come first, because crossing into WebAssembly once per id
 * would cost more than the work. Calls for a single value are their short form.
 */
export interface Engine {
  readonly name: EngineName;
  /** How many ids a generator prepares at once. */
  readonly window: number;
  kernel(parameters: PermutationParameters): Kernel;
  encode(codec: Codec, id: bigint): string;
  /** The tokens of `ids` as one string. */
  text(codec: Codec, ids: BigUint64Array): string;
  /** The same to bytes, each followed by `separator` if there is one. */
  encodeMany(codec: Codec, ids: BigUint64Array, out: Uint8Array, separator?: number): void;
  /** head * scale + tail, known to be a u64. */
  join(codec: Codec, head: number, tail: number): bigint;
  /** Reads the tokens that start every `stride` bytes; returns how many precede the first invalid one. */
  decodeMany(codec: Codec, bytes: Uint8Array, stride: number, out: BigUint64Array): number;
}
