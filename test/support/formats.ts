import fc from "fast-check";

// What the tests of tokens share.

export const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
export const CROCKFORD32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export const ALPHABETS = { base62: BASE62, crockford32: CROCKFORD32 };
export const CODECS = ["base62", "crockford32"] as const;

/** Characters of a token. */
const LENGTHS = { base62: 11, crockford32: 13 };

export const U64_MAX = 2n ** 64n - 1n;

/** Uniform, small, near 2^32, near 2^64, and single bits: where u64 arithmetic goes wrong if it does. */
export const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: U64_MAX }),
  fc.bigInt({ min: 0n, max: 64n }),
  fc.bigInt({ min: 2n ** 32n - 2n, max: 2n ** 32n + 2n }),
  fc.bigInt({ min: U64_MAX - 64n, max: U64_MAX }),
  fc.integer({ min: 0, max: 63 }).map((bit) => 1n << BigInt(bit)),
);

/** The token of a value, digit by digit: nothing of the library's. */
export function written(codec: (typeof CODECS)[number], value: bigint): string {
  const base = BigInt(ALPHABETS[codec].length);
  let [text, rest] = ["", value];
  for (let i = 0; i < LENGTHS[codec]; i++, rest /= base) text = ALPHABETS[codec][Number(rest % base)] + text;
  return text;
}

/** The value of a token, or undefined for a text that is none. */
export function read(codec: (typeof CODECS)[number], text: string): bigint | undefined {
  const digits = [...text].map((character) => ALPHABETS[codec].indexOf(character));
  if (digits.length !== LENGTHS[codec] || digits.includes(-1)) return undefined;
  const value = digits.reduce((sum, digit) => sum * BigInt(ALPHABETS[codec].length) + BigInt(digit), 0n);
  return value > U64_MAX ? undefined : value;
}

/** Prefixes: none, short, in words, and as long as they may be. */
export const prefix = fc.constantFrom("", "o", "ord", "order_item2", "a".repeat(32));

/**
 * Strings near the largest token `max`: they agree with it up to some place and go on at random, there or one digit beside,
 * sometimes with a character too many, too few, or of no alphabet.
 */
export function near(max: string, alphabet: string): fc.Arbitrary<string> {
  const character = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...alphabet) },
    { weight: 1, arbitrary: fc.constantFrom("!", " ", "é", "٠", "０", "I", "l", "u", "\n", "_", "-") },
  );
  const same = fc.integer({ min: 0, max: max.length });
  const beside = fc.integer({ min: -1, max: 1 });
  const rest = fc.array(character, { minLength: max.length, maxLength: max.length });
  const cut = fc.oneof({ weight: 10, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) });
  return fc.tuple(same, beside, rest, cut).map(([same, beside, rest, cut]) => {
    const moved = alphabet[alphabet.indexOf(max[same] ?? "0") + beside] ?? "0";
    return [...max.slice(0, same), moved, ...rest].slice(0, max.length + cut).join("");
  });
}

/** The code of what `call` throws, of whatever class; undefined if it returns. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** A deterministic stream of u64: the xorshift64* of Vigna, https://arxiv.org/abs/1402.6246. */
export function randomU64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ (state << 25n));
    state ^= state >> 27n;
    return BigInt.asUintN(64, state * 0x2545_f491_4f6c_dd1dn);
  };
}
