import type { Codec } from "../codec/codec.js";

/**
 * The check character of the token at `from`, from the codec's own alphabet: the hybrid system of ISO/IEC 7064 (its MOD 37,36, with
 * the size of the alphabet for 36). It finds every wrong character, and all swaps of neighbours but one in 1891, or in 496 of base 32.
 */
export function checkCharacter({ alphabet, digits, length }: Codec, text: string, from = 0): string {
  const n = alphabet.length;
  let product = n;
  for (let i = from; i < from + length; i++) {
    const sum = wrap(product + digits[text.charCodeAt(i)]!, n);
    product = wrap(2 * sum, n + 1);
  }
  return alphabet[(n + 1 - product) % n]!;
}

/** `value` modulo `n`, from 1 to `n`, if it is at most 2n. Branches would be mispredicted, and divisions take as long. */
const wrap = (value: number, n: number) => value - (n & ((n - value) >> 31));
