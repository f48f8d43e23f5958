import {
  checkBoolean,
  checkInteger,
  checkString,
  invalidToken,
  invalidType,
  outOfRange,
  show,
  tokenError,
} from "../base/check.js";
import { checkObject } from "../base/options.js";
import { base62 } from "../codec/base62.js";
import { type Codec, explain, tokenAt, tokenBytes } from "../codec/codec.js";
import { crockford32, unconfuse } from "../codec/crockford32.js";
import type { Engine } from "../engine/engine.js";
import { tryReadToken } from "../engine/read-token.js";
import { checkCharacter } from "./check-character.js";
import { type Epoch, epochOf, firstWithoutEpoch, withEpoch, withoutEpoch } from "./epoch.js";
import { anyOf, bodyPattern } from "./pattern.js";
import { decodeOrUndefined } from "./try-decode.js";

/** How tokens look. */
export interface TokenOptions<Prefix extends string = string> {
  /**
   * The start of every token, which an underscore follows: 1 to 32 lower-case letters and digits. It starts with a letter, and may
   * have single underscores between words. The default is `""`: no prefix and no underscore.
   */
  prefix?: Prefix;
  /** `"base62"` (the default): 11 characters. `"crockford32"`: 13 characters, for people to read aloud and type. */
  codec?: "base62" | "crockford32";
  /** Whether each token ends in a check character, which finds mistyped tokens; default false. */
  check?: boolean;
}

// The condition is on an inferred type. One on `Prefix` itself would make `Id64<"ord">` no `Id64`.
/** The type of a token: `ord_${string}` with the prefix `"ord"`, and `string` without a prefix. */
export type Token<Prefix extends string = string> = Prefix extends infer P extends string
  ? string extends P
    ? string
    : P extends ""
      ? string
      : `${P}_${string}`
  : never;

/** The contents of a token: a u64, and the epoch of the key that it was made with. */
export interface TokenParts {
  readonly id: bigint;
  readonly epoch: Epoch;
}

const CODECS = { base62, crockford32 };

/** Tokens that are written or read at a time. */
const PART = 1024;

/** Even with a dash behind each character, a token has fewer than 100. The rest is for spaces and invisible characters. */
const MAX_TYPED = 256;

/** Writes and reads the tokens of one format. Its callers have checked the names of the options. */
export class TokenText {
  readonly prefix: string;
  readonly codec: Codec;
  readonly check: boolean;
  readonly #engine: Engine;
  /** The prefix with its underscore. */
  readonly #head: string;
  /** The number of characters behind the head. */
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

  /** Whether tokens have neither a prefix nor a check character. */
  get isPlain(): boolean {
    return this.length === this.codec.length;
  }

  /** The options of the constructor, without those that have their default. */
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

  /** The token of what the codec wrote: adds prefix and check character. */
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

  /** The ids and the epochs of many tokens. */
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

  /** The part that the codec wrote: undoes {@link wrap}. `index` is the place of the token among many. */
  unwrap(token: string, index?: number): string {
    this.#verify(token, index);
    const from = this.#head.length;
    return this.check ? token.slice(from, from + this.codec.length) : token.slice(from);
  }

  /** As {@link unwrap}, but undefined for what is no such token. */
  tryUnwrap(token: unknown): string | undefined {
    return decodeOrUndefined((text) => this.unwrap(text), token);
  }

  /** Refuses a wrong prefix or check character. The rest is the codec's to check. */
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
      throw tokenError("ERR_PERMID64_TOKEN_CHECK", nameOf(index), "a token whose check character fits", show(token));
    }
    const expected = `a ${this.codec.name} token of ${this.codec.length} characters and a check character`;
    throw invalidToken(nameOf(index), expected, show(token));
  }

  normalize(typed: string): string {
    if (checkString("typed", typed).length > MAX_TYPED) {
      throw invalidToken("typed", `at most ${MAX_TYPED} characters`, `${typed.length}`);
    }
    const words = typed.replace(INVISIBLE, "").replace(SEPARATORS, "_").replace(/^_/, "");
    const { length } = this.prefix;
    if (lowerCase(words.slice(0, length)) !== this.prefix) {
      throw tokenError("ERR_PERMID64_TOKEN_PREFIX", "typed", `a token that starts with "${this.#head}"`, show(typed));
    }
    const tail = words.slice(length).replaceAll("_", "");
    return this.#head + (this.codec === crockford32 ? unconfuse(tail) : tail);
  }

  group(token: string, size: number): string {
    checkInteger("size", size, 1, this.#tailLength);
    const tail = token.slice(this.#head.length);
    return this.#head + tail.match(new RegExp(`.{1,${size}}`, "g"))!.join("-");
  }

  pattern(): RegExp {
    return new RegExp(`^${this.#head}${anyOf(this.codec.alphabet)}{${this.#tailLength}}$`);
  }

  exactPattern(epochs: readonly Epoch[]): RegExp {
    const check = this.check ? anyOf(this.codec.alphabet) : "";
    return new RegExp(`^${this.#head}${bodyPattern(this.codec, epochs)}${check}$`);
  }
}

const nameOf = (index: number | undefined) => (index === undefined ? "token" : `tokens[${index}]`);

/** Format characters, such as soft hyphens, zero-width spaces and byte order marks. */
const INVISIBLE = /\p{Cf}/gu;

/** Separators of words in typed and printed text: spaces, line breaks, and dashes of any kind. */
const SEPARATORS = /[\s_\u2212\p{Pd}]+/gu;

/** Only ASCII: toLowerCase would also turn the Kelvin sign (U+212A) into "k". */
const lowerCase = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether the alphabet has all characters from `from` on. */
function isWritten({ digits, alphabet }: Codec, text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const digit = digits[text.charCodeAt(i)];
    if (digit === undefined || digit >= alphabet.length) return false;
  }
  return true;
}

function checkPrefix(prefix: string): string {
  if (!/^([a-z][a-z0-9]*(_[a-z0-9]+)*)?$/.test(checkString("prefix", prefix)) || prefix.length > 32) {
    throw outOfRange("prefix", '1 to 32 lower-case letters and digits, such as "ord" or "order_item"', show(prefix));
  }
  return prefix;
}
