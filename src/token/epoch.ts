import type { Codec } from "../codec/codec.js";

/**
 * The mark of the key that made a token, one of two. The tokens of u64 leave at least half of the first digits unused, so the epoch costs no
 * character: it moves the first digit up by the number of those that are used, which is 22 in base62 and 16 in Crockford's base 32.
 */
export type Epoch = 0 | 1;

/** Writes the epoch into the token of a u64. */
export function withEpoch(codec: Codec, body: string, epoch: Epoch): string {
  return epoch === 0 ? body : moved(codec, body.charCodeAt(0), codec.firstDigits) + body.slice(1);
}

/** Reads the epoch from the code of a token's first character. */
export function epochOf(codec: Codec, character: number): Epoch {
  const digit = codec.digits[character] ?? 0;
  return digit >= codec.firstDigits && digit < 2 * codec.firstDigits ? 1 : 0;
}

/** Undoes {@link withEpoch}. */
export function withoutEpoch(codec: Codec, body: string, epoch: Epoch): string {
  return epoch === 0 ? body : moved(codec, body.charCodeAt(0), -codec.firstDigits) + body.slice(1);
}

/** Undoes {@link withEpoch} for the code of a first character of epoch 1. */
export const firstWithoutEpoch = (codec: Codec, character: number) =>
  moved(codec, character, -codec.firstDigits).charCodeAt(0);

const moved = ({ alphabet, digits }: Codec, character: number, by: number) => alphabet[digits[character]! + by]!;
