import { checkString, checkU64, invalidType, show, toBigInt, type U64Like } from "../base/check.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import type { RowNumber } from "./row-number.js";
import { isUuid } from "./uuid.js";

/** Reads one kind of id that was public before. */
export interface LegacyDecoder<Name extends string = string, Value = unknown> {
  /** The decoder's name in a result. `"token"` is taken: it stands for the tokens of the {@link PublicId}. */
  readonly name: Name;
  /**
   * Returns what `text` stands for, such as the row's number or a key to look it up by, and undefined for all else. It answers at
   * once: a promise would be taken for the answer. The reader passes on what it throws.
   */
  decode(text: string): Value | undefined;
}

/** The meaning of a text, and the decoder that knew it: `"token"` for a token of the {@link PublicId}. Redirect the others to a token. */
export type LegacyResult<Decoders extends readonly LegacyDecoder[], Prefix extends string = string> =
  | { readonly by: "token"; readonly value: RowNumber<Prefix> }
  | {
      [I in keyof Decoders]: Decoders[I] extends LegacyDecoder<infer Name, infer Value>
        ? { readonly by: Name; readonly value: Value }
        : never;
    }[number];

/** Reads the tokens of a {@link PublicId} and the ids that were public before. */
export interface LegacyReader<Decoders extends readonly LegacyDecoder[], Prefix extends string = string> {
  /**
   * Reads a text.
   *
   * @throws As {@link PublicId.decode}, if no decoder knows `text`.
   */
  decode(text: string): LegacyResult<Decoders, Prefix>;
  /** Reads what strangers send, as {@link decode} does, but returns undefined for what no decoder knows. */
  tryDecode(text: unknown): LegacyResult<Decoders, Prefix> | undefined;
}

/** The options of {@link legacyInteger}. */
export interface LegacyIntegerOptions {
  /** The number of the last row that was ever shown by its number: an integer from 0 to 2^64 - 1. */
  max: U64Like;
}

const OPTIONS: OptionNames<LegacyIntegerOptions> = { max: true };

/**
 * Makes a decoder of row numbers in decimal, as they stood in URLs before.
 *
 * @param options.max The number of the last row that was ever shown by its number. There is no default: without a limit, whoever
 *   guesses numbers would find every row, and the tokens would hide nothing.
 * @throws TypeError or RangeError if `max` is missing or no u64.
 * @example
 * ```ts
 * import { legacyInteger } from "permid64";
 *
 * legacyInteger({ max: 100 }).decode("42"); // => 42n
 * legacyInteger({ max: 100 }).decode("101"); // => undefined
 * ```
 */
export function legacyInteger(options: LegacyIntegerOptions): LegacyDecoder<"integer", bigint> {
  const max = checkU64("max", checkOptions("options", options, OPTIONS).max);
  return {
    name: "integer",
    decode(text) {
      const value = toBigInt(text);
      return value !== undefined && value >= 0n && value <= max ? value : undefined;
    },
  };
}

/**
 * Makes a decoder of UUIDs of any version, in either case. Its value is the UUID in lower case, to look the row up by.
 *
 * @example
 * ```ts
 * import { legacyUuid } from "permid64";
 *
 * legacyUuid().decode("F47AC10B-58CC-4372-A567-0E02B2C3D479"); // => "f47ac10b-58cc-4372-a567-0e02b2c3d479"
 * legacyUuid().decode("42"); // => undefined
 * ```
 */
export function legacyUuid(): LegacyDecoder<"uuid", string> {
  return { name: "uuid", decode: (text) => (isUuid(text) ? text.toLowerCase() : undefined) };
}

/** A {@link PublicId}, as far as a reader needs it. */
interface TokenDecoder<Prefix extends string> {
  decode(token: string): RowNumber<Prefix>;
  tryDecode(token: unknown): RowNumber<Prefix> | undefined;
}

export function legacyReader<Prefix extends string, const Decoders extends readonly LegacyDecoder[]>(
  publicId: TokenDecoder<Prefix>,
  decoders: Decoders,
): LegacyReader<Decoders, Prefix> {
  if (!Array.isArray(decoders)) throw invalidType("decoders", "an array", show(decoders));
  const names = new Set(["token"]);
  for (const [i, decoder] of decoders.entries()) {
    if (typeof decoder?.decode !== "function" || names.has(checkString(`decoders[${i}].name`, decoder.name))) {
      throw invalidType(`decoders[${i}]`, 'an object with "decode" and a "name" of its own', show(decoder));
    }
    names.add(decoder.name);
  }
  const tryDecode = (text: unknown): LegacyResult<Decoders, Prefix> | undefined => {
    const value = publicId.tryDecode(text);
    if (value !== undefined) return { by: "token", value };
    if (typeof text !== "string") return undefined;
    for (const decoder of decoders) {
      const value = decoder.decode(text);
      if (value !== undefined) return { by: decoder.name, value } as LegacyResult<Decoders, Prefix>;
    }
    return undefined;
  };
  return {
    tryDecode,
    decode: (text) => tryDecode(text) ?? { by: "token", value: publicId.decode(text) },
  };
}
