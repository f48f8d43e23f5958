import { invalidType, isTypedArray, outOfRange, show } from "./check.js";

/** A key of 128 bits: 16 bytes, 32 hexadecimal digits, or 22 characters of base64url. */
export type SecretKey = Uint8Array | string;

export const KEY_BYTES = 16;
const KEY_BITS = 8 * KEY_BYTES;

/**
 * Makes a key for {@link SpeckPermutation} and {@link PublicId}, from the runtime's secure random numbers. `permid64 keygen` prints one.
 *
 * Make a key once, and keep it where secrets are kept, with a copy: nobody can decode a token without the key that made it.
 *
 * @returns 32 hexadecimal digits.
 * @example
 * ```ts
 * import { generateKey } from "permid64";
 *
 * generateKey().length; // => 32
 * ```
 */
export function generateKey(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** Returns the bytes of a key, in a copy. Its errors describe the shape of what came, and never show a part of it. */
export function checkKey(name: string, key: unknown): Uint8Array {
  const expected = "a key of 16 bytes, 32 hexadecimal digits (permid64 keygen) or 22 base64url characters";
  const isBytes = isTypedArray(key, "Uint8Array");
  if (typeof key !== "string" && !isBytes) throw invalidType(name, expected, kindOf(key));
  const bytes = isBytes ? Uint8Array.from(key) : parseKey(key);
  if (bytes?.length !== KEY_BYTES) {
    throw outOfRange(name, expected, isBytes ? `${key.length} bytes${sizeNote(8 * key.length)}` : shapeOf(key));
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw outOfRange(name, "a key made by generateKey()", "the same byte 16 times");
  }
  return bytes;
}

function parseKey(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{32}$/i.test(text)) return Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  // 22 characters have 132 bits. The last four must be 0, so that each key has one text.
  if (!/^[\w-]{21}[AQgw]$/.test(text)) return undefined;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
}

/** Describes a value that is neither text nor bytes, for an error. */
function kindOf(key: unknown): string {
  if (key === undefined) return "undefined; is its environment variable set?";
  return typeof key === "object" ? show(key) : `a ${typeof key}`;
}

/** Describes a text that is no key, for an error. */
function shapeOf(text: string): string {
  const characters = `${text.length} characters`;
  if (text === "") return "an empty string; is its environment variable set?";
  if (text !== text.trimEnd()) {
    return `${characters}, the last of them ${/[\r\n]$/.test(text) ? "a line break" : "a space"}: trim it`;
  }
  if (text !== text.trimStart()) return `${characters}, the first of them a space: trim it`;
  if (/^(["']).*\1$/.test(text)) return `${characters} in quotation marks: leave these out`;
  if (/^0x[0-9a-f]+$/i.test(text)) return `${text.length - 2} hexadecimal digits behind "0x": leave "0x" out`;
  if (/^[0-9a-f]+$/i.test(text)) return `${text.length} hexadecimal digits${sizeNote(4 * text.length)}`;
  if (/^[\w+/-]+=*$/.test(text) && /[+/=]/.test(text)) {
    return `${characters} of base64: write "-" for "+", "_" for "/" and no "="`;
  }
  if (text.length === 32) return `${characters}, not all of them hexadecimal digits`;
  return text.length === 22 ? `${characters}, which are not the base64url text of ${KEY_BYTES} bytes` : characters;
}

const sizeNote = (bits: number) => `: a key of ${bits} bits; permid64 takes ${KEY_BITS}`;

export const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
