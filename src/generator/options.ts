import { checkInteger, invalidType, MAX_COUNT, outOfRange, show } from "../base/check.js";
import { Layout64, type LayoutOptions } from "../base/layout.js";
import { checkOptions, joinNames, type OptionNames } from "../base/options.js";
import { base62 } from "../codec/base62.js";
import { strideOf } from "../codec/codec.js";
import type { Claim } from "../counter/counter.js";
import { chooseEngine } from "../engine/choose.js";
import type { Engine, EngineChoice, Kernel, Permutation } from "../engine/engine.js";
import { kernelOf } from "../permutation/kernel-of.js";
import { TokenFormat } from "../token/format.js";
import { type TokenOptions, TokenText } from "../token/text.js";
import { fingerprint } from "./fingerprint.js";

/** The options of an {@link Id64Decoder}, beside its permutation. */
export interface DecoderOptions<Prefix extends string = string> extends TokenOptions<Prefix> {
  /** The bits of a raw: `instanceBits` from 0 to 32 above, `sequenceBits` below, 64 in all. Default 16 and 48. */
  layout?: LayoutOptions;
  /** The engine to run on. Default `"auto"`: WebAssembly where it starts, BigInt elsewhere. */
  engine?: EngineChoice;
}

/** The options of every generator, beside its permutation and counter. */
export interface GeneratorOptions<Prefix extends string = string> extends DecoderOptions<Prefix> {
  /**
   * Names the counter's row: an integer from 0 to 2^instanceBits - 1. Any number of processes on one store share it. Two
   * stores must not share one, because their ids would repeat.
   */
  instanceId: number;
  /**
   * Tells whether a token may be issued, such as one without words that must not appear. The number of a rejected token
   * is a gap. After 1000 rejections in a row, issuing throws a {@link TokensRejectedError}.
   */
  accept?: (token: string) => boolean;
}

export const DECODER_OPTIONS: OptionNames<DecoderOptions> = {
  prefix: true,
  codec: true,
  check: true,
  layout: true,
  engine: true,
};

export const GENERATOR_OPTIONS: OptionNames<GeneratorOptions> = /* @__PURE__ */ joinNames(DECODER_OPTIONS, {
  instanceId: true,
  accept: true,
});

/** The parts of a decoder. */
export interface DecoderParts {
  readonly permutation: Permutation;
  readonly layout: Layout64;
  readonly engine: Engine;
  readonly kernel: Kernel;
  readonly text: TokenText;
  readonly format: TokenFormat;
}

/** Checks the options of a decoder, whose names have been checked. */
export function decoderParts(options: DecoderOptions & { permutation: Permutation }): DecoderParts {
  const { permutation, prefix, codec, check, engine: choice = "auto" } = options;
  const layout = new Layout64(options.layout);
  const engine = chooseEngine(choice);
  const look = {
    ...(prefix !== undefined && { prefix }),
    ...(codec !== undefined && { codec }),
    ...(check !== undefined && { check }),
  };
  return {
    permutation,
    layout,
    engine,
    kernel: kernelOf(permutation, engine),
    text: new TokenText(look, engine),
    format: new TokenFormat({ ...look, engine: choice }),
  };
}

/** The claim that a generator makes to its counter. */
export function claimOf({ layout, kernel }: DecoderParts, id: number): Claim {
  const instanceId = checkInteger("instanceId", id, 0, layout.maxInstanceId);
  return { instanceId, limit: layout.maxSequence + 1n, fingerprint: fingerprint(layout, kernel) };
}

const DEFAULT_BLOCK_SIZE = 4096;

export const checkBlockSize = (name: string, value: number | undefined) =>
  checkInteger(name, value ?? DEFAULT_BLOCK_SIZE, 1, MAX_COUNT);

export function checkCounter<C extends { reserve: unknown }>(counter: C): C {
  if (typeof counter?.reserve !== "function") throw invalidType("counter", 'an object with "reserve"', show(counter));
  return counter;
}

/** Refuses a counter whose `open` returned a promise. If that is rejected later, it does not end the process. */
export function refusePromise(opened: unknown): void {
  if (typeof (opened as PromiseLike<unknown> | undefined)?.then !== "function") return;
  (opened as PromiseLike<unknown>).then(undefined, () => {});
  throw invalidType("counter", "one that answers at once", "one that answers later: use AsyncId64");
}

/** The separator of tokens in bytes. */
export interface SeparatorOptions {
  /** A byte after each token, 0 to 255, such as 10 for a line feed. Default: none. */
  separator?: number;
}

export function checkSeparator(options: SeparatorOptions): number | undefined {
  const { separator } = checkOptions("options", options, { separator: true });
  return separator === undefined ? undefined : checkInteger("separator", separator, 0, 255);
}

/** The number of base62 tokens that `bytes` bytes have room for: at least one, or a RangeError. */
export function checkRoom(bytes: number, separator: number | undefined): number {
  const stride = strideOf(base62, separator);
  if (bytes < stride) throw outOfRange("out", `at least ${stride} bytes`, show(bytes));
  return Math.floor(bytes / stride);
}
