import {
  checkInteger,
  checkU64,
  invalidType,
  isTypedArray,
  MAX_COUNT,
  outOfRange,
  show,
  type U64Like,
} from "../base/check.js";
import { Closeable } from "../base/dispose.js";
import type { SecretKey } from "../base/keys.js";
import { checkObject } from "../base/options.js";
import { beforeSnapshot } from "../base/runtime.js";
import { base62 } from "../codec/base62.js";
import { strideOf } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { Counter } from "../counter/counter.js";
import { SqliteCounter } from "../counter/sqlite/counter.js";
import type { DecodedId, DecodedIds, EngineChoice, EngineName } from "../engine/engine.js";
import { IdentityPermutation } from "../permutation/identity.js";
import { MultiplyOddPermutation } from "../permutation/multiplicative.js";
import type { Permutation } from "../permutation/permutation.js";
import { SpeckPermutation } from "../permutation/speck.js";
import { TokenFormat } from "../token/format.js";
import { decodeManyTokens, decodeToken, nextToken, takeTokens } from "../token/generator.js";
import type { Token, TokenText } from "../token/text.js";
import { BlockQueue } from "./blocks/queue.js";
import { type Id64Config, parseConfig, permutationFromConfig } from "./config.js";
import { SelectiveIssuer } from "./filter.js";
import { Issuer, type IssuesIds } from "./issuer.js";
import {
  checkAtOnce,
  checkBlockSize,
  checkCounter,
  checkSeparator,
  configOf,
  feistel,
  type GeneratorOptions,
  type Setup,
  setUp,
} from "./options.js";
import type { TokenReader } from "./token-reader.js";

/** Where the sequence numbers come from: a file of this library's, or any counter. */
export type CounterSource = { stateFile: string; counter?: never } | { counter: Counter; stateFile?: never };

/** What all generators take. */
export type Id64Options<Prefix extends string = string> = CounterSource &
  GeneratorOptions<Prefix> & {
    /** Numbers reserved at a time, 1 to 2^32 - 1; default 4096. A crash or `close` loses at most this many. */
    blockSize?: number;
  };

/**
 * Issues 64-bit ids and their tokens, and decodes them. All methods that issue draw from one stream of sequence
 * numbers, and no number is issued twice.
 *
 * @example
 * ```ts
 * import { Id64, MemoryCounter } from "permid64";
 *
 * const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
 * ids.nextBase62(); // => "E5xm7QFdS1Z"
 * ids.decodeBase62("E5xm7QFdS1Z"); // => { raw: 11821949021847552n, instanceId: 42, sequence: 0n }
 * ```
 */
export class Id64<const Prefix extends string = string> extends Closeable {
  readonly #setup: Setup;
  readonly #blockSize: number;
  readonly #stateFile: string | undefined;
  /** The counter, where this generator opened it itself and so must close it. */
  readonly #ownCounter: SqliteCounter | undefined;
  readonly #issuer: IssuesIds;
  readonly #reader: TokenReader;
  readonly #text: TokenText;
  readonly #format: TokenFormat<Prefix>;

  /**
   * A generator with any permutation: one of this library's, or any object with `forward` and `inverse`.
   *
   * @param options See {@link Id64Options}; `stateFile` is a path, created if missing.
   * @throws TypeError or RangeError for a wrong option; EngineUnavailableError; and what the counter throws:
   *   see {@link SqliteCounter}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const complement = { forward: (x: bigint) => x ^ 0xffff_ffff_ffff_ffffn, inverse: (y: bigint) => y ^ 0xffff_ffff_ffff_ffffn };
   * const ids = new Id64({ instanceId: 1, counter: new MemoryCounter(), permutation: complement });
   * ids.decode(ids.nextU64()).sequence; // => 0n
   * ```
   */
  constructor(options: Id64Options<Prefix> & { permutation: Permutation }) {
    super();
    this.#setup = setUp(options);
    const { kernel, claim, base, engine, text, sieve } = this.#setup;
    this.#blockSize = checkBlockSize("blockSize", options.blockSize);
    this.#format = new TokenFormat(options);
    const { counter, stateFile } = options;
    if (stateFile === undefined && counter === undefined) {
      throw invalidType("stateFile", 'a path, or a "counter" in its place', show(stateFile));
    }
    if (stateFile !== undefined && counter !== undefined) {
      throw invalidType("counter", 'undefined beside "stateFile"', show(counter));
    }
    if (counter !== undefined) checkCounter(counter);
    this.#stateFile = stateFile;
    // Last, because it is the first step that leaves a trace: all arguments are known to be good.
    this.#ownCounter = stateFile === undefined ? undefined : new SqliteCounter(stateFile);
    const source: Counter = this.#ownCounter ?? counter!;
    try {
      checkAtOnce(source.open?.(claim));
    } catch (error) {
      this.#ownCounter?.close();
      throw error;
    }
    const blocks = new BlockQueue(source, claim, this.#blockSize);
    const issuer = new Issuer(blocks, kernel, base, engine.window);
    beforeSnapshot(() => issuer.drop());
    this.#issuer = sieve ? new SelectiveIssuer(issuer, engine, sieve) : issuer;
    this.#reader = this.#setup.reader;
    this.#text = text;
  }

  /**
   * A generator that multiplies: the fastest, for ids that need not resist analysis. Two consecutive ids give away
   * the multiplier.
   *
   * @param options {@link Id64Options}, and `a` and `b` as {@link MultiplyOddPermutation} takes them.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { Id64 } from "permid64";
   *
   * using ids = Id64.multiplicative({ instanceId: 42, stateFile: "orders.state" });
   * const token = ids.nextBase62();
   * ids.decodeBase62(token).instanceId; // => 42
   * ```
   */
  static multiplicative<const Prefix extends string = string>(
    options: Id64Options<Prefix> & { a?: U64Like; b?: U64Like },
  ): Id64<Prefix> {
    return new Id64({ ...checkObject("options", options), permutation: new MultiplyOddPermutation(options) });
  }

  /**
   * A generator with a keyed Feistel network: ids without visible structure.
   *
   * @param options {@link Id64Options}, and `key` and `rounds` as {@link Feistel64Permutation} takes them, but at
   *   least 6 rounds: up to four are broken (SECURITY.md). To decode such ids, name the permutation:
   *   `new Id64({ …, permutation: new Feistel64Permutation({ key, rounds: 4 }) })`.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 42, counter: new MemoryCounter() });
   * ids.nextBase62(); // => "Gh4oy6lscYS"
   * ```
   */
  static feistel<const Prefix extends string = string>(
    options: Id64Options<Prefix> & { key?: U64Like; rounds?: number },
  ): Id64<Prefix> {
    return new Id64({ ...options, permutation: feistel(options) });
  }

  /**
   * A generator with a block cipher, Speck64/128: ids that tell nothing to whoever lacks the key.
   *
   * @param options {@link Id64Options}, and `key` as {@link SpeckPermutation} takes it.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { generateKey, Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.speck({ instanceId: 42, key: generateKey(), counter: new MemoryCounter() });
   * ids.decodeBase62(ids.nextBase62()).sequence; // => 0n
   * ```
   */
  static speck<const Prefix extends string = string>(
    options: Id64Options<Prefix> & { key: SecretKey | undefined },
  ): Id64<Prefix> {
    return new Id64({ ...checkObject("options", options), permutation: new SpeckPermutation(options) });
  }

  /**
   * A generator whose ids are the raws: sequential, for tests and for keys that nobody outside sees.
   *
   * @param options {@link Id64Options}.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.identity({ instanceId: 1, counter: new MemoryCounter() });
   * ids.nextU64(); // => 281474976710656n
   * ```
   */
  static identity<const Prefix extends string = string>(options: Id64Options<Prefix>): Id64<Prefix> {
    return new Id64({ ...checkObject("options", options), permutation: new IdentityPermutation(options) });
  }

  /**
   * The generator that {@link toConfig} described.
   *
   * @param json The config, or its JSON text.
   * @param options A `counter` in place of the config's `stateFile`, and the `engine`; default `"auto"`.
   * @throws SyntaxError if `json` is no config, and as the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 42, key: 7n, counter: new MemoryCounter() });
   * const reader = Id64.fromConfig(JSON.stringify(ids.toConfig()), { counter: new MemoryCounter() });
   * reader.decodeBase62(ids.nextBase62()).instanceId; // => 42
   * ```
   */
  static fromConfig(
    json: Id64Config | string,
    options: { counter?: Counter; engine?: EngineChoice; accept?: (token: string) => boolean } = {},
  ): Id64<string> {
    const { counter, engine = "auto", accept } = checkObject("options", options);
    const { permutation, stateFile, ...config } = parseConfig(json);
    const source = counter ? { counter } : { stateFile: stateFile! };
    return new Id64({
      ...config,
      ...source,
      ...(accept !== undefined && { accept }),
      engine,
      permutation: permutationFromConfig(permutation, engine),
    });
  }

  /** How {@link nextToken} writes tokens: for checking, normalising and printing them. */
  get format(): TokenFormat<Prefix> {
    return this.#format;
  }

  /** Which engine runs: `"wasm"` or `"bigint"`. */
  get engine(): EngineName {
    return this.#setup.engine.name;
  }

  /**
   * Issues one id.
   *
   * @returns A bigint from 0 to 2^64 - 1. Signed columns (SQL `BIGINT`) want `BigInt.asIntN(64, id)`.
   * @throws ClosedError after `close`; and what the counter throws when a new block is due.
   */
  nextU64(): bigint {
    return this.#issuer.nextU64();
  }

  /**
   * Issues one id as base62.
   *
   * @returns 11 characters of `0-9A-Za-z`.
   * @throws As {@link nextU64}.
   */
  nextBase62(): string {
    return this.#issuer.nextBase62();
  }

  /**
   * Issues one id as Crockford's base 32.
   *
   * @returns 13 digits and upper-case letters.
   * @throws As {@link nextU64}.
   */
  nextBase32(): string {
    return this.#issuer.nextBase32();
  }

  /**
   * Issues one id as a token with the prefix, codec and check character of the generator's options.
   *
   * @throws As {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 42, counter: new MemoryCounter(), prefix: "ord", check: true });
   * ids.nextToken(); // => "ord_Gh4oy6lscYS4"
   * ids.decodeToken("ord_Gh4oy6lscYS4").sequence; // => 0n
   * ```
   */
  nextToken(): Token<Prefix> {
    return nextToken(this.#issuer, this.#text) as Token<Prefix>;
  }

  /**
   * Issues `n` ids; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1. More than the block at hand costs one reservation.
   * @throws TypeError or RangeError for another `n`, and as {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter() });
   * ids.takeU64(3); // => BigUint64Array.of(0n, 1n, 2n)
   * ```
   */
  takeU64(n: number): BigUint64Array {
    const out = new BigUint64Array(checkInteger("n", n, 1, MAX_COUNT));
    this.#issuer.fillU64(out);
    return out;
  }

  /**
   * Issues `n` ids as base62; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  takeBase62(n: number): string[] {
    return this.#issuer.takeTokens(base62, checkInteger("n", n, 1, MAX_COUNT));
  }

  /**
   * Issues `n` ids as Crockford's base 32; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  takeBase32(n: number): string[] {
    return this.#issuer.takeTokens(crockford32, checkInteger("n", n, 1, MAX_COUNT));
  }

  /**
   * Issues `n` ids as {@link nextToken} does; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  takeTokens(n: number): Token<Prefix>[] {
    return takeTokens(this.#issuer, this.#text, checkInteger("n", n, 1, MAX_COUNT)) as Token<Prefix>[];
  }

  /**
   * Issues as many ids as `out` has elements.
   *
   * @param out At least one element.
   * @throws TypeError or RangeError for another `out`, and as {@link nextU64}.
   */
  fillU64(out: BigUint64Array): void {
    if (!isTypedArray(out, "BigUint64Array")) throw invalidType("out", "a BigUint64Array", show(out));
    if (out.length === 0) throw outOfRange("out", "at least 1 element", "0");
    this.#issuer.fillU64(out);
  }

  /**
   * Issues as many base62 tokens as `out` has room for, as ASCII, one every 11 bytes, or every 12 with a separator.
   *
   * @param out Room for at least one token; bytes beyond the last whole one stay as they are.
   * @param options.separator A byte (0 to 255) to write after each token, such as 10 for a line feed.
   * @returns How many tokens were written.
   * @throws TypeError or RangeError for another `out` or `separator`, and as {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
   * const lines = new Uint8Array(24);
   * ids.fillBase62(lines, { separator: 10 }); // => 2
   * new TextDecoder().decode(lines); // => "E5xm7QFdS1Z\n5hSt0VheoqW\n"
   * ```
   */
  fillBase62(out: Uint8Array, options: { separator?: number } = {}): number {
    if (!isTypedArray(out, "Uint8Array")) throw invalidType("out", "a Uint8Array", show(out));
    const { separator } = checkSeparator(options);
    const stride = strideOf(base62, separator);
    const total = Math.floor(out.length / stride);
    if (total === 0) throw outOfRange("out", `at least ${stride} bytes`, show(out.length));
    this.#issuer.fillText(base62, out, total, separator);
    return total;
  }

  /**
   * What an id stands for. Every u64 stands for something: that `instanceId` is one of yours is for you to check.
   *
   * @param id An integer from 0 to 2^64 - 1.
   * @returns A frozen object.
   * @throws TypeError or RangeError if `id` is no u64.
   */
  decode(id: U64Like): DecodedId {
    return this.#reader.id(checkU64("id", id));
  }

  /**
   * What a base62 token stands for.
   *
   * @param token 11 characters of `0-9A-Za-z`, up to `LygHa16AHYF`.
   * @returns A frozen object.
   * @throws TypeError if `token` is no string, SyntaxError if it is no such token.
   */
  decodeBase62(token: string): DecodedId {
    return this.#reader.token(base62, token);
  }

  /**
   * What a Crockford base 32 token stands for. Strict: see {@link crockford32ToU64} for tokens that people typed.
   *
   * @param token 13 digits and upper-case letters, up to `FZZZZZZZZZZZZ`.
   * @returns A frozen object.
   * @throws TypeError if `token` is no string, SyntaxError if it is no such token.
   */
  decodeBase32(token: string): DecodedId {
    return this.#reader.token(crockford32, token);
  }

  /**
   * What a token of {@link nextToken} stands for.
   *
   * @param token Exactly as it was issued: see {@link TokenFormat.normalize} for what people typed.
   * @returns A frozen object.
   * @throws TypeError if `token` is no string; SyntaxError as {@link TokenFormat.decode}.
   */
  decodeToken(token: string): DecodedId {
    return decodeToken(this.#reader, this.#text, token);
  }

  /**
   * What many tokens of {@link nextToken} stand for, as columns.
   *
   * @throws As {@link decodeToken}, with the index of a wrong one.
   */
  decodeManyTokens(tokens: readonly string[]): DecodedIds {
    return decodeManyTokens(this.#reader, this.#text, tokens);
  }

  /**
   * What many base62 tokens stand for, as columns.
   *
   * @param tokens An array of tokens, or their bytes one after the other as {@link fillBase62} writes them.
   * @param options.separator The byte after each token in bytes; the last token may lack it.
   * @throws TypeError for other `tokens`, SyntaxError with the index of the first that is no token.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 3, counter: new MemoryCounter() });
   * ids.decodeManyBase62(ids.takeBase62(2)).sequence; // => BigUint64Array.of(0n, 1n)
   * ```
   */
  decodeManyBase62(tokens: readonly string[] | Uint8Array, options: { separator?: number } = {}): DecodedIds {
    const { separator } = checkSeparator(options);
    return isTypedArray(tokens, "Uint8Array")
      ? this.#reader.bytes(base62, tokens, separator)
      : this.#reader.strings(base62, tokens);
  }

  /**
   * Everything that decides the ids, for {@link fromConfig}. This is the one call that shows `a`, `b` or `key`.
   *
   * @throws TypeError if the permutation is not one of this library's.
   */
  toConfig(): Id64Config {
    const config = configOf(this.#setup, this.#blockSize);
    return this.#stateFile === undefined ? config : { ...config, stateFile: this.#stateFile };
  }

  /**
   * Drops the numbers at hand (a gap, never a repeat) and closes the state file; a `counter` that was passed in stays
   * open. Issuing throws from then on; decoding does not need the state and goes on. Closing again does nothing.
   */
  override close(): void {
    this.#issuer.close();
    this.#ownCounter?.close();
  }
}
