import { bindMethods } from "../base/bind.js";
import { checkInteger, tokenError } from "../base/check.js";
import { checkOptions } from "../base/options.js";
import { chooseEngine } from "../engine/choose.js";
import type { EngineName } from "../engine/engine.js";
import { type Token, TokenText } from "../token/text.js";
import { decodeOrUndefined } from "../token/try-decode.js";
import { KeyRing, type SubKeys } from "./key-ring.js";
import { type LegacyDecoder, type LegacyReader, legacyReader } from "./legacy.js";
import { PUBLIC_ID_OPTIONS, type PublicIdOptions } from "./options.js";
import {
  checkRowNumber,
  checkRowNumbers,
  indexFrom,
  type RowNumber,
  type RowNumberLike,
  type RowNumbers,
} from "./row-number.js";
import { readUuid, writeUuid } from "./uuid.js";

const DEFAULT_BITS = 48;

/**
 * Encrypts the numbers of rows to public ids, and decrypts these: the primary key stays small and sequential, and a token says
 * nothing about it to whoever lacks the key. It takes no column, no counter and no clock.
 *
 * A token is no password: whoever has seen it can use it again. A token that decodes was hardly made by accident, but its sender may
 * still not be allowed to see the row. The key belongs on a server: in a browser, every visitor could read it.
 *
 * `encode`, `decode`, `tryDecode` and `is` may be passed on as functions: `rows.map(orderId.encode)`.
 *
 * @param options See {@link PublicIdOptions}. Two instances with the same `type`, `tenant`, key and format make the same tokens.
 * @throws TypeError or RangeError if an option is wrong or unknown, or the key is missing; EngineUnavailableError if `engine` is
 *   `"wasm"` and WebAssembly cannot start.
 * @example
 * ```ts
 * import { PublicId } from "permid64";
 *
 * const orderId = new PublicId({ key: process.env.PERMID64_KEY, type: "order", prefix: "ord" });
 * orderId.encode(123n); // => "ord_0d5WiMPqqcI"
 * orderId.decode("ord_0d5WiMPqqcI"); // => 123n
 * orderId.tryDecode("ord_00000000000"); // => undefined
 * orderId.is("ord_0d5WiMPqqcI"); // => true
 * orderId.pattern.source; // => "^ord_[0-9A-Za-z]{11}$"
 * ```
 */
export class PublicId<const Prefix extends string = string> {
  readonly #keys: KeyRing;
  readonly #text: TokenText;
  readonly #limit: bigint;
  #pattern: RegExp | undefined;
  #exactPattern: RegExp | undefined;
  /** The prefix without its underscore; `""` if there is none. */
  readonly prefix: Prefix;
  /** The engine that runs: `"wasm"` or `"bigint"`. */
  readonly engine: EngineName;

  constructor(options: PublicIdOptions<Prefix>) {
    const { engine = "auto", bits = DEFAULT_BITS } = checkOptions("options", options, PUBLIC_ID_OPTIONS);
    const selected = chooseEngine(engine);
    this.engine = selected.name;
    this.#text = new TokenText(options, selected);
    this.#limit = 1n << BigInt(checkInteger("bits", bits, 1, 63));
    this.#keys = new KeyRing(options, engine);
    this.prefix = this.#text.prefix as Prefix;
    bindMethods(this, "encode", "decode", "tryDecode", "is");
    Object.freeze(this);
  }

  /**
   * Matches what has the prefix, the characters and the length of a token: short, and enough for routers, JSON Schema and CHECK
   * constraints. It has no flags, its `source` reads the same in JavaScript, JSON Schema and SQL, and it is the same under every key.
   */
  get pattern(): RegExp {
    this.#pattern ??= this.#text.pattern();
    return this.#pattern;
  }

  /**
   * Matches exactly the tokens of the configured epochs and what looks like them: {@link decode} refuses the rest of what it matches by
   * the key, and by the check character.
   */
  get exactPattern(): RegExp {
    this.#exactPattern ??= this.#text.exactPattern(this.#keys.epochs);
    return this.#exactPattern;
  }

  /**
   * Makes the token of a row.
   *
   * @param value The row's number: an integer from 0 to 2^bits - 1.
   * @returns A token of the current key.
   * @throws TypeError if `value` is no integer, RangeError if it is out of range or a number that is not safe.
   */
  encode(value: RowNumberLike<Prefix>): Token<Prefix> {
    const { permutation, epoch } = this.#keys.current;
    return this.#text.write(permutation.forward(checkRowNumber("value", value, this.#limit)), epoch) as Token<Prefix>;
  }

  /**
   * Tells which row a token is of.
   *
   * @param token A token exactly as {@link encode} writes it: see {@link normalize} for what people type.
   * @returns The row's number: a bigint from 0 to 2^bits - 1.
   * @throws TypeError if `token` is no string; InvalidTokenError if it is no such token, with the code
   *   `ERR_PERMID64_TOKEN_PREFIX`, `ERR_PERMID64_INVALID_TOKEN` (wrong form), `ERR_PERMID64_TOKEN_CHECK` (mistyped),
   *   `ERR_PERMID64_TOKEN_EPOCH` (made with a key that is not configured) or `ERR_PERMID64_TOKEN_FOREIGN` (not made with this
   *   key, type and tenant).
   */
  decode(token: string): RowNumber<Prefix> {
    const { id, epoch } = this.#text.read(token);
    const value = this.#keysFor(epoch, "token").permutation.inverse(id);
    if (value >= this.#limit) throw foreignToken("token");
    return value;
  }

  /** Reads what strangers send, as {@link decode} does, but returns undefined for what is no such token. */
  tryDecode(token: unknown): RowNumber<Prefix> | undefined {
    return decodeOrUndefined(this.decode, token);
  }

  /** Tells whether {@link decode} accepts `value`: its form, its epoch, and that the key fits. */
  is(value: unknown): value is Token<Prefix> {
    return this.tryDecode(value) !== undefined;
  }

  /**
   * Makes the tokens of many rows.
   *
   * @param values The rows' numbers in an array or a typed array, as {@link encode} takes them. A BigUint64Array is fastest.
   * @returns A token for each.
   * @throws As {@link encode}; the message has the index of the first wrong value.
   * @example
   * ```ts
   * import { PublicId } from "permid64";
   *
   * const userId = new PublicId({ key: process.env.PERMID64_KEY, type: "user", prefix: "usr" });
   * userId.decodeMany(userId.encodeMany([1, 2n, "3"])); // => BigUint64Array.of(1n, 2n, 3n)
   * ```
   */
  encodeMany(values: RowNumbers<Prefix>): Token<Prefix>[] {
    const ids = checkRowNumbers(values, this.#limit);
    const { permutation, epoch } = this.#keys.current;
    permutation.forwardMany(ids);
    return this.#text.writeMany(ids, epoch) as Token<Prefix>[];
  }

  /**
   * Tells which rows many tokens are of: all of them or, if it throws, none.
   *
   * @param tokens Tokens as {@link decode} takes them.
   * @returns The rows' numbers.
   * @throws As {@link decode}; the message has the index of a wrong token.
   */
  decodeMany(tokens: readonly string[]): BigUint64Array {
    const { ids, epochs } = this.#text.readMany(tokens);
    const { current } = this.#keys;
    const other = current.epoch === 0 ? 1 : 0;
    const values = ids.slice();
    current.permutation.inverseMany(values);
    const first = epochs.indexOf(other);
    if (first >= 0) {
      this.#keysFor(other, `tokens[${first}]`).permutation.inverseMany(ids);
      for (let i = first; i < ids.length; i++) if (epochs[i] === other) values[i] = ids[i]!;
    }
    const wrong = indexFrom(this.#limit, values);
    if (wrong >= 0) throw foreignToken(`tokens[${wrong}]`);
    return values;
  }

  /**
   * Turns what a person typed into the token, as {@link TokenFormat.normalize} does.
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

  /**
   * Makes a UUID of the same id, for columns and APIs that expect one: version 8 of RFC 9562, with a check of 46 bits.
   *
   * @param value The row's number, as {@link encode} takes it.
   * @returns 36 characters, in lower case.
   * @throws As {@link encode}.
   * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8
   * @example
   * ```ts
   * import { PublicId } from "permid64";
   *
   * const orderId = new PublicId({ key: process.env.PERMID64_KEY, type: "order" });
   * orderId.toUuid(123n); // => "0757ee1c-7614-87cf-b451-922cac2d0d18"
   * orderId.fromUuid("0757ee1c-7614-87cf-b451-922cac2d0d18"); // => 123n
   * ```
   */
  toUuid(value: RowNumberLike<Prefix>): string {
    const keys = this.#keys.current;
    const id = keys.permutation.forward(checkRowNumber("value", value, this.#limit));
    return writeUuid({ id, epoch: keys.epoch, tag: keys.uuidTag, check: keys.uuidCheck(id) });
  }

  /**
   * Tells which row a UUID is of.
   *
   * @param uuid A UUID that {@link toUuid} made, in either case.
   * @returns The row's number: a bigint from 0 to 2^bits - 1.
   * @throws TypeError if `uuid` is no string; InvalidTokenError if it is no UUID, was made with a key that is not configured, or
   *   was not made with this key, type and tenant.
   */
  fromUuid(uuid: string): RowNumber<Prefix> {
    const parts = readUuid(uuid);
    if (!parts) throw foreignToken("uuid");
    const keys = this.#keysFor(parts.epoch, "uuid");
    const value = keys.permutation.inverse(parts.id);
    if (parts.tag !== keys.uuidTag || parts.check !== keys.uuidCheck(parts.id) || value >= this.#limit) {
      throw foreignToken("uuid");
    }
    return value;
  }

  /**
   * Makes a reader of these tokens and of the ids that were public before. It asks the decoders in the given order.
   *
   * @param decoders See {@link LegacyDecoder}, {@link legacyInteger} and {@link legacyUuid}.
   * @throws TypeError if one is no decoder, or two have the same name.
   * @example
   * ```ts
   * import { legacyInteger, PublicId } from "permid64";
   *
   * const orderId = new PublicId({ key: process.env.PERMID64_KEY, type: "order", prefix: "ord" });
   * // Rows up to 5000 were shown by their numbers; later rows never were.
   * const reader = orderId.acceptLegacy([legacyInteger({ max: 5000 })]);
   * reader.decode("4711"); // => { by: "integer", value: 4711n }
   * reader.decode(orderId.encode(4711)); // => { by: "token", value: 4711n }
   * reader.tryDecode("5001"); // => undefined
   * ```
   */
  acceptLegacy<const Decoders extends readonly LegacyDecoder[]>(decoders: Decoders): LegacyReader<Decoders, Prefix> {
    return legacyReader(this, decoders);
  }

  #keysFor(epoch: 0 | 1, name: string): SubKeys {
    const keys = this.#keys.of(epoch);
    if (keys) return keys;
    const known = this.#keys.epochs.join(" or ");
    const got = `one of epoch ${epoch}, whose key is not configured`;
    throw tokenError("ERR_PERMID64_TOKEN_EPOCH", name, `a token of epoch ${known}`, got);
  }
}

function foreignToken(name: string) {
  const expected = "a token made with this key, type and tenant";
  return tokenError(
    "ERR_PERMID64_TOKEN_FOREIGN",
    name,
    expected,
    "one of another key, type or tenant, or a forged one",
  );
}
