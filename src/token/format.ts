import { bindMethods } from "../base/bind.js";
import { checkU64, type U64Like } from "../base/check.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import { explain } from "../codec/codec.js";
import { chooseEngine } from "../engine/choose.js";
import type { EngineChoice } from "../engine/engine.js";
import { type Token, type TokenOptions, TokenText } from "./text.js";
import { decodeOrUndefined } from "./try-decode.js";

/** The options of a {@link TokenFormat}. */
export interface TokenFormatOptions<Prefix extends string = string> extends TokenOptions<Prefix> {
  /** `"auto"` (the default), `"wasm"` or `"bigint"`. */
  engine?: EngineChoice;
}

const OPTIONS: OptionNames<TokenFormatOptions> = { prefix: true, codec: true, check: true, engine: true };

/**
 * Writes u64 as tokens, and reads them: with a prefix that says what a token is of, in base62 or Crockford's base 32, with a check
 * character or without. Each u64 has exactly one token. A format hides nothing; see {@link PublicId} and {@link Id64}.
 *
 * `encode`, `decode`, `tryDecode` and `is` may be passed on as functions: `ids.map(format.encode)`.
 *
 * @param options See {@link TokenFormatOptions}; all have defaults.
 * @throws TypeError or RangeError if an option is wrong or unknown; EngineUnavailableError if `engine` is `"wasm"` and WebAssembly
 *   cannot start.
 * @example
 * ```ts
 * import { TokenFormat } from "permid64";
 *
 * const format = new TokenFormat({ prefix: "ord", codec: "crockford32", check: true });
 * format.encode(7640891576956012809n); // => "ord_6M2F6CZSVSJ89A"
 * format.decode("ord_6M2F6CZSVSJ89A"); // => 7640891576956012809n
 * format.tryDecode("ord_6M2F6CZSVSJ89B"); // => undefined
 * format.group("ord_6M2F6CZSVSJ89A", 5); // => "ord_6M2F6-CZSVS-J89A"
 * format.normalize("Ord 6m2f6 czsvs j89a"); // => "ord_6M2F6CZSVSJ89A"
 * format.pattern.source; // => "^ord_[0-9A-HJKMNP-TV-Z]{14}$"
 * ```
 */
export class TokenFormat<const Prefix extends string = string> {
  readonly #text: TokenText;
  #pattern: RegExp | undefined;
  #exactPattern: RegExp | undefined;
  /** The prefix without its underscore; `""` if there is none. */
  readonly prefix: Prefix;
  /** The number of characters in each token. */
  readonly length: number;

  constructor(options: TokenFormatOptions<Prefix> = {}) {
    const { engine = "auto" } = checkOptions("options", options, OPTIONS);
    this.#text = new TokenText(options, chooseEngine(engine));
    this.prefix = this.#text.prefix as Prefix;
    this.length = this.#text.length;
    bindMethods(this, "encode", "decode", "tryDecode", "is");
    Object.freeze(this);
  }

  /**
   * Matches what has the prefix, the characters and the length of a token: short, and enough for routers, JSON Schema and CHECK
   * constraints. It has no flags, and its `source` reads the same in JavaScript, JSON Schema and SQL.
   */
  get pattern(): RegExp {
    this.#pattern ??= this.#text.pattern();
    return this.#pattern;
  }

  /** Matches exactly what {@link decode} accepts, except that it cannot tell whether a check character is right. */
  get exactPattern(): RegExp {
    this.#exactPattern ??= this.#text.exactPattern([0]);
    return this.#exactPattern;
  }

  /**
   * Writes a u64 as a token.
   *
   * @param value An integer from 0 to 2^64 - 1.
   * @returns `length` characters.
   * @throws TypeError if `value` is no integer, RangeError if it is out of range.
   */
  encode(value: U64Like): Token<Prefix> {
    return this.#text.write(checkU64("value", value)) as Token<Prefix>;
  }

  /**
   * Reads a token.
   *
   * @param token A token exactly as {@link encode} writes it: see {@link normalize} for what people type.
   * @returns A bigint from 0 to 2^64 - 1.
   * @throws TypeError if `token` is no string; InvalidTokenError if it is no such token, with the code
   *   `ERR_PERMID64_TOKEN_PREFIX`, `ERR_PERMID64_INVALID_TOKEN` (wrong form) or `ERR_PERMID64_TOKEN_CHECK` (mistyped).
   */
  decode(token: string): bigint {
    const { id, epoch } = this.#text.read(token);
    if (epoch !== 0) throw explain(this.#text.codec, this.#text.unwrap(token), "token");
    return id;
  }

  /** Reads what strangers send, as {@link decode} does, but returns undefined for what is no such token. */
  tryDecode(token: unknown): bigint | undefined {
    return decodeOrUndefined(this.decode, token);
  }

  /** Tells whether {@link decode} accepts `value`. */
  is(value: unknown): value is Token<Prefix> {
    return this.tryDecode(value) !== undefined;
  }

  /**
   * Turns what a person typed into the token. The prefix may be in either case, and each of its underscores may be a space or a dash; the one
   * behind it may be missing. Spaces, dashes and line breaks behind the prefix are dropped, and invisible characters everywhere.
   * In Crockford's base 32, lower case becomes upper case, `I` and `L` become `1`, and `O` becomes `0`. The case of base62 must be right.
   *
   * @param typed At most 256 characters.
   * @throws TypeError if `typed` is no string; InvalidTokenError, as {@link decode}, if that makes no token.
   */
  normalize(typed: string): Token<Prefix> {
    const token = this.#text.normalize(typed);
    this.decode(token);
    return token as Token<Prefix>;
  }

  /**
   * Splits a token into groups with dashes between, for print. {@link normalize} undoes it.
   *
   * @param size The number of characters in each group, from 1 to the number of those behind the prefix; default 4.
   * @throws As {@link decode}; TypeError or RangeError for another `size`.
   */
  group(token: string, size = 4): string {
    this.decode(token);
    return this.#text.group(token, size);
  }
}
