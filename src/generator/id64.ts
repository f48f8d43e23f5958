/// <reference lib="esnext.disposable" preserve="true" />

import { invalidType, show } from "../base/check.js";
import { closeByUsing } from "../base/dispose.js";
import { checkOptions, joinNames, type OptionNames } from "../base/options.js";
import { beforeSnapshot } from "../base/runtime.js";
import { base62 } from "../codec/base62.js";
import type { Counter } from "../counter/counter.js";
import { SqliteCounter } from "../counter/sqlite/counter.js";
import type { EngineChoice, Permutation } from "../engine/engine.js";
import type { FeistelOptions } from "../permutation/feistel.js";
import type { MultiplicativeOptions } from "../permutation/multiplicative.js";
import type { SpeckOptions } from "../permutation/speck.js";
import type { Token, TokenText } from "../token/text.js";
import { BlockQueue } from "./blocks/queue.js";
import { type Id64Config, parseConfig, permutationFromConfig, toConfig } from "./config.js";
import { withIdentity, withMultiplicative, withSafeFeistel, withSpeck } from "./families.js";
import { FilteredIssuer, TokenFilter } from "./filter.js";
import { IdGenerator, type Order } from "./generator.js";
import { type IdIssuer, Issuer } from "./issuer.js";
import {
  checkBlockSize,
  checkCounter,
  claimOf,
  type DecoderParts,
  decoderParts,
  GENERATOR_OPTIONS,
  type GeneratorOptions,
  refusePromise,
} from "./options.js";

/** The source of an {@link Id64}'s sequence numbers: the path of a state file, or a counter that answers at once. */
export type CounterSource = { stateFile: string; counter?: never } | { counter: Counter; stateFile?: never };

/** The options of an {@link Id64}, beside its permutation. */
export type Id64Options<Prefix extends string = string> = CounterSource &
  GeneratorOptions<Prefix> & {
    /** Numbers reserved at a time, 1 to 2^32 - 1; default 4096. A crash or `close` loses at most this many. */
    blockSize?: number;
  };

const ID64_OPTIONS: OptionNames<Id64Options> = /* @__PURE__ */ joinNames(GENERATOR_OPTIONS, {
  stateFile: true,
  counter: true,
  blockSize: true,
});

/**
 * Issues 64-bit ids and their tokens, and decodes them. For counters that answer later, such as a database, see
 * {@link AsyncId64}.
 *
 * @example
 * ```ts
 * import { Id64 } from "permid64";
 *
 * using ids = Id64.speck({ instanceId: 42, key: process.env.PERMID64_KEY, stateFile: "orders.state" });
 * const token = ids.nextBase62();
 * ids.decodeBase62(token).instanceId; // => 42
 * ```
 */
export class Id64<const Prefix extends string = string> extends IdGenerator<Prefix, "now"> {
  readonly #parts: DecoderParts;
  readonly #text: TokenText;
  readonly #instanceId: number;
  readonly #blockSize: number;
  readonly #stateFile: string | undefined;
  /** The counter, where this generator opened it itself and so must close it. */
  readonly #ownCounter: SqliteCounter | undefined;
  readonly #stream: Issuer;
  /** The stream, or the part of it that `accept` accepts. */
  readonly #issuer: IdIssuer;

  /**
   * Makes a generator with any permutation: one of this library's, or any object with `forward` and `inverse`.
   *
   * @param options See {@link Id64Options}; and the `permutation`. The file of `stateFile` is created if it is missing.
   * @throws TypeError or RangeError for a wrong option; EngineUnavailableError if `engine` is `"wasm"` and WebAssembly
   *   cannot start; and the errors of the counter: see {@link SqliteCounter}.
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
    const parts = decoderParts(checkOptions("options", options, { ...ID64_OPTIONS, permutation: true }));
    super(parts);
    const { engine, kernel, layout, text } = parts;
    const { counter, stateFile, accept } = options;
    const claim = claimOf(parts, options.instanceId);
    this.#parts = parts;
    this.#text = text;
    this.#instanceId = claim.instanceId;
    this.#blockSize = checkBlockSize("blockSize", options.blockSize);
    this.#stateFile = stateFile;
    const filter = accept === undefined ? undefined : new TokenFilter(text, accept);
    if (stateFile === undefined && counter === undefined) {
      throw invalidType("stateFile", 'a path, or a "counter" in its place', show(stateFile));
    }
    if (stateFile !== undefined && counter !== undefined) {
      throw invalidType("counter", 'undefined beside "stateFile"', show(counter));
    }
    if (counter !== undefined) checkCounter(counter);
    // Last, because it is the first step that leaves a trace: all arguments are known to be good.
    this.#ownCounter = stateFile === undefined ? undefined : new SqliteCounter(stateFile);
    const source: Counter = this.#ownCounter ?? counter!;
    try {
      refusePromise(source.open?.(claim));
    } catch (error) {
      this.#ownCounter?.close();
      throw error;
    }
    const blocks = new BlockQueue(source, claim, this.#blockSize);
    this.#stream = new Issuer(blocks, kernel, layout.compose(claim.instanceId, 0n), engine.window);
    this.#issuer = filter ? new FilteredIssuer(this.#stream, engine, filter) : this.#stream;
    beforeSnapshot(() => this.#stream.drop());
    closeByUsing(this);
  }

  /**
   * Makes a generator with a block cipher, Speck64/128: without the key, ids tell only which of them are equal. The
   * recommended permutation.
   *
   * @param options {@link Id64Options}; and `key`: see {@link SpeckOptions}.
   * @throws As the constructor.
   */
  static speck<const Prefix extends string = string>(options: Id64Options<Prefix> & SpeckOptions): Id64<Prefix> {
    return new Id64<Prefix>(withSpeck<Id64Options<Prefix>>(options, ID64_OPTIONS));
  }

  /**
   * Makes a generator with a keyed Feistel network: ids without visible structure.
   *
   * @param options {@link Id64Options}; and `key` and `rounds`: see {@link FeistelOptions}, but at least 6 rounds. Ids of
   *   fewer rounds can be decoded with an {@link Id64Decoder}.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 42, counter: new MemoryCounter() });
   * ids.nextBase62(); // => "Gh4oy6lscYS"
   * ```
   */
  static feistel<const Prefix extends string = string>(options: Id64Options<Prefix> & FeistelOptions): Id64<Prefix> {
    return new Id64<Prefix>(withSafeFeistel<Id64Options<Prefix>>(options, ID64_OPTIONS));
  }

  /**
   * Makes a generator that multiplies: the fastest, for ids that need not resist analysis. Two consecutive ids give away
   * the multiplier.
   *
   * @param options {@link Id64Options}; and `a` and `b`: see {@link MultiplicativeOptions}.
   * @throws As the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
   * ids.nextBase62(); // => "E5xm7QFdS1Z"
   * ids.decodeBase62("E5xm7QFdS1Z"); // => { raw: 11821949021847552n, instanceId: 42, sequence: 0n }
   * ```
   */
  static multiplicative<const Prefix extends string = string>(
    options: Id64Options<Prefix> & MultiplicativeOptions,
  ): Id64<Prefix> {
    return new Id64<Prefix>(withMultiplicative<Id64Options<Prefix>>(options, ID64_OPTIONS));
  }

  /**
   * Makes a generator whose ids are the raws: sequential, for tests and for keys that nobody outside sees.
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
    return new Id64<Prefix>(withIdentity<Id64Options<Prefix>>(options, ID64_OPTIONS));
  }

  /**
   * Makes the generator that {@link toConfig} described.
   *
   * @param json The config, or its JSON text.
   * @param options A `counter` in place of the config's `stateFile`; `accept`; and the `engine`, default `"auto"`.
   * @throws SyntaxError if `json` is no config; else as the constructor.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const config = Id64.feistel({ instanceId: 42, key: 7n, counter: new MemoryCounter() }).toConfig();
   * const ids = Id64.fromConfig(JSON.stringify(config), { counter: new MemoryCounter() });
   * ids.decodeBase62(ids.nextBase62()).instanceId; // => 42
   * ```
   */
  static fromConfig(
    json: Id64Config | string,
    options: { counter?: Counter; engine?: EngineChoice; accept?: (token: string) => boolean } = {},
  ): Id64 {
    const {
      counter,
      engine = "auto",
      accept,
    } = checkOptions("options", options, {
      counter: true,
      engine: true,
      accept: true,
    });
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

  // These four call the issuer themselves: `issue` would cost a closure for each id.

  override nextU64(): bigint {
    return this.#issuer.nextU64();
  }

  override nextBase62(): string {
    return this.#issuer.nextBase62();
  }

  override nextBase32(): string {
    return this.#issuer.nextBase32();
  }

  override nextToken(): Token<Prefix> {
    const body = this.#text.codec === base62 ? this.#issuer.nextBase62() : this.#issuer.nextBase32();
    return this.#text.wrap(body) as Token<Prefix>;
  }

  /** @internal */
  protected override issue<T>(prepare: () => Order<T>): T {
    return prepare().fill(this.#issuer);
  }

  /**
   * Returns everything that decides the ids, for {@link fromConfig}. This is the one call that shows `a`, `b` or `key`.
   *
   * @throws TypeError if the permutation is not one of this library's.
   */
  toConfig(): Id64Config {
    const config = toConfig(this.#parts, this.#instanceId, this.#blockSize);
    return this.#stateFile === undefined ? config : { ...config, stateFile: this.#stateFile };
  }

  /**
   * Drops the numbers at hand (a gap, never a repeat) and closes the state file. A `counter` that was passed in stays
   * open. Issuing throws from then on; decoding goes on. Closing again does nothing.
   */
  close(): void {
    this.#stream.close();
    this.#ownCounter?.close();
  }

  /** Calls `close`, for `using ids = …`. */
  declare [Symbol.dispose]: () => void;
}
