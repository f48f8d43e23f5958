import { checkInteger, checkWhole, invalidType, isTypedArray, show, tokenError, type U64Like } from "../base/check.js";
import { checkObject } from "../base/options.js";
import { chooseEngine } from "../engine/choose.js";
import type { EngineChoice, EngineName } from "../engine/engine.js";
import { type Token, type TokenOptions, TokenText } from "../token/text.js";
import { type KeyOptions, KeyRing } from "./key-ring.js";
import { acceptLegacy, type LegacyDecoder, type LegacyReader } from "./legacy.js";
import { readUuid, writeUuid } from "./uuid.js";

/** What {@link PublicId} takes: the look of tokens, and its key or keys. */
export type PublicIdOptions<Prefix extends string = string> = TokenOptions<Prefix> &
  KeyOptions & {
    /** What the rows are, such as the name of their table. The same number of two types has unrelated tokens. */
    type: string;
    /** Whose they are, where rows of several customers must not share tokens. Another tenant than `""`, which is refused. */
    tenant?: string | undefined;
    /** Values are below 2^bits, 1 to 63; default 48. A foreign token is taken for a value with a chance of 2^-(64 - bits). */
    bits?: number;
    /** Default `"auto"`. */
    engine?: EngineChoice;
  };

/** An array or a typed array: what else has a length, such as a text, is refused. */
type Values = readonly U64Like[] | (ArrayLike<number | bigint> & ArrayBufferView);

const DEFAULT_BITS = 48;

/**
 * Public ids for rows that have a number already: the primary key stays small and sequential, and what others see is its
 * encryption, which only the key turns back. No column, no counter, no clock.
 *
 * A token is not a password: whoever has seen it can use it again. That it decodes says that it is no accident, and not that
 * whoever sent it may see the row.
 *
 * @param options See {@link PublicIdOptions}; all of its instances with the same `type`, `tenant` and keys agree.
 * @throws TypeError or RangeError for a wrong option, also if the key is missing; EngineUnavailableError.
 * @example
 * ```ts
 * import { PublicId } from "permid64";
 *
 * const key = "000102030405060708090a0b0c0d0e0f"; // process.env.PERMID64_KEY
 * const orderId = new PublicId({ key, type: "order", prefix: "ord" });
 * orderId.encode(123n); // => "ord_0d5WiMPqqcI"
 * orderId.decode("ord_0d5WiMPqqcI"); // => 123n
 * orderId.tryDecode("ord_00000000000"); // => undefined
 * ```
 */
export class PublicId<const Prefix extends string = string> {
  readonly #keys: KeyRing;
  readonly #text: TokenText;
  readonly #limit: bigint;
  #pattern: RegExp | undefined;
  readonly prefix: Prefix;
  /** Which engine runs: `"wasm"` or `"bigint"`. */
  readonly engine: EngineName;

  constructor(options: PublicIdOptions<Prefix>) {
    const { engine = "auto", bits = DEFAULT_BITS } = checkObject("options", options);
    const selected = chooseEngine(engine);
    this.engine = selected.name;
    this.#text = new TokenText(options, selected);
    this.#limit = 1n << BigInt(checkInteger("bits", bits, 1, 63));
    this.#keys = new KeyRing(options, engine);
    this.prefix = this.#text.prefix as Prefix;
    Object.freeze(this);
  }

  /** Matches the tokens of the configured epochs, and what else looks like them: for routers, schemas and CHECK constraints. */
  get pattern(): RegExp {
    this.#pattern ??= this.#text.pattern(this.#keys.epochs);
    return this.#pattern;
  }

  /**
   * The token of a row.
   *
   * @param value Its number: an integer from 0 to 2^bits - 1.
   * @throws TypeError or RangeError for another value, such as a number that is not safe.
   */
  encode(value: U64Like): Token<Prefix> {
    const { permutation, epoch } = this.#keys.current;
    return this.#text.write(permutation.forward(this.#checkValue("value", value)), epoch) as Token<Prefix>;
  }

  /**
   * The row of a token.
   *
   * @param token Exactly as {@link encode} writes it: see {@link normalize} for what people typed.
   * @returns A bigint from 0 to 2^bits - 1.
   * @throws TypeError if `token` is no string; SyntaxError if it is no such token, by its `code`:
   *   `ERR_PERMID64_TOKEN_PREFIX`, `ERR_PERMID64_INVALID_TOKEN` (its form), `ERR_PERMID64_TOKEN_CHECK` (mistyped),
   *   `ERR_PERMID64_TOKEN_EPOCH` (of a key that is not configured), `ERR_PERMID64_TOKEN_FOREIGN` (not made with this key,
   *   type and tenant).
   */
  decode(token: string): bigint {
    const { id, epoch } = this.#text.read(token);
    const keys = this.#keys.of(epoch);
    if (!keys) throw this.#unknownEpoch("token", epoch);
    const value = keys.permutation.inverse(id);
    if (value >= this.#limit) throw foreign("token");
    return value;
  }

  /**
   * As {@link decode}, for what strangers send.
   *
   * @returns undefined where that would throw a SyntaxError or TypeError about `token`.
   */
  tryDecode(token: unknown): bigint | undefined {
    if (typeof token !== "string") return undefined;
    try {
      return this.decode(token);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /**
   * The tokens of many rows.
   *
   * @param values Their numbers; a BigUint64Array is fastest.
   * @throws As {@link encode}, with the index of the first wrong one.
   * @example
   * ```ts
   * import { generateKey, PublicId } from "permid64";
   *
   * const userId = new PublicId({ key: generateKey(), type: "user", prefix: "usr" });
   * userId.decodeMany(userId.encodeMany([1, 2n, "3"])); // => BigUint64Array.of(1n, 2n, 3n)
   * ```
   */
  encodeMany(values: Values): Token<Prefix>[] {
    const ids = this.#checkValues(values);
    const { permutation, epoch } = this.#keys.current;
    permutation.forwardMany(ids);
    return this.#text.writeMany(ids, epoch) as Token<Prefix>[];
  }

  /**
   * The rows of many tokens; all or, if it throws, none.
   *
   * @throws As {@link decode}, with the index of a wrong one.
   */
  decodeMany(tokens: readonly string[]): BigUint64Array {
    const { ids, epochs } = this.#text.readMany(tokens);
    const { current } = this.#keys;
    const other = current.epoch === 0 ? 1 : 0;
    const values = ids.slice();
    current.permutation.inverseMany(values);
    const first = epochs.indexOf(other);
    if (first >= 0) {
      const keys = this.#keys.of(other);
      if (!keys) throw this.#unknownEpoch(`tokens[${first}]`, other);
      keys.permutation.inverseMany(ids);
      for (let i = first; i < ids.length; i++) if (epochs[i] === other) values[i] = ids[i]!;
    }
    const wrong = firstFrom(this.#limit, values);
    if (wrong >= 0) throw foreign(`tokens[${wrong}]`);
    return values;
  }

  /**
   * The token that a person meant: see {@link TokenFormat.normalize}.
   *
   * @throws As {@link decode}.
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

  /**
   * The same id as a UUID, for columns and APIs that want one: version 8 of RFC 9562, with a check of 46 bits.
   *
   * @param value As {@link encode}.
   * @returns 36 characters, in lower case.
   * @throws As {@link encode}.
   * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8
   * @example
   * ```ts
   * import { generateKey, PublicId } from "permid64";
   *
   * const orderId = new PublicId({ key: generateKey(), type: "order" });
   * orderId.fromUuid(orderId.toUuid(123n)); // => 123n
   * ```
   */
  toUuid(value: U64Like): string {
    const keys = this.#keys.current;
    const id = keys.permutation.forward(this.#checkValue("value", value));
    return writeUuid({ id, epoch: keys.epoch, tag: keys.uuidTag, check: keys.uuidCheck(id) });
  }

  /**
   * The row of a UUID that {@link toUuid} made.
   *
   * @param uuid In either case.
   * @throws TypeError if `uuid` is no string; SyntaxError if it is no UUID, of an epoch that is not configured, or not made with
   *   this key, type and tenant.
   */
  fromUuid(uuid: string): bigint {
    const parts = readUuid(uuid);
    if (!parts) throw foreign("uuid");
    const keys = this.#keys.of(parts.epoch);
    if (!keys) throw this.#unknownEpoch("uuid", parts.epoch);
    const value = keys.permutation.inverse(parts.id);
    if (parts.tag !== keys.uuidTag || parts.check !== keys.uuidCheck(parts.id) || value >= this.#limit) {
      throw foreign("uuid");
    }
    return value;
  }

  /**
   * A reader that takes these tokens and, in the order given, what was shown to the world before.
   *
   * @param decoders See {@link LegacyDecoder}, {@link legacyInteger} and {@link legacyUuid}.
   * @throws TypeError for what is no decoder, or two of one name.
   * @example
   * ```ts
   * import { generateKey, legacyInteger, PublicId } from "permid64";
   *
   * const orderId = new PublicId({ key: generateKey(), type: "order", prefix: "ord" });
   * // Rows up to 5000 were shown by their numbers; later ones never were.
   * const reader = orderId.acceptLegacy([legacyInteger({ max: 5000 })]);
   * reader.decode("4711"); // => { by: "integer", value: 4711n }
   * reader.decode(orderId.encode(4711)); // => { by: "token", value: 4711n }
   * reader.tryDecode("5001"); // => undefined
   * ```
   */
  acceptLegacy<const Decoders extends readonly LegacyDecoder[]>(decoders: Decoders): LegacyReader<Decoders> {
    return acceptLegacy(this, decoders);
  }

  #checkValue(name: string, value: U64Like): bigint {
    return checkWhole(name, value, 0n, this.#limit - 1n);
  }

  /** A copy of `values`, checked. */
  #checkValues(values: Values): BigUint64Array {
    if (isTypedArray(values, "BigUint64Array")) {
      const out = values.slice();
      const wrong = firstFrom(this.#limit, out);
      if (wrong >= 0) this.#checkValue(`values[${wrong}]`, out[wrong]!);
      return out;
    }
    if (!Array.isArray(values) && !(ArrayBuffer.isView(values) && "length" in values)) {
      throw invalidType("values", "an array or a typed array", show(values));
    }
    const { length } = values;
    const out = new BigUint64Array(length);
    for (let i = 0; i < length; i++) out[i] = this.#checkValue(`values[${i}]`, values[i]!);
    return out;
  }

  #unknownEpoch(name: string, epoch: number): SyntaxError {
    const known = this.#keys.epochs.join(" or ");
    return tokenError("ERR_PERMID64_TOKEN_EPOCH", name, `a token of epoch ${known}`, `one of ${epoch}`);
  }
}

const foreign = (name: string) =>
  tokenError("ERR_PERMID64_TOKEN_FOREIGN", name, "a token made with this key, type and tenant", "another");

/** Where the first value from `limit` on is, or -1. A loop: findIndex would take ten times as long. */
function firstFrom(limit: bigint, values: BigUint64Array): number {
  for (let i = 0; i < values.length; i++) if (values[i]! >= limit) return i;
  return -1;
}
