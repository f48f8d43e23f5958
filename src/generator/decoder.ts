import { bindMethods } from "../base/bind.js";
import { checkU64, isTypedArray, toU64, type U64Like } from "../base/check.js";
import { base62 } from "../codec/base62.js";
import type { Codec } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { DecodedId, DecodedIds, EngineName } from "../engine/engine.js";
import type { TokenFormat } from "../token/format.js";
import type { TokenText } from "../token/text.js";
import { checkSeparator, type DecoderParts, type SeparatorOptions } from "./options.js";
import { TokenReader } from "./token-reader.js";

/** The methods that decode: the same in an {@link Id64Decoder} and in both generators. */
export abstract class Decoder<Prefix extends string> {
  readonly #reader: TokenReader;
  readonly #text: TokenText;
  readonly #engine: EngineName;
  readonly #format: TokenFormat<Prefix>;

  /** @internal */
  constructor({ engine, kernel, layout, text, format }: DecoderParts) {
    this.#reader = new TokenReader(engine, kernel, layout);
    this.#text = text;
    this.#engine = engine.name;
    this.#format = format as TokenFormat<Prefix>;
    bindMethods(this, "decode", "decodeBase62", "decodeBase32", "decodeToken");
    bindMethods(this, "tryDecode", "tryDecodeBase62", "tryDecodeBase32", "tryDecodeToken");
  }

  /** The format of `decodeToken` and of a generator's `nextToken`: for checking, normalizing and printing tokens. */
  get format(): TokenFormat<Prefix> {
    return this.#format;
  }

  /** The engine that runs: `"wasm"` or `"bigint"`. */
  get engine(): EngineName {
    return this.#engine;
  }

  /**
   * Decodes an id. Every u64 has an origin: whether the `instanceId` is one of yours is for you to check.
   *
   * @param id An integer from 0 to 2^64 - 1.
   * @returns A frozen object of `raw`, `instanceId` and `sequence`.
   * @throws TypeError or RangeError if `id` is no u64.
   */
  decode(id: U64Like): DecodedId {
    return this.#reader.id(checkU64("id", id));
  }

  /**
   * Decodes a base62 token.
   *
   * @param token 11 characters of `0-9A-Za-z`, up to `LygHa16AHYF`.
   * @returns As {@link decode}.
   * @throws TypeError if `token` is no string; InvalidTokenError if it is no such token.
   */
  decodeBase62(token: string): DecodedId {
    return this.#reader.token(base62, token);
  }

  /**
   * Decodes a token in Crockford's base 32, exactly as it was issued. See {@link crockford32ToU64} for typed tokens.
   *
   * @param token 13 digits and upper-case letters, up to `FZZZZZZZZZZZZ`.
   * @returns As {@link decode}.
   * @throws TypeError if `token` is no string; InvalidTokenError if it is no such token.
   */
  decodeBase32(token: string): DecodedId {
    return this.#reader.token(crockford32, token);
  }

  /**
   * Decodes a token of {@link format}, exactly as it was issued. See {@link TokenFormat.normalize} for typed tokens.
   *
   * @param token A token with its prefix and check character, if the options have these.
   * @returns As {@link decode}.
   * @throws TypeError if `token` is no string; InvalidTokenError as {@link TokenFormat.decode}.
   */
  decodeToken(token: string): DecodedId {
    return this.#reader.token(this.#text.codec, this.#text.unwrap(token));
  }

  /**
   * Decodes an id from a stranger.
   *
   * @param id Anything.
   * @returns As {@link decode}, or undefined if `id` is no u64.
   */
  tryDecode(id: unknown): DecodedId | undefined {
    const value = toU64(id);
    return value === undefined ? undefined : this.#reader.id(value);
  }

  /**
   * Decodes a base62 token from a stranger.
   *
   * @param token Anything.
   * @returns As {@link decode}, or undefined if `token` is no base62 token.
   */
  tryDecodeBase62(token: unknown): DecodedId | undefined {
    return this.#reader.tryToken(base62, token);
  }

  /**
   * Decodes a token in Crockford's base 32 from a stranger.
   *
   * @param token Anything.
   * @returns As {@link decode}, or undefined if `token` is no such token.
   */
  tryDecodeBase32(token: unknown): DecodedId | undefined {
    return this.#reader.tryToken(crockford32, token);
  }

  /**
   * Decodes a token of {@link format} from a stranger.
   *
   * @param token Anything.
   * @returns As {@link decode}, or undefined if `token` is no such token.
   */
  tryDecodeToken(token: unknown): DecodedId | undefined {
    const body = this.#text.tryUnwrap(token);
    return body === undefined ? undefined : this.#reader.tryToken(this.#text.codec, body);
  }

  /**
   * Decodes many ids, to columns.
   *
   * @param ids An array of integers from 0 to 2^64 - 1. A BigUint64Array is fastest.
   * @returns `instanceId`, a Uint32Array, and `sequence`, a BigUint64Array.
   * @throws TypeError for other `ids`; TypeError or RangeError with the index of the first that is no u64.
   */
  decodeMany(ids: BigUint64Array | readonly U64Like[]): DecodedIds {
    return this.#reader.ids(ids);
  }

  /**
   * Decodes many base62 tokens, to columns.
   *
   * @param tokens An array of tokens, or their bytes one after the other as `fillBase62` writes them.
   * @param options The `separator` after each token in bytes; the last token may lack it.
   * @returns As {@link decodeMany}.
   * @throws TypeError for other `tokens`; InvalidTokenError with the index of the first that is no token.
   * @example
   * ```ts
   * import { Id64Decoder } from "permid64";
   *
   * const ids = Id64Decoder.multiplicative({});
   * ids.decodeManyBase62(["E5xm7QFdS1Z", "5hSt0VheoqW"]).sequence; // => BigUint64Array.of(0n, 1n)
   * ```
   */
  decodeManyBase62(tokens: readonly string[] | Uint8Array, options: SeparatorOptions = {}): DecodedIds {
    return this.#decodeMany(base62, tokens, options);
  }

  /**
   * Decodes many tokens in Crockford's base 32, to columns.
   *
   * @param tokens As {@link decodeManyBase62}.
   * @param options As {@link decodeManyBase62}.
   * @returns As {@link decodeMany}.
   * @throws As {@link decodeManyBase62}.
   */
  decodeManyBase32(tokens: readonly string[] | Uint8Array, options: SeparatorOptions = {}): DecodedIds {
    return this.#decodeMany(crockford32, tokens, options);
  }

  /**
   * Decodes many tokens of {@link format}, to columns.
   *
   * @param tokens An array of tokens.
   * @returns As {@link decodeMany}.
   * @throws As {@link decodeToken}, with the index of the first that is no token.
   */
  decodeManyTokens(tokens: readonly string[]): DecodedIds {
    const { codec, isPlain } = this.#text;
    const bodies = isPlain || !Array.isArray(tokens) ? tokens : tokens.map((token, i) => this.#text.unwrap(token, i));
    return this.#reader.strings(codec, bodies);
  }

  #decodeMany(codec: Codec, tokens: readonly string[] | Uint8Array, options: SeparatorOptions): DecodedIds {
    const separator = checkSeparator(options);
    return isTypedArray(tokens, "Uint8Array")
      ? this.#reader.bytes(codec, tokens, separator)
      : this.#reader.strings(codec, tokens);
  }
}
