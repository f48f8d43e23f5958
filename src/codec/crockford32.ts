import { type Codec, defineCodec } from "./codec.js";

export const crockford32: Codec = /* @__PURE__ */ defineCodec("crockford32", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 13, 6);

/** Turns what people confuse with a character of the alphabet into that character. */
export function unconfuse(token: string): string {
  // Only ASCII: toUpperCase would also turn "ı" into "I", and "ß" into two letters.
  const upper = token.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return upper.replace(/[IL]/g, "1").replaceAll("O", "0");
}
