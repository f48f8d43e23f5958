import { checkString, checkU64, invalidType, show, toBigInt, U64_MAX, type U64Like } from "../base/check.js";
import { checkObject } from "../base/options.js";
import type { PublicId } from "./public-id.js";
import { isUuid } from "./uuid.js";

/** Reads ids of one kind that were shown to the world before. */
export interface LegacyDecoder<Name extends string = string, Value = unknown> {
  /** What the result calls it. Not `"token"`, which stands for the tokens of now. */
  readonly name: Name;
  /**
   * What `text` stands for: the row's number, or whatever leads to it; undefined if it is none of this kind, and at once: a
   * promise is taken for what it stands for. What it throws, the reader throws.
   */
  decode(text: string): Value | undefined;
}

/** What was read, and by which decoder: `"token"` for a token of now, and else redirect to one. */
export type LegacyResult<Decoders extends readonly LegacyDecoder[]> =
  | { readonly by: "token"; readonly value: bigint }
  | {
      [I in keyof Decoders]: Decoders[I] extends LegacyDecoder<infer Name, infer Value>
        ? { readonly by: Name; readonly value: Value }
        : never;
    }[number];

export interface LegacyReader<Decoders extends readonly LegacyDecoder[]> {
  /** @throws SyntaxError, as {@link PublicId.decode}, if no decoder knows `text`. */
  decode(text: string): LegacyResult<Decoders>;
  /** As `decode`, but undefined in place of a SyntaxError or TypeError about `text`. */
  tryDecode(text: unknown): LegacyResult<Decoders> | undefined;
}

/**
 * Reads the row's number itself, in decimal. Set `max` to the last row that was ever shown so: without it, whoever guesses
 * numbers finds all rows, and public ids hide nothing.
 *
 * @param options.max An integer from 0 to 2^64 - 1; default 2^64 - 1.
 * @throws TypeError or RangeError for another `max`.
 * @example
 * ```ts
 * import { legacyInteger } from "permid64";
 *
 * legacyInteger({ max: 100 }).decode("42"); // => 42n
 * legacyInteger({ max: 100 }).decode("101"); // => undefined
 * ```
 */
export function legacyInteger(options: { max?: U64Like } = {}): LegacyDecoder<"integer", bigint> {
  const max = checkU64("max", checkObject("options", options).max ?? U64_MAX);
  return {
    name: "integer",
    decode(text) {
      const value = toBigInt(text);
      return value !== undefined && value >= 0n && value <= max ? value : undefined;
    },
  };
}

/**
 * Reads a UUID of any version, for you to look up: its value is the UUID in lower case.
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

export function acceptLegacy<const Decoders extends readonly LegacyDecoder[]>(
  publicId: Pick<PublicId<string>, "decode" | "tryDecode">,
  decoders: Decoders,
): LegacyReader<Decoders> {
  if (!Array.isArray(decoders)) throw invalidType("decoders", "an array", show(decoders));
  const names = new Set(["token"]);
  for (const [i, decoder] of decoders.entries()) {
    if (typeof decoder?.decode !== "function" || names.has(checkString(`decoders[${i}].name`, decoder.name))) {
      throw invalidType(`decoders[${i}]`, 'an object with "decode" and a "name" of its own', show(decoder));
    }
    names.add(decoder.name);
  }
  const tryDecode = (text: unknown): LegacyResult<Decoders> | undefined => {
    const value = publicId.tryDecode(text);
    if (value !== undefined) return { by: "token", value };
    if (typeof text !== "string") return undefined;
    for (const decoder of decoders) {
      const value = decoder.decode(text);
      if (value !== undefined) return { by: decoder.name, value } as LegacyResult<Decoders>;
    }
    return undefined;
  };
  return {
    tryDecode,
    decode: (text) => tryDecode(text) ?? { by: "token", value: publicId.decode(text) },
  };
}
