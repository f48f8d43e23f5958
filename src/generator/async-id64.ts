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
import { AsyncCloseable } from "../base/dispose.js";
import { ClosedError } from "../base/errors.js";
import type { SecretKey } from "../base/keys.js";
import { checkObject } from "../base/options.js";
import { beforeSnapshot } from "../base/runtime.js";
import { base62 } from "../codec/base62.js";
import { type Codec, strideOf } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { AsyncCounter, Counter } from "../counter/counter.js";
import { checkTimeout } from "../counter/deadline.js";
import type { DecodedId, DecodedIds, EngineName } from "../engine/engine.js";
import { IdentityPermutation } from "../permutation/identity.js";
import { MultiplyOddPermutation } from "../permutation/multiplicative.js";
import type { Permutation } from "../permutation/permutation.js";
import { SpeckPermutation } from "../permutation/speck.js";
import { TokenFormat } from "../token/format.js";
import { decodeManyTokens, decodeToken, nextToken, takeTokens } from "../token/generator.js";
import type { Token } from "../token/text.js";
import { AsyncBlockQueue, type LeaseHooks } from "./blocks/async-queue.js";
import { type Id64Config, parseConfig, permutationFromConfig } from "./config.js";
import { PickedIssuer, type Sieve } from "./filter.js";
import { Issuer, type IssuesIds } from "./issuer.js";
import {
  checkBlockSize,
  checkCounter,
  checkSeparator,
  configOf,
  feistel,
  type GeneratorOptions,
  type Setup,
  setUp,
} from "./options.js";

/** What an {@link AsyncId64} takes. */
export interface AsyncId64Options<Prefix extends string = string> extends GeneratorOptions<Prefix>, LeaseHooks {
  /** Where the sequence numbers come from. It stays its owner's to close. */
  counter: AsyncCounter | Counter;
  /** Numbers reserved at a time, at least and to begin with: 1 to 2^32 - 1; default 4096. */
  minBlock?: number;
  /**
   * Numbers reserved at a time at most, `minBlock` to 2^32 - 1; default 2^20, or `minBlock` if that is more. Blocks grow
   * where they last less than a minute. A crash or `close` loses two at most. More is reserved only for who asks for more.
   */
  maxBlock?: number;
  /** Milliseconds that a call waits for numbers, and that a reservation may take: 1 to 600000; default 5000. */
  timeout?: number;
  /** Calls that may wait at the same time, 1 to 2^32 - 1; default 65536. */
  maxWaiting?: number;
}

const DEFAULT_MAX_BLOCK = 2 ** 20;
const DEFAULT_TIMEOUT = 5000;
const DEFAULT_MAX_WAITING = 2 ** 16;

/** How a generator has fared. Times are milliseconds of the monotonic clock, `performance.now()`. */
export interface AsyncId64Stats {
  /** Numbers issued. */
  readonly issued: number;
  /** Numbers reserved and dropped, by `discardLeases`, `close` or a rollback. */
  readonly discarded: number;
  /** Numbers at hand: of the block being issued, and of the one behind it. */
  readonly remaining: { readonly current: number; readonly next: number };
  /** Numbers that will be reserved next, unless callers wait for more. */
  readonly blockSize: number;
  /** Reservations that succeeded, that failed by `code`, and when the last success came and how long it took. */
  readonly leases: {
    readonly ok: number;
    readonly failed: Readonly<Record<string, number>>;
    readonly last: { readonly at: number; readonly milliseconds: number } | undefined;
  };
  /** Calls that wait now, that ever had to, and the longest wait. */
  readonly waits: { readonly now: number; readonly total: number; readonly longest: number };
  /** Numbers that this instance has left, as of the last reservation; undefined before the first. */
  readonly headroom: bigint | undefined;
}

/**
 * {@link Id64} for counters that answer later: the same calls, returning promises. All of them draw from one stream of
 * sequence numbers, and no number is issued twice.
 *
 * It reserves ahead. When a tenth of a block is used, the next one is reserved, so that a call seldom waits, and a store
 * that is away for a while is not noticed: there are one to two blocks at hand. One reservation is under way at a time.
 * One that fails is tried again, at growing intervals; after an error whose `retryable` is false it stops for good, and
 * what is at hand is still issued, unless the counter went back ({@link CounterRollbackError}). A reservation that was
 * given up is forgotten, whatever comes of it: a gap. It keeps no process alive, except for calls that wait, until their
 * deadline.
 *
 * Numbers at hand are this process's own. Of a machine that is cloned or snapshot while it runs, both copies hold the
 * same: call {@link discardLeases} on both, or just before. Startup snapshots of Node.js are taken care of.
 *
 * @example
 * ```ts
 * import { AsyncId64, MemoryCounter } from "permid64";
 *
 * await using ids = AsyncId64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
 * await ids.nextBase62(); // => "E5xm7QFdS1Z"
 * ids.decodeBase62("E5xm7QFdS1Z"); // => { raw: 11821949021847552n, instanceId: 42, sequence: 0n }
 * ```
 */
export class AsyncId64<const Prefix extends string = string> extends AsyncCloseable {
  readonly #setup: Setup;
  readonly #minBlock: number;
  readonly #blocks: AsyncBlockQueue;
  readonly #issuer: Issuer;
  readonly #format: TokenFormat<Prefix>;
  #discarded = 0;
  /** Stands for the numbers that were at hand since the last were dropped. */
  #generation = {};

  /**
   * A generator with any permutation: one of this library's, or any object with `forward` and `inverse`. The counter is
   * first asked when the first id is.
   *
   * @param options See {@link AsyncId64Options}.
   * @throws TypeError or RangeError for a wrong option; EngineUnavailableError.
   * @example
   * ```ts
   * import { AsyncId64, MemoryCounter } from "permid64";
   *
   * const complement = { forward: (x: bigint) => x ^ 0xffff_ffff_ffff_ffffn, inverse: (y: bigint) => y ^ 0xffff_ffff_ffff_ffffn };
   * const ids = new AsyncId64({ instanceId: 1, counter: new MemoryCounter(), permutation: complement });
   * ids.decode(await ids.nextU64()).sequence; // => 0n
   * ```
   */
  constructor(options: AsyncId64Options<Prefix> & { permutation: Permutation }) {
    super();
    this.#setup = setUp(options);
    const { kernel, claim, base, engine } = this.#setup;
    this.#format = new TokenFormat(options);
    const counter = checkCounter(options.counter);
    this.#minBlock = checkBlockSize("minBlock", options.minBlock);
    const settings = {
      minBlock: this.#minBlock,
      maxBlock: checkInteger(
        "maxBlock",
        options.maxBlock ?? Math.max(this.#minBlock, DEFAULT_MAX_BLOCK),
        this.#minBlock,
        MAX_COUNT,
      ),
      timeout: checkTimeout(options.timeout ?? DEFAULT_TIMEOUT),
      maxWaiting: checkInteger("maxWaiting", options.maxWaiting ?? DEFAULT_MAX_WAITING, 1, MAX_COUNT),
      ...checkHooks(options),
    };
    this.#blocks = new AsyncBlockQueue(counter, claim, settings, {
      available: () => this.#issuer.available,
      drop: () => this.discardLeases(),
    });
    this.#issuer = new Issuer(this.#blocks, kernel, base, engine.window);
    beforeSnapshot(() => this.discardLeases());
  }

  /**
   * A generator that multiplies: see {@link Id64.multiplicative}.
   *
   * @param options {@link AsyncId64Options}, and `a` and `b` as {@link MultiplyOddPermutation} takes them.
   * @throws As the constructor.
   */
  static multiplicative<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & { a?: U64Like; b?: U64Like },
  ): AsyncId64<Prefix> {
    return new AsyncId64({ ...checkObject("options", options), permutation: new MultiplyOddPermutation(options) });
  }

  /**
   * A generator with a keyed Feistel network: see {@link Id64.feistel}.
   *
   * @param options {@link AsyncId64Options}, and `key` and `rounds` as {@link Id64.feistel} takes them.
   * @throws As the constructor.
   */
  static feistel<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & { key?: U64Like; rounds?: number },
  ): AsyncId64<Prefix> {
    return new AsyncId64({ ...options, permutation: feistel(options) });
  }

  /**
   * A generator with a block cipher, Speck64/128: see {@link Id64.speck}.
   *
   * @param options {@link AsyncId64Options}, and `key` as {@link SpeckPermutation} takes it.
   * @throws As the constructor.
   */
  static speck<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & { key: SecretKey | undefined },
  ): AsyncId64<Prefix> {
    return new AsyncId64({ ...checkObject("options", options), permutation: new SpeckPermutation(options) });
  }

  /**
   * A generator whose ids are the raws: see {@link Id64.identity}.
   *
   * @param options {@link AsyncId64Options}.
   * @throws As the constructor.
   */
  static identity<const Prefix extends string = string>(options: AsyncId64Options<Prefix>): AsyncId64<Prefix> {
    return new AsyncId64({ ...checkObject("options", options), permutation: new IdentityPermutation(options) });
  }

  /**
   * The generator that {@link toConfig} described, of either class: `blockSize` becomes `minBlock`.
   *
   * @param json The config, or its JSON text. Its `stateFile` is not used.
   * @param options The `counter`, and whatever else the constructor takes that no config has.
   * @throws SyntaxError if `json` is no config, and as the constructor.
   * @example
   * ```ts
   * import { AsyncId64, Id64, MemoryCounter } from "permid64";
   *
   * const config = Id64.feistel({ instanceId: 42, key: 7n, counter: new MemoryCounter() }).toConfig();
   * const ids = AsyncId64.fromConfig(config, { counter: new MemoryCounter(), timeout: 1000 });
   * ids.decodeBase62(await ids.nextBase62()).instanceId; // => 42
   * ```
   */
  static fromConfig(
    json: Id64Config | string,
    options: Omit<AsyncId64Options, "instanceId" | "layout" | "minBlock">,
  ): AsyncId64 {
    const { engine = "auto" } = checkObject("options", options);
    const { permutation, blockSize, stateFile: _, ...config } = parseConfig(json);
    return new AsyncId64({
      ...config,
      ...options,
      minBlock: blockSize,
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

  // An async function that awaits nothing is the cheapest way to a promise.

  /**
   * Issues one id.
   *
   * @returns A bigint from 0 to 2^64 - 1. Signed columns (SQL `BIGINT`) want `BigInt.asIntN(64, id)`.
   * @throws CounterTimeoutError if no numbers came in time: its `cause` is the counter's last error;
   *   CounterBusyError if too many calls wait already; ClosedError after `close`; and at once what the counter throws
   *   if that is not `retryable`.
   */
  async nextU64(): Promise<bigint> {
    return this.#issue(1, (issuer) => issuer.nextU64());
  }

  /**
   * Issues one id as base62.
   *
   * @returns 11 characters of `0-9A-Za-z`.
   * @throws As {@link nextU64}.
   */
  async nextBase62(): Promise<string> {
    return this.#issue(1, (issuer) => issuer.nextBase62());
  }

  /**
   * Issues one id as Crockford's base 32.
   *
   * @returns 13 digits and upper-case letters.
   * @throws As {@link nextU64}.
   */
  async nextBase32(): Promise<string> {
    return this.#issue(1, (issuer) => issuer.nextBase32());
  }

  /**
   * Issues one id as a token with the prefix, codec and check character of the generator's options.
   *
   * @throws As {@link nextU64}.
   * @example
   * ```ts
   * import { AsyncId64, MemoryCounter } from "permid64";
   *
   * const ids = AsyncId64.feistel({ instanceId: 42, counter: new MemoryCounter(), prefix: "ord", check: true });
   * await ids.nextToken(); // => "ord_Gh4oy6lscYS4"
   * ids.decodeToken("ord_Gh4oy6lscYS4").sequence; // => 0n
   * ```
   */
  async nextToken(): Promise<Token<Prefix>> {
    return this.#issue(1, (issuer) => nextToken(issuer, this.#setup.text)) as Token<Prefix>;
  }

  /**
   * Issues `n` ids; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1. More than is at hand costs one reservation.
   * @throws TypeError or RangeError for another `n`, and as {@link nextU64}.
   * @example
   * ```ts
   * import { AsyncId64, MemoryCounter } from "permid64";
   *
   * const ids = AsyncId64.identity({ instanceId: 0, counter: new MemoryCounter() });
   * await ids.takeU64(3); // => BigUint64Array.of(0n, 1n, 2n)
   * ```
   */
  async takeU64(n: number): Promise<BigUint64Array> {
    const out = new BigUint64Array(checkInteger("n", n, 1, MAX_COUNT));
    await this.fillU64(out);
    return out;
  }

  /**
   * Issues `n` ids as base62; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  async takeBase62(n: number): Promise<string[]> {
    return this.#takeTokens(base62, n);
  }

  /**
   * Issues `n` ids as Crockford's base 32; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  async takeBase32(n: number): Promise<string[]> {
    return this.#takeTokens(crockford32, n);
  }

  /**
   * Issues `n` ids as {@link nextToken} does; all or, if it throws, none.
   *
   * @param n An integer from 1 to 2^32 - 1.
   * @throws As {@link takeU64}.
   */
  async takeTokens(n: number): Promise<Token<Prefix>[]> {
    checkInteger("n", n, 1, MAX_COUNT);
    return this.#issue(n, (issuer) => takeTokens(issuer, this.#setup.text, n)) as Promise<Token<Prefix>[]>;
  }

  /**
   * Issues as many ids as `out` has elements. Leave `out` alone until then.
   *
   * @param out At least one element.
   * @throws TypeError or RangeError for another `out`, and as {@link nextU64}.
   */
  async fillU64(out: BigUint64Array): Promise<void> {
    if (!isTypedArray(out, "BigUint64Array")) throw invalidType("out", "a BigUint64Array", show(out));
    const { length } = out;
    if (length === 0) throw outOfRange("out", "at least 1 element", "0");
    return this.#issue(length, (issuer) => {
      checkLength(out, length);
      issuer.fillU64(out);
    });
  }

  /**
   * Issues as many base62 tokens as `out` has room for, as ASCII, one every 11 bytes, or every 12 with a separator. Leave
   * `out` alone until then.
   *
   * @param out Room for at least one token; bytes beyond the last whole one stay as they are.
   * @param options.separator A byte (0 to 255) to write after each token, such as 10 for a line feed.
   * @returns How many tokens were written.
   * @throws TypeError or RangeError for another `out` or `separator`, and as {@link nextU64}.
   */
  async fillBase62(out: Uint8Array, options: { separator?: number } = {}): Promise<number> {
    if (!isTypedArray(out, "Uint8Array")) throw invalidType("out", "a Uint8Array", show(out));
    const { separator } = checkSeparator(options);
    const { length } = out;
    const stride = strideOf(base62, separator);
    const total = Math.floor(length / stride);
    if (total === 0) throw outOfRange("out", `at least ${stride} bytes`, show(length));
    return this.#issue(total, (issuer) => {
      checkLength(out, length);
      issuer.fillText(base62, out, total, separator);
      return total;
    });
  }

  /**
   * Batches of `n` ids without end: leave the loop to stop. Nothing has to be closed.
   *
   * @param n As {@link takeU64}.
   * @throws As {@link takeU64}, when a batch is asked for.
   * @example
   * ```ts
   * import { AsyncId64, MemoryCounter } from "permid64";
   *
   * const ids = AsyncId64.identity({ instanceId: 0, counter: new MemoryCounter() });
   * for await (const batch of ids.batchesU64(1000)) {
   *   if (batch[0]! >= 5000n) break;
   * }
   * ```
   */
  async *batchesU64(n: number): AsyncGenerator<BigUint64Array, never, void> {
    for (;;) yield await this.takeU64(n);
  }

  /**
   * Batches of `n` base62 tokens without end: leave the loop to stop. Nothing has to be closed.
   *
   * @param n As {@link takeBase62}.
   * @throws As {@link takeBase62}, when a batch is asked for.
   */
  async *batchesBase62(n: number): AsyncGenerator<string[], never, void> {
    for (;;) yield await this.takeBase62(n);
  }

  /**
   * Batches of `n` Crockford base 32 tokens without end: leave the loop to stop. Nothing has to be closed.
   *
   * @param n As {@link takeBase32}.
   * @throws As {@link takeBase32}, when a batch is asked for.
   */
  async *batchesBase32(n: number): AsyncGenerator<string[], never, void> {
    for (;;) yield await this.takeBase32(n);
  }

  /**
   * Batches of `n` tokens, as {@link nextToken} writes them, without end: leave the loop to stop. Nothing has to be closed.
   *
   * @param n As {@link takeTokens}.
   * @throws As {@link takeTokens}, when a batch is asked for.
   */
  async *batchesTokens(n: number): AsyncGenerator<Token<Prefix>[], never, void> {
    for (;;) yield await this.takeTokens(n);
  }

  /**
   * What an id stands for, at once: see {@link Id64.decode}.
   *
   * @param id An integer from 0 to 2^64 - 1.
   * @returns A frozen object.
   * @throws TypeError or RangeError if `id` is no u64.
   */
  decode(id: U64Like): DecodedId {
    return this.#setup.reader.id(checkU64("id", id));
  }

  /**
   * What a base62 token stands for, at once: see {@link Id64.decodeBase62}.
   *
   * @param token 11 characters of `0-9A-Za-z`, up to `LygHa16AHYF`.
   * @returns A frozen object.
   * @throws TypeError if `token` is no string, SyntaxError if it is no such token.
   */
  decodeBase62(token: string): DecodedId {
    return this.#setup.reader.token(base62, token);
  }

  /**
   * What a Crockford base 32 token stands for, at once: see {@link Id64.decodeBase32}.
   *
   * @param token 13 digits and upper-case letters, up to `FZZZZZZZZZZZZ`.
   * @returns A frozen object.
   * @throws TypeError if `token` is no string, SyntaxError if it is no such token.
   */
  decodeBase32(token: string): DecodedId {
    return this.#setup.reader.token(crockford32, token);
  }

  /**
   * What a token of {@link nextToken} stands for, at once: see {@link Id64.decodeToken}.
   *
   * @throws TypeError if `token` is no string; SyntaxError as {@link TokenFormat.decode}.
   */
  decodeToken(token: string): DecodedId {
    return decodeToken(this.#setup.reader, this.#setup.text, token);
  }

  /**
   * What many tokens of {@link nextToken} stand for, at once, as columns: see {@link Id64.decodeManyTokens}.
   *
   * @throws As {@link decodeToken}, with the index of a wrong one.
   */
  decodeManyTokens(tokens: readonly string[]): DecodedIds {
    return decodeManyTokens(this.#setup.reader, this.#setup.text, tokens);
  }

  /**
   * What many base62 tokens stand for, at once, as columns: see {@link Id64.decodeManyBase62}.
   *
   * @param tokens An array of tokens, or their bytes one after the other as {@link fillBase62} writes them.
   * @param options.separator The byte after each token in bytes; the last token may lack it.
   * @throws TypeError for other `tokens`, SyntaxError with the index of the first that is no token.
   */
  decodeManyBase62(tokens: readonly string[] | Uint8Array, options: { separator?: number } = {}): DecodedIds {
    const { separator } = checkSeparator(options);
    const { reader } = this.#setup;
    return isTypedArray(tokens, "Uint8Array")
      ? reader.bytes(base62, tokens, separator)
      : reader.strings(base62, tokens);
  }

  /**
   * Everything that decides the ids, for {@link fromConfig} of either class: `minBlock` becomes `blockSize`. This is the
   * one call that shows `a`, `b` or `key`.
   *
   * @throws TypeError if the permutation is not one of this library's.
   */
  toConfig(): Id64Config {
    return configOf(this.#setup, this.#minBlock);
  }

  /**
   * How the generator has fared, for a dashboard.
   *
   * @example
   * ```ts
   * import { AsyncId64, MemoryCounter } from "permid64";
   *
   * const ids = AsyncId64.identity({ instanceId: 0, counter: new MemoryCounter() });
   * await ids.takeU64(3);
   * ids.stats().issued; // => 3
   * ids.stats().leases.ok; // => 1
   * ```
   */
  stats(): AsyncId64Stats {
    const { received, ...stats } = this.#blocks.stats();
    return { issued: received - this.#discarded - this.#issuer.available, discarded: this.#discarded, ...stats };
  }

  /**
   * Drops all numbers at hand, and those that may be on their way: a gap. For what makes two processes of one, such as
   * SnapStart, CRIU or a cloned machine: call it before the copy is made, or first thing in each of them. Calls that
   * wait get numbers reserved from now on.
   */
  discardLeases(): void {
    this.#discarded += this.#issuer.available;
    this.#generation = {};
    this.#issuer.drop();
  }

  /**
   * Drops the numbers at hand (a gap, never a repeat). Calls that wait, and issuing from then on, throw ClosedError;
   * decoding goes on. What comes of a reservation under way is dropped; the counter stays open. Closing again does nothing.
   */
  override async close(): Promise<void> {
    this.#blocks.stop(new ClosedError("the generator is closed"));
    this.discardLeases();
  }

  async #takeTokens(codec: Codec, n: number): Promise<string[]> {
    checkInteger("n", n, 1, MAX_COUNT);
    return this.#issue(n, (issuer) => issuer.takeTokens(codec, n));
  }

  #issue<T>(count: number, issue: (issuer: IssuesIds) => T): T | Promise<T> {
    const { sieve } = this.#setup;
    return sieve ? this.#pick(count, sieve, issue) : this.#draw(count, issue);
  }

  /** What `issue` returns: now if `count` numbers are at hand, later otherwise. */
  #draw<T>(count: number, issue: (issuer: IssuesIds) => T, since?: number): T | Promise<T> {
    return this.#issuer.available >= count
      ? issue(this.#issuer)
      : this.#blocks.wait(count, () => issue(this.#issuer), since);
  }

  /** What `issue` returns for `count` ids that have passed the sieve. */
  async #pick<T>(count: number, sieve: Sieve, issue: (issuer: IssuesIds) => T): Promise<T> {
    const picked = new BigUint64Array(count);
    const begin = performance.now(); // All that it waits is one wait.
    let generation = this.#generation;
    for (let size = 0; size < count; ) {
      const ids = new BigUint64Array(count - size);
      await this.#draw(ids.length, (issuer) => issuer.fillU64(ids), begin);
      if (generation !== this.#generation) {
        // What was picked before the numbers at hand were dropped, another copy of this process may have picked too.
        generation = this.#generation;
        size = 0;
        continue;
      }
      for (const id of ids) if (sieve.accepts(id)) picked[size++] = id;
    }
    return issue(new PickedIssuer(this.#setup.engine, picked));
  }
}

/** What is written to may have been resized, or given away, while it waited. */
function checkLength(out: { readonly length: number }, length: number): void {
  if (out.length !== length) throw outOfRange("out", `to keep its length of ${length}`, show(out.length));
}

function checkHooks({ onLease, onLeaseError, onRollback, onLowHeadroom }: LeaseHooks): LeaseHooks {
  const hooks = { onLease, onLeaseError, onRollback, onLowHeadroom };
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== "function") throw invalidType(name, "a function", show(hook));
  }
  return hooks as LeaseHooks;
}
