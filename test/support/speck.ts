// Speck as its designers' paper has it (https://eprint.iacr.org/2013/404, section 4), for all word sizes: in BigInt, with nothing
// of the library's. Words are in the paper's order, most significant first: a key is (l[m-2], ..., l[0], k[0]).

interface Speck {
  readonly wordBits: bigint;
  readonly rounds: number;
}

export const SPECK_32_64: Speck = { wordBits: 16n, rounds: 22 };
export const SPECK_64_96: Speck = { wordBits: 32n, rounds: 26 };
export const SPECK_64_128: Speck = { wordBits: 32n, rounds: 27 };
export const SPECK_128_128: Speck = { wordBits: 64n, rounds: 32 };

type Block = readonly [x: bigint, y: bigint];

/** The round function and its inverse, on words of n bits. */
function roundOf({ wordBits: n }: Speck) {
  const word = (x: bigint) => BigInt.asUintN(Number(n), x);
  const left = (x: bigint, by: bigint) => word(x << by) | (x >> (n - by));
  const right = (x: bigint, by: bigint) => left(x, n - by);
  const [alpha, beta] = n === 16n ? [7n, 2n] : [8n, 3n];
  return {
    forward([x, y]: Block, key: bigint): Block {
      const next = word(right(x, alpha) + y) ^ key;
      return [next, left(y, beta) ^ next];
    },
    inverse([x, y]: Block, key: bigint): Block {
      const before = right(x ^ y, beta);
      return [left(word((x ^ key) - before), alpha), before];
    },
  };
}

function roundKeys(speck: Speck, key: readonly bigint[]): bigint[] {
  const { forward } = roundOf(speck);
  const [first, ...l] = key.toReversed();
  const keys = [first!];
  for (let i = 0; i < speck.rounds - 1; i++) {
    const [nextL, nextK] = forward([l[i]!, keys[i]!], BigInt(i));
    l.push(nextL);
    keys.push(nextK);
  }
  return keys;
}

/** Both directions under a key. */
export function speckOf(speck: Speck, key: readonly bigint[]) {
  const keys = roundKeys(speck, key);
  const { forward, inverse } = roundOf(speck);
  return {
    encrypt: (block: Block): Block => keys.reduce(forward, block),
    decrypt: (block: Block): Block => keys.reduceRight(inverse, block),
  };
}

/** Speck64/128 on u64, of which x is the upper half, with a key of 16 bytes in the implementation guide's order. */
export function speckOfBytes(bytes: Uint8Array) {
  const word = (at: number) => BigInt(Buffer.from(bytes).readUInt32LE(at));
  const { encrypt, decrypt } = speckOf(SPECK_64_128, [word(12), word(8), word(4), word(0)]);
  const split = (id: bigint): Block => [id >> 32n, id & 0xffff_ffffn];
  const join = ([x, y]: Block) => (x << 32n) | y;
  return {
    forward: (id: bigint) => join(encrypt(split(id))),
    inverse: (id: bigint) => join(decrypt(split(id))),
  };
}
