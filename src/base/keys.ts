import { invalidType, isTypedArray, outOfRange } from "./check.js";

/** A 128-bit key: 16 bytes, 32 hexadecimal digits, or 22 characters of base64url. */
export type SecretKey = Uint8Array | string;

export const KEY_BYTES = 16;

/**
 * Makes a key for {@link SpeckPermutation} and {@link PublicId}, from the runtime's source of secure randomness.
 *
 * @returns 32 hexadecimal digits. Keep them where secrets are kept, and a copy: without the key, no token can be decoded.
 * @example
 * ```ts
 * import { generateKey, PublicId } from "permid64";
 *
 * const key = generateKey();
 * const orderId = new PublicId({ key, type: "order" });
 * orderId.decode(orderId.encode(123n)); // => 123n
 * ```
 */
export function generateKey(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** The bytes of a key, in a copy. Its errors say nothing of what they got but its type. */
export function checkKey(name: string, key: unknown): Uint8Array {
  const expected = "a key of 16 bytes, 32 hexadecimal digits or 22 base64url characters";
  if (typeof key !== "string" && !isTypedArray(key, "Uint8Array")) {
    throw invalidType(name, expected, key === undefined ? "undefined" : "another type");
  }
  const bytes = typeof key === "string" ? parseKey(key) : Uint8Array.from(key);
  if (bytes?.length !== KEY_BYTES) throw outOfRange(name, expected, "something else");
  if (bytes.every((byte) => byte === bytes[0])) {
    throw outOfRange(name, "a key made by generateKey()", "the same byte 16 times");
  }
  return bytes;
}

function parseKey(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{32}$/i.test(text)) return Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  // 22 characters have 132 bits, of which the last four must be 0: one key, one text.
  if (!/^[\w-]{21}[AQgw]$/.test(text)) return undefined;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
}

export const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
