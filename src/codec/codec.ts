import { invalidToken, invalidType, show } from "../base/check.js";

/** A text form of u64: a positional system with a fixed number of digits, most significant first. */
export interface Codec {
  readonly name: "base62" | "crockford32";
  readonly alphabet: string;
  /** Characters per token. */
  readonly length: number;
  /**
   * Tokens are read as a head and a tail of digits, both exact as doubles: value = head * scale + tail.
   * The first `headLength` characters are the head.
   */
  readonly headLength: number;
  readonly scale: number;
  readonly maxHead: number;
  /** The largest tail after the largest head. */
  readonly maxTail: number;
  readonly maxToken: string;
  /** How many of the digits a token can start with. */
  readonly firstDigits: number;
  /** The digit of each ASCII character, INVALID_DIGIT elsewhere. */
  readonly digits: Uint8Array;
}

/** No digit has its top bit. */
export const INVALID_DIGIT = 0xff;

export function defineCodec(name: Codec["name"], alphabet: string, length: number, tailLength: number): Codec {
  const base = alphabet.length;
  const scale = base ** tailLength;
  const maxHead = Number(0xffff_ffff_ffff_ffffn / BigInt(scale));
  const maxTail = Number(0xffff_ffff_ffff_ffffn % BigInt(scale));
  const digits = new Uint8Array(128).fill(INVALID_DIGIT);
  for (let i = 0; i < base; i++) digits[alphabet.charCodeAt(i)] = i;
  const headLength = length - tailLength;
  const maxToken = writeNumber(alphabet, maxHead, headLength) + writeNumber(alphabet, maxTail, tailLength);
  const firstDigits = alphabet.indexOf(maxToken[0]!) + 1;
  return Object.freeze({ name, alphabet, length, headLength, scale, maxHead, maxTail, maxToken, firstDigits, digits });
}

/** The last `length` digits of `value`, a number below 2^53. */
export function writeNumber(alphabet: string, value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / alphabet.length)) {
    text = alphabet[rest % alphabet.length] + text;
  }
  return text;
}

/** Bytes per token, with its separator if there is one. */
export const strideOf = (codec: Codec, separator?: number) => codec.length + (separator === undefined ? 0 : 1);

/**
 * The token at `index` of tokens one after the other. Of 13 characters or more, V8 would make a substring that keeps
 * the whole text in memory (SlicedString); shorter ones it copies. So the longer kind is put together from its codes.
 */
export function tokenAt(codec: Codec, text: string, index: number): string {
  const at = index * codec.length;
  if (codec.length < 13) return text.substring(at, at + codec.length);
  const code = (i: number) => text.charCodeAt(at + i);
  // biome-ignore format: one line for 13 codes
  return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6), code(7), code(8), code(9), code(10), code(11), code(12));
}

/**
 * Writes tokens as bytes, one after the other; what cannot be a token is written as bytes that no token has. Each is
 * `total` characters long, of which the first `skip` and what is behind the token are left out.
 */
export function tokenBytes(
  { length }: Codec,
  tokens: readonly string[],
  from: number,
  count: number,
  out: Uint8Array,
  skip = 0,
  total = length,
): void {
  for (let i = 0; i < count; i++) {
    const token: unknown = tokens[from + i];
    const at = i * length;
    let seen = 0;
    if (typeof token === "string" && token.length === total) {
      for (let j = 0; j < length; j++) {
        const code = token.charCodeAt(skip + j);
        seen |= code;
        out[at + j] = code;
      }
    } else {
      seen = INVALID_DIGIT;
    }
    // Beyond ASCII, the array would have cut the code to another character.
    if (seen >= 0x80) out.fill(INVALID_DIGIT, at, at + length);
  }
}

/** Why a token was refused. Both engines only find that it was, so the texts are the same. */
export function explain(codec: Codec, token: unknown, name: string): Error {
  const kind = `a ${codec.name} token of ${codec.length} characters`;
  if (typeof token !== "string") return invalidType(name, kind, show(token));
  if (token.length !== codec.length) return invalidToken(name, kind, show(token));
  for (const character of token) {
    if (!codec.alphabet.includes(character)) {
      return invalidToken(name, `${kind} from ${codec.alphabet}`, show(token));
    }
  }
  return invalidToken(name, `${kind} up to ${codec.maxToken} (2^64 - 1)`, show(token));
}
