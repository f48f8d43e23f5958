import type { Layout64 } from "../base/layout.js";
import type { Codec } from "../codec/codec.js";

/** What an id or token stands for. */
export interface DecodedId {
  /** The u64 before permutation: instance id above, sequence below. */
  readonly raw: bigint;
  readonly instanceId: number;
  readonly sequence: bigint;
}

/** What many ids stand for, as columns. */
export interface DecodedIds {
  readonly instanceId: Uint32Array;
  readonly sequence: BigUint64Array;
}

/** Which implementation runs: native u64 in WebAssembly, or BigInt. */
export type EngineName = "wasm" | "bigint";

/** What one may ask for: `"auto"` is WebAssembly where it starts, and BigInt elsewhere. */
export type EngineChoice = "auto" | EngineName;

/** The parameters of a built-in permutation, with what is derived from them once. */
export type PermutationSpec =
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
 * A permutation as one engine runs it. Arguments have been checked: u64 are u64, and `start` plus the number of
 * ids asked for stays within 2^64.
 */
export interface Kernel {
  forward(x: bigint): bigint;
  inverse(y: bigint): bigint;
  decode(id: bigint, layout: Layout64): DecodedId;
  /** Reads and decodes tokens as Engine.decodeMany does, to both arrays. */
  decodeMany(codec: Codec, bytes: Uint8Array, stride: number, layout: Layout64, out: DecodedIds): number;
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
 * What there are two implementations of. Bulk operations come first, because crossing into WebAssembly once
 * per id would cost more than the work; single-value calls are their short form.
 */
export interface Engine {
  readonly name: EngineName;
  /** How many ids a generator had best prepare at once. */
  readonly window: number;
  kernel(spec: PermutationSpec): Kernel;
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
