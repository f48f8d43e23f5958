import { checkBoolean, checkInteger, checkString, invalidType, outOfRange, show, tokenError } from "../base/check.js";
import { checkObject } from "../base/options.js";
import { base62 } from "../codec/base62.js";
import { type Codec, explain, tokenAt, tokenBytes } from "../codec/codec.js";
import { crockford32, unconfuse } from "../codec/crockford32.js";
import type { Engine } from "../engine/engine.js";
import { tryReadToken } from "../engine/read-token.js";
import { checkCharacter } from "./check-character.js";
import { type Epoch, epochOf, firstWithoutEpoch, withEpoch, withoutEpoch } from "./epoch.js";
import { anyOf, bodyPattern } from "./pattern.js";

/** How tokens look. */
export interface TokenOptions<Prefix extends string = string> {
  /**
   * What tokens start with, followed by an underscore: 1 to 32 lower-case letters and digits, in words with underscores
   * between, from a letter on. Default `""`, for none and no underscore.
   */
  prefix?: Prefix;
  /** `"base62"` (the default): 11 characters. `"crockford32"`: 13 characters, for people to read aloud and type. */
  codec?: "base62" | "crockford32";
  /** Whether a check character follows, which finds mistyped tokens; default false. */
  check?: boolean;
}

/**
 * A token of {@link TokenOptions}, as far as types can say it. `infer`, since a condition on `Prefix` itself would keep what has a
 * prefix from what takes any: an `Id64<"ord">` from an `Id64`.
 */
export type Token<Prefix extends string = string> = Prefix extends infer P extends string
  ? string extends P
    ? string
    : P extends ""
      ? string
      : `${P}_${string}`
  : never;

/** What a token says: a u64, and which key it was made with. */
export interface TokenParts {
  readonly id: bigint;
  readonly epoch: Epoch;
}

const CODECS = { base62, crockford32 };

/** How many ids are held at a time while their tokens are written or read. */
const PART = 1024;

/** Writes and reads tokens in one format. */
export class TokenText {
  readonly prefix: string;
  readonly codec: Codec;
  readonly check: boolean;
  readonly #engine: Engine;
  /** The prefix with its underscore. */
  readonly #head: string;
  /** Characters behind the head. */
  readonly #tailLength: number;

  constructor(options: TokenOptions, engine: Engine) {
    const { prefix = "", codec = "base62", check = false } = checkObject("options", options);
    this.prefix = checkPrefix(prefix);
    if (codec !== "base62" && codec !== "crockford32") {
      throw (typeof codec === "string" ? outOfRange : invalidType)("codec", '"base62" or "crockford32"', show(codec));
    }
    this.codec = CODECS[codec];
    this.check = checkBoolean("check", check);
    this.#engine = engine;
    this.#head = prefix && `${prefix}_`;
    this.#tailLength = this.codec.length + (check ? 1 : 0);
  }

  get length(): number {
    return this.#head.length + this.#tailLength;
  }

  /** Whether tokens are what the codec writes, and nothing more. */
  get isPlain(): boolean {
    return this.length === this.codec.length;
  }

  /** What the constructor was given, without what is the default. */
  get options(): TokenOptions {
    return {
      ...(this.prefix && { prefix: this.prefix }),
      ...(this.codec !== base62 && { codec: this.codec.name }),
      ...(this.check && { check: true }),
    };
  }

  write(id: bigint, epoch: Epoch = 0): string {
    return this.wrap(withEpoch(this.codec, this.#engine.encode(this.codec, id), epoch));
  }

  writeMany(ids: BigUint64Array, epoch: Epoch = 0): string[] {
    const tokens = new Array<string>(ids.length);
    for (let from = 0; from < ids.length; from += PART) {
      const part = ids.subarray(from, from + PART);
      const text = this.#engine.text(this.codec, part);
      for (let i = 0; i < part.length; i++) {
        tokens[from + i] = this.wrap(withEpoch(this.codec, tokenAt(this.codec, text, i), epoch));
      }
    }
    return tokens;
  }

  /** What the codec writes, with prefix and check character. */
  wrap(body: string): string {
    return this.#head + body + (this.check ? checkCharacter(this.codec, body) : "");
  }

  read(token: string): TokenParts {
    const written = this.unwrap(token);
    const epoch = epochOf(this.codec, written.charCodeAt(0));
    const id = tryReadToken(this.#engine, this.codec, withoutEpoch(this.codec, written, epoch));
    if (id === undefined) throw explain(this.codec, written, "token");
    return { id, epoch };
  }

  /** The ids of many tokens, and in which epochs they are. */
  readMany(tokens: readonly string[]): { ids: BigUint64Array; epochs: Uint8Array } {
    if (!Array.isArray(tokens)) throw invalidType("tokens", "an array of tokens", show(tokens));
    const { codec } = this;
    const ids = new BigUint64Array(tokens.length);
    const epochs = new Uint8Array(tokens.length);
    const bytes = new Uint8Array(Math.min(PART, tokens.length) * codec.length);
    for (let from = 0; from < tokens.length; from += PART) {
      const part = ids.subarray(from, from + PART);
      for (let i = 0; i < part.length; i++) this.#verify(tokens[from + i]!, from + i);
      tokenBytes(codec, tokens, from, part.length, bytes, this.#head.length, this.length);
      for (let i = 0; i < part.length; i++) {
        const first = bytes[i * codec.length]!;
        if (epochOf(codec, first) === 0) continue;
        epochs[from + i] = 1;
        bytes[i * codec.length] = firstWithoutEpoch(codec, first);
      }
      const valid = this.#engine.decodeMany(codec, bytes, codec.length, part);
      if (valid < part.length) throw explain(codec, this.unwrap(tokens[from + valid]!), nameOf(from + valid));
    }
    return { ids, epochs };
  }

  /** What the codec wrote, without prefix and check character. `index` is where the token is among many. */
  unwrap(token: string, index?: number): string {
    this.#verify(token, index);
    const from = this.#head.length;
    return this.check ? token.slice(from, from + this.codec.length) : token.slice(from);
  }

  /** As `unwrap`, or undefined for what is no such token. */
  tryUnwrap(token: unknown): string | undefined {
    try {
      return this.unwrap(token as string);
    } catch {
      return undefined;
    }
  }

  /** Refuses a wrong prefix or check character; the rest is for the codec to read. */
  #verify(token: string, index?: number): void {
    if (typeof token !== "string") throw invalidType(nameOf(index), "a token", show(token));
    if (!token.startsWith(this.#head)) {
      const expected = `a token that starts with "${this.#head}"`;
      throw tokenError("ERR_PERMID64_TOKEN_PREFIX", nameOf(index), expected, show(token));
    }
    if (!this.check) return;
    const from = this.#head.length;
    const complete = token.length === this.length;
    if (complete && checkCharacter(this.codec, token, from) === token.at(-1)) return;
    if (complete && isWritten(this.codec, token, from)) {
      throw tokenError("ERR_PERMID64_TOKEN_CHECK", nameOf(index), "a token with its check character", show(token));
    }
    const expected = `a ${this.codec.name} token of ${this.codec.length} characters and a check character`;
    throw tokenError("ERR_PERMID64_INVALID_TOKEN", nameOf(index), expected, show(token));
  }

  normalize(typed: string): string {
    const compact = checkString("typed", typed).replace(SEPARATORS, "");
    const letters = this.prefix.replaceAll("_", "");
    if (lowerCase(compact.slice(0, letters.length)) !== letters) {
      throw tokenError("ERR_PERMID64_TOKEN_PREFIX", "typed", `a token that starts with "${this.#head}"`, show(typed));
    }
    const tail = compact.slice(letters.length);
    return this.#head + (this.codec === crockford32 ? unconfuse(tail) : tail);
  }

  group(token: string, size: number): string {
    checkInteger("size", size, 1, this.#tailLength);
    const tail = token.slice(this.#head.length);
    return this.#head + tail.match(new RegExp(`.{1,${size}}`, "g"))!.join("-");
  }

  pattern(epochs: readonly Epoch[]): RegExp {
    const check = this.check ? anyOf(this.codec.alphabet) : "";
    return new RegExp(`^${this.#head}${bodyPattern(this.codec, epochs)}${check}$`);
  }
}

const nameOf = (index: number | undefined) => (index === undefined ? "token" : `tokens[${index}]`);

/** What people and printers put between characters: spaces, dashes of any kind, and what is invisible, such as soft hyphens. */
const SEPARATORS = /[\s_\u2212\p{Pd}\p{Cf}]/gu;

/** ASCII alone: toLowerCase would turn "K" (the Kelvin sign) to "k". */
const lowerCase = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether all characters from `from` on are of the codec's alphabet. */
function isWritten({ digits, alphabet }: Codec, text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const digit = digits[text.charCodeAt(i)];
    if (digit === undefined || digit >= alphabet.length) return false;
  }
  return true;
}

function checkPrefix(prefix: string): string {
  if (!/^([a-z][a-z0-9]*(_[a-z0-9]+)*)?$/.test(checkString("prefix", prefix)) || prefix.length > 32) {
    throw outOfRange("prefix", '1 to 32 lower-case letters and digits, such as "ord"', show(prefix));
  }
  return prefix;
}
