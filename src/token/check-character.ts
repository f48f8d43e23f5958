import type { Codec } from "../codec/codec.js";

/**
 * Computes the check character of the token at `from`, by the hybrid system of ISO/IEC 7064: its MOD 37,36, with the size of the
 * codec's alphabet for 36. It finds every wrong character, and all swaps of neighbours but 1 in 1891 (1 in 496 in base 32).
 */
export function checkCharacter({ alphabet, digits, length }: Codec, text: string, from = 0): string {
  const n = alphabet.length;
  let product = n;
  for (let i = from; i < from + length; i++) {
    const sum = residue(product + digits[text.charCodeAt(i)]!, n);
    product = residue(2 * sum, n + 1);
  }
  return alphabet[(n + 1 - product) % n]!;
}

/** `value` modulo `n`, from 1 to `n`, for values up to 2n. A branch would be mispredicted, and a division takes as long. */
const residue = (value: number, n: number) => value - (n & ((n - value) >> 31));
