/// <reference lib="esnext.disposable" preserve="true" />

import { closeByAwaitUsing } from "../base/dispose.js";
import { ClosedError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { beforeSnapshot } from "../base/runtime.js";
import { base62 } from "../codec/base62.js";
import type { Permutation } from "../engine/engine.js";
import type { FeistelOptions } from "../permutation/feistel.js";
import type { MultiplicativeOptions } from "../permutation/multiplicative.js";
import type { SpeckOptions } from "../permutation/speck.js";
import type { Token, TokenText } from "../token/text.js";
import { ASYNC_ID64_OPTIONS, type AsyncId64Options, type AsyncId64Stats, leaseSettings } from "./async-options.js";
import { AsyncBlockQueue } from "./blocks/async-queue.js";
import { type Id64Config, parseConfig, permutationFromConfig, toConfig } from "./config.js";
import { withIdentity, withMultiplicative, withSafeFeistel, withSpeck } from "./families.js";
import { ReadyIssuer, Restarts, TokenFilter } from "./filter.js";
import { IdGenerator, type Order } from "./generator.js";
import { type IdIssuer, Issuer } from "./issuer.js";
import { checkCounter, claimOf, type DecoderParts, decoderParts } from "./options.js";

/**
 * {@link Id64} for counters that answer later: the same calls, which return promises.
 *
 * The generator reserves ahead. When a tenth of a block is used, it reserves the next one, so that a call seldom waits and
 * a short outage of the store is not noticed. One reservation is under way at a time. A failed reservation is retried with
 * exponential backoff. After an error whose `retryable` is false, no more is reserved, and the numbers at hand are still
 * issued; after a {@link CounterRollbackError}, these are dropped too. The result of an abandoned reservation is dropped:
 * a gap. The generator keeps no process alive, except for calls that wait, until their deadline.
 *
 * The numbers at hand belong to this process. A machine that is cloned while it runs holds them twice: call
 * {@link discardLeases} just before, or first thing in each copy. Startup snapshots of Node.js are taken care of.
 *
 * @example
 * ```ts
 * import { AsyncId64, SqliteCounter } from "permid64";
 *
 * using counter = new SqliteCounter("orders.state");
 * await using ids = AsyncId64.speck({ instanceId: 42, key: process.env.PERMID64_KEY, counter });
 * const token = await ids.nextBase62();
 * ids.decodeBase62(token).instanceId; // => 42
 * ```
 */
export class AsyncId64<const Prefix extends string = string> extends IdGenerator<Prefix, "later"> {
  readonly #parts: DecoderParts;
  readonly #text: TokenText;
  readonly #instanceId: number;
  readonly #minBlock: number;
  readonly #filter: TokenFilter | undefined;
  readonly #blocks: AsyncBlockQueue;
  readonly #stream: Issuer;

  /**
   * Makes a generator with any permutation: one of this library's, or any object with `forward` and `inverse`. It asks the
   * counter when the first id is asked for.
   *
   * @param options See {@link AsyncId64Options}; and the `permutation`.
   * @throws TypeError or RangeError for a wrong option; EngineUnavailableError if `engine` is `"wasm"` and WebAssembly
   *   cannot start.
   */
  constructor(options: AsyncId64Options<Prefix> & { permutation: Permutation }) {
    const parts = decoderParts(checkOptions("options", options, { ...ASYNC_ID64_OPTIONS, permutation: true }));
    super(parts);
    const { accept } = options;
    const claim = claimOf(parts, options.instanceId);
    this.#parts = parts;
    this.#text = parts.text;
    this.#instanceId = claim.instanceId;
    this.#filter = accept === undefined ? undefined : new TokenFilter(parts.text, accept);
    const settings = leaseSettings(options);
    this.#minBlock = settings.minBlock;
    this.#blocks = new AsyncBlockQueue(checkCounter(options.counter), claim, settings, {
      available: () => this.#stream.available,
      drop: () => this.discardLeases(),
    });
    const { layout, kernel, engine } = parts;
    this.#stream = new Issuer(this.#blocks, kernel, layout.compose(claim.instanceId, 0n), engine.window);
    beforeSnapshot(() => this.discardLeases());
    closeByAwaitUsing(this);
  }

  /**
   * Makes a generator with a block cipher: see {@link Id64.speck}.
   *
   * @param options {@link AsyncId64Options}; and `key`: see {@link SpeckOptions}.
   * @throws As the constructor.
   */
  static speck<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & SpeckOptions,
  ): AsyncId64<Prefix> {
    return new AsyncId64<Prefix>(withSpeck<AsyncId64Options<Prefix>>(options, ASYNC_ID64_OPTIONS));
  }

  /**
   * Makes a generator with a keyed Feistel network: see {@link Id64.feistel}.
   *
   * @param options {@link AsyncId64Options}; and `key` and `rounds`: see {@link FeistelOptions}, but at least 6 rounds.
   * @throws As the constructor.
   */
  static feistel<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & FeistelOptions,
  ): AsyncId64<Prefix> {
    return new AsyncId64<Prefix>(withSafeFeistel<AsyncId64Options<Prefix>>(options, ASYNC_ID64_OPTIONS));
  }

  /**
   * Makes a generator that multiplies: see {@link Id64.multiplicative}.
   *
   * @param options {@link AsyncId64Options}; and `a` and `b`: see {@link MultiplicativeOptions}.
   * @throws As the constructor.
   */
  static multiplicative<const Prefix extends string = string>(
    options: AsyncId64Options<Prefix> & MultiplicativeOptions,
  ): AsyncId64<Prefix> {
    return new AsyncId64<Prefix>(withMultiplicative<AsyncId64Options<Prefix>>(options, ASYNC_ID64_OPTIONS));
  }

  /**
   * Makes a generator whose ids are the raws: see {@link Id64.identity}.
   *
   * @param options {@link AsyncId64Options}.
   * @throws As the constructor.
   */
  static identity<const Prefix extends string = string>(options: AsyncId64Options<Prefix>): AsyncId64<Prefix> {
    return new AsyncId64<Prefix>(withIdentity<AsyncId64Options<Prefix>>(options, ASYNC_ID64_OPTIONS));
  }

  /**
   * Makes the generator that {@link toConfig} described, of either class: `blockSize` becomes `minBlock`.
   *
   * @param json The config, or its JSON text. Its `stateFile` is not used.
   * @param options The `counter`, and the other options of the constructor that no config has.
   * @throws SyntaxError if `json` is no config; else as the constructor.
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
    const { engine = "auto" } = checkOptions<AsyncId64Options>(
      "options",
      options as AsyncId64Options,
      ASYNC_ID64_OPTIONS,
    );
    const { permutation, blockSize, stateFile: _, ...config } = parseConfig(json);
    return new AsyncId64({
      ...config,
      ...options,
      minBlock: blockSize,
      permutation: permutationFromConfig(permutation, engine),
    });
  }

  // An async function that awaits nothing is the cheapest way to a promise.

  override async nextU64(): Promise<bigint> {
    return this.#issue(1, (issuer) => issuer.nextU64());
  }

  override async nextBase62(): Promise<string> {
    return this.#issue(1, (issuer) => issuer.nextBase62());
  }

  override async nextBase32(): Promise<string> {
    return this.#issue(1, (issuer) => issuer.nextBase32());
  }

  override async nextToken(): Promise<Token<Prefix>> {
    const text = this.#text;
    return this.#issue(1, (issuer) =>
      text.wrap(text.codec === base62 ? issuer.nextBase62() : issuer.nextBase32()),
    ) as Promise<Token<Prefix>>;
  }

  /** @internal */
  protected override async issue<T>(prepare: () => Order<T>): Promise<T> {
    const { count, fill } = prepare();
    return this.#issue(count, fill);
  }

  /**
   * Batches of `n` ids without end. Leave the loop to stop; nothing has to be closed.
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
   * Batches of `n` base62 tokens without end. Leave the loop to stop; nothing has to be closed.
   *
   * @param n As {@link takeBase62}.
   * @throws As {@link takeBase62}, when a batch is asked for.
   */
  async *batchesBase62(n: number): AsyncGenerator<string[], never, void> {
    for (;;) yield await this.takeBase62(n);
  }

  /**
   * Batches of `n` tokens in Crockford's base 32 without end. Leave the loop to stop; nothing has to be closed.
   *
   * @param n As {@link takeBase32}.
   * @throws As {@link takeBase32}, when a batch is asked for.
   */
  async *batchesBase32(n: number): AsyncGenerator<string[], never, void> {
    for (;;) yield await this.takeBase32(n);
  }

  /**
   * Batches of `n` tokens, as {@link nextToken} writes them, without end. Leave the loop to stop; nothing has to be closed.
   *
   * @param n As {@link takeTokens}.
   * @throws As {@link takeTokens}, when a batch is asked for.
   */
  async *batchesTokens(n: number): AsyncGenerator<Token<Prefix>[], never, void> {
    for (;;) yield await this.takeTokens(n);
  }

  /**
   * Returns everything that decides the ids, for {@link fromConfig} of either class: `minBlock` becomes `blockSize`. This
   * is the one call that shows `a`, `b` or `key`.
   *
   * @throws TypeError if the permutation is not one of this library's.
   */
  toConfig(): Id64Config {
    return toConfig(this.#parts, this.#instanceId, this.#minBlock);
  }

  /**
   * Returns the generator's statistics, for a dashboard.
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
    const { discarded, available } = this.#stream;
    return { issued: received - discarded - available, discarded, ...stats };
  }

  /**
   * Drops all numbers at hand, and those that may be on their way: a gap. Call it where one process becomes two, as with
   * SnapStart, CRIU or a cloned machine: before the copy is made, or first thing in each copy. Calls that wait get numbers
   * reserved from now on.
   */
  discardLeases(): void {
    this.#stream.drop();
  }

  /**
   * Drops the numbers at hand (a gap, never a repeat). Calls that wait, and issuing from then on, throw a ClosedError;
   * decoding goes on. The result of a reservation under way is dropped. The counter stays open. Closing again does nothing.
   */
  async close(): Promise<void> {
    this.#blocks.stop(new ClosedError("the generator is closed"));
    this.discardLeases();
  }

  /** Calls `close`, for `await using ids = …`. */
  declare [Symbol.asyncDispose]: () => Promise<void>;

  #issue<T>(count: number, fill: (issuer: IdIssuer) => T): T | Promise<T> {
    return this.#filter ? this.#issueAccepted(count, this.#filter, fill) : this.#draw(count, fill);
  }

  /** The result of `fill`: now if `count` numbers are at hand, later otherwise. */
  #draw<T>(count: number, fill: (issuer: IdIssuer) => T, since?: number): T | Promise<T> {
    return this.#stream.available >= count
      ? fill(this.#stream)
      : this.#blocks.wait(count, () => fill(this.#stream), since);
  }

  /** The result of `fill` for `count` accepted ids. */
  async #issueAccepted<T>(count: number, filter: TokenFilter, fill: (issuer: IdIssuer) => T): Promise<T> {
    const accepted = new BigUint64Array(count);
    const begin = performance.now(); // All the waits of one call are one wait.
    const restarts = new Restarts();
    let { generation } = this.#stream;
    const isCurrent = () => generation === this.#stream.generation;
    for (let size = 0; size < count; ) {
      const ids = new BigUint64Array(count - size);
      await this.#draw(ids.length, (issuer) => issuer.fillU64(ids), begin);
      if (isCurrent()) {
        for (const id of ids) {
          if (filter.accepts(id, isCurrent)) accepted[size++] = id;
          else if (!isCurrent()) {
            restarts.add();
            break;
          }
        }
      }
      if (isCurrent()) continue;
      // Another copy of this process may have accepted the ids from before the numbers at hand were dropped.
      generation = this.#stream.generation;
      size = 0;
    }
    return fill(new ReadyIssuer(this.#parts.engine, accepted));
  }
}
