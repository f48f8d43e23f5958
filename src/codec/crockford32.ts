import { type Codec, defineCodec } from "./codec.js";

export const crockford32: Codec = /* @__PURE__ */ defineCodec("crockford32", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 13, 6);

/** Reads what people take for one another. */
export function unconfuse(token: string): string {
  // ASCII alone: toUpperCase would turn "ı" to "I" and "ß" to two letters.
  const upper = token.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return upper.replace(/[IL]/g, "1").replaceAll("O", "0");
}
