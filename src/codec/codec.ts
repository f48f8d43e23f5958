import { invalidToken, invalidType, show } from "../base/check.js";

/** A text form of u64: a fixed number of digits, most significant first. */
export interface Codec {
  readonly name: "base62" | "crockford32";
  readonly alphabet: string;
  /** Characters per token. */
  readonly length: number;
  /**
   * A token is read as a head and a tail, both exact as doubles: value = head * scale + tail. The head has the first `headLength`
   * characters.
   */
  readonly headLength: number;
  readonly scale: number;
  readonly maxHead: number;
  /** The largest tail after the largest head. */
  readonly maxTail: number;
  readonly maxToken: string;
  /** The number of digits that a token can start with. */
  readonly firstDigits: number;
  /** The digit of each ASCII character; INVALID_DIGIT for a character that is no digit. */
  readonly digits: Uint8Array;
}

/** Its top bit, which no digit has, tells that it is none. */
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

/** Writes the last `length` digits of a number below 2^53. */
export function writeNumber(alphabet: string, value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / alphabet.length)) {
    text = alphabet[rest % alphabet.length] + text;
  }
  return text;
}

/** The bytes of a token and its separator, if it has one. */
export const strideOf = (codec: Codec, separator?: number) => codec.length + (separator === undefined ? 0 : 1);

/**
 * Copies the token at `index` out of a text of tokens. V8 makes a substring of 13 characters or more a view of the whole text, which
 * would stay in memory with it (SlicedString). So a token of that length is put together from its character codes.
 */
export function tokenAt(codec: Codec, text: string, index: number): string {
  const at = index * codec.length;
  if (codec.length < 13) return text.substring(at, at + codec.length);
  const code = (i: number) => text.charCodeAt(at + i);
  // biome-ignore format: one line for 13 codes
  return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6), code(7), code(8), code(9), code(10), code(11), code(12));
}

/**
 * Writes the bytes of tokens, one token after the other. Each token has `total` characters, of which the first `skip` are left out, and
 * so are those behind the codec's. A text that cannot be a token becomes bytes that are in no token.
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

/** Makes the error for a text that is no token. The engines only tell that it is none, so both have the same texts. */
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
