import type { Codec } from "../codec/codec.js";

/**
 * Which of two keys a token was made with. The tokens of u64 leave at least half of the first digits unused, so the epoch
 * costs no character: it moves the first digit by as many as are used, which are 22 in base62 and 16 in Crockford's base 32.
 */
export type Epoch = 0 | 1;

/** The token of an epoch, from that of the u64. */
export function withEpoch(codec: Codec, body: string, epoch: Epoch): string {
  return epoch === 0 ? body : moved(codec, body.charCodeAt(0), codec.firstDigits) + body.slice(1);
}

/** The epoch of a token, from its first character. */
export function epochOf(codec: Codec, character: number): Epoch {
  const digit = codec.digits[character] ?? 0;
  return digit >= codec.firstDigits && digit < 2 * codec.firstDigits ? 1 : 0;
}

/** Undoes withEpoch. */
export function withoutEpoch(codec: Codec, body: string, epoch: Epoch): string {
  return epoch === 0 ? body : moved(codec, body.charCodeAt(0), -codec.firstDigits) + body.slice(1);
}

/** The same for the first character alone, in bytes. */
export const firstWithoutEpoch = (codec: Codec, character: number) =>
  moved(codec, character, -codec.firstDigits).charCodeAt(0);

const moved = ({ alphabet, digits }: Codec, character: number, by: number) => alphabet[digits[character]! + by]!;
