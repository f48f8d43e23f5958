import { checkInteger, invalidType, MAX_COUNT, show, type U64Like } from "../base/check.js";
import { Layout64 } from "../base/layout.js";
import { checkObject } from "../base/options.js";
import type { Claim } from "../counter/counter.js";
import { chooseEngine } from "../engine/choose.js";
import type { Engine, EngineChoice, Kernel } from "../engine/engine.js";
import { Feistel64Permutation, MAX_ROUNDS, SAFE_ROUNDS } from "../permutation/feistel.js";
import type { Permutation } from "../permutation/permutation.js";
import { kernelOf } from "../permutation/run.js";
import { type TokenOptions, TokenText } from "../token/text.js";
import { type Id64Config, permutationToConfig } from "./config.js";
import { Sieve } from "./filter.js";
import { fingerprint } from "./fingerprint.js";
import { TokenReader } from "./token-reader.js";

/** What generators take, whatever their counter. */
export interface GeneratorOptions<Prefix extends string = string> extends TokenOptions<Prefix> {
  /** Names one run of numbers in one store: an integer from 0 to 2^instanceBits - 1. Two stores must not share one. */
  instanceId: number;
  /** Default 16 bits of instance id above 48 of sequence. */
  layout?: { instanceBits?: number; sequenceBits?: number };
  /**
   * Whether an id may be issued, by its token as {@link Id64.nextToken} writes it: for words that must not appear. The number
   * of a refused one is a gap. After 1000 in a row, issuing throws.
   */
  accept?: (token: string) => boolean;
  /** Default `"auto"`. */
  engine?: EngineChoice;
}

/** What generators are made of, whatever their counter. */
export interface Setup {
  readonly permutation: Permutation;
  readonly layout: Layout64;
  readonly engine: Engine;
  readonly kernel: Kernel;
  readonly reader: TokenReader;
  readonly text: TokenText;
  /** There if the options have a predicate. */
  readonly sieve: Sieve | undefined;
  readonly claim: Claim;
  /** The raw of sequence number 0. */
  readonly base: bigint;
}

const DEFAULT_BLOCK_SIZE = 4096;

/** Checks the options of a generator. Leaves no trace. */
export function setUp(options: GeneratorOptions & { permutation: Permutation }): Setup {
  const { permutation, accept, engine: choice = "auto" } = checkObject("options", options);
  if (typeof permutation?.forward !== "function" || typeof permutation.inverse !== "function") {
    throw invalidType("permutation", 'an object with "forward" and "inverse"', show(permutation));
  }
  const layout = new Layout64(options.layout);
  const instanceId = checkInteger("instanceId", options.instanceId, 0, layout.maxInstanceId);
  if (accept !== undefined && typeof accept !== "function") throw invalidType("accept", "a function", show(accept));
  const engine = chooseEngine(choice);
  const text = new TokenText(options, engine);
  const kernel = kernelOf(permutation, engine);
  return {
    permutation,
    layout,
    engine,
    kernel,
    reader: new TokenReader(engine, kernel, layout),
    text,
    sieve: accept && new Sieve(text, accept),
    claim: { instanceId, limit: layout.maxSequence + 1n, fingerprint: fingerprint(layout, kernel) },
    base: layout.compose(instanceId, 0n),
  };
}

/** A Feistel network for new ids. The class itself takes fewer rounds, for ids that exist. */
export function feistel(options: { key?: U64Like; rounds?: number; engine?: EngineChoice }): Feistel64Permutation {
  const { rounds } = checkObject("options", options);
  if (rounds !== undefined) checkInteger("rounds", rounds, SAFE_ROUNDS, MAX_ROUNDS);
  return new Feistel64Permutation(options);
}

export const checkBlockSize = (name: string, value: number | undefined) =>
  checkInteger(name, value ?? DEFAULT_BLOCK_SIZE, 1, MAX_COUNT);

export function checkCounter<C extends { reserve: unknown }>(counter: C): C {
  if (typeof counter?.reserve !== "function") throw invalidType("counter", 'an object with "reserve"', show(counter));
  return counter;
}

/** Refuses a counter whose `open` returned a promise; if that is rejected later, it does not end the process. */
export function checkAtOnce(opened: unknown): void {
  if (typeof (opened as PromiseLike<unknown> | undefined)?.then !== "function") return;
  (opened as PromiseLike<unknown>).then(undefined, () => {});
  throw invalidType("counter", "one that answers at once", "one that answers later: use AsyncId64");
}

export function checkSeparator(options: { separator?: number }): { separator?: number } {
  if (checkObject("options", options).separator !== undefined) checkInteger("separator", options.separator, 0, 255);
  return options;
}

export function configOf({ permutation, layout, claim, text }: Setup, blockSize: number): Id64Config {
  const { instanceBits, sequenceBits } = layout;
  return {
    permutation: permutationToConfig(permutation),
    instanceId: claim.instanceId,
    layout: { instanceBits, sequenceBits },
    blockSize,
    ...text.options,
  };
}
