import { checkU64, type U64Like } from "../base/check.js";
import { checkObject } from "../base/options.js";
import { explain } from "../codec/codec.js";
import { chooseEngine } from "../engine/choose.js";
import type { EngineChoice } from "../engine/engine.js";
import { type Token, type TokenOptions, TokenText } from "./text.js";

/**
 * How tokens look: a prefix that says what they are of, base62 or Crockford's base 32, and a check character if wanted. Each
 * u64 has exactly one token.
 *
 * @param options See {@link TokenOptions}; and `engine`, default `"auto"`.
 * @throws TypeError or RangeError for a wrong option.
 * @example
 * ```ts
 * import { TokenFormat } from "permid64";
 *
 * const format = new TokenFormat({ prefix: "ord", codec: "crockford32", check: true });
 * format.encode(7640891576956012809n); // => "ord_6M2F6CZSVSJ89A"
 * format.decode("ord_6M2F6CZSVSJ89A"); // => 7640891576956012809n
 * format.group("ord_6M2F6CZSVSJ89A", 5); // => "ord_6M2F6-CZSVS-J89A"
 * format.normalize("Ord 6m2f6 czsvs j89a"); // => "ord_6M2F6CZSVSJ89A"
 * ```
 */
export class TokenFormat<const Prefix extends string = string> {
  readonly #text: TokenText;
  readonly prefix: Prefix;
  #pattern: RegExp | undefined;
  /** Characters in each token. */
  readonly length: number;

  constructor(options: TokenOptions<Prefix> & { engine?: EngineChoice } = {}) {
    const { engine = "auto" } = checkObject("options", options);
    this.#text = new TokenText(options, chooseEngine(engine));
    this.prefix = this.#text.prefix as Prefix;
    this.length = this.#text.length;
    Object.freeze(this);
  }

  /** Matches what {@link decode} takes, and nothing else; but it cannot tell whether a check character is right. */
  get pattern(): RegExp {
    this.#pattern ??= this.#text.pattern([0]);
    return this.#pattern;
  }

  /**
   * The token of a u64.
   *
   * @param value An integer from 0 to 2^64 - 1.
   * @throws TypeError or RangeError if `value` is no u64.
   */
  encode(value: U64Like): Token<Prefix> {
    return this.#text.write(checkU64("value", value)) as Token<Prefix>;
  }

  /**
   * The u64 of a token.
   *
   * @param token Exactly as {@link encode} writes it: see {@link normalize} for what people typed.
   * @returns A bigint from 0 to 2^64 - 1.
   * @throws TypeError if `token` is no string; SyntaxError if it is no such token, with a code of its own if it has another
   *   prefix or a wrong check character.
   */
  decode(token: string): bigint {
    const { id, epoch } = this.#text.read(token);
    if (epoch !== 0) throw explain(this.#text.codec, this.#text.unwrap(token), "token");
    return id;
  }

  /**
   * The token that a person meant: without spaces, dashes, line breaks and what cannot be seen, the prefix in lower case, and in Crockford's
   * base 32 with upper-case letters, `1` for `I` and `L`, `0` for `O`. The case of base62 cannot be mended.
   *
   * @throws As {@link decode}, if that is no token.
   */
  normalize(typed: string): Token<Prefix> {
    const token = this.#text.normalize(typed);
    this.decode(token);
    return token as Token<Prefix>;
  }

  /**
   * A token in groups, for print. {@link normalize} takes it.
   *
   * @param size Characters in each group, from 1 to as many as there are behind the prefix; default 4.
   * @throws As {@link decode}; RangeError for another `size`.
   */
  group(token: string, size = 4): string {
    this.decode(token);
    return this.#text.group(token, size);
  }
}
