import { type Codec, writeNumber } from "../codec/codec.js";
import type { Engine, Permutation, PermutationParameters } from "./engine.js";
import { bigintKernel } from "./kernel.js";
import { tryReadToken } from "./read-token.js";

// The format in its plainest form, and the fallback where WebAssembly is missing. The ciphers of SPEC.md work
// on u32, which JavaScript's bit operators and Math.imul do natively; only u64 needs BigInt.

const identity: Permutation = { forward: (x) => x, inverse: (y) => y };

function affine(a: bigint, b: bigint, inverseA: bigint, inverseB: bigint): Permutation {
  return {
    forward: (x) => BigInt.asUintN(64, a * x + b),
    inverse: (y) => BigInt.asUintN(64, inverseA * y + inverseB),
  };
}

function feistel(roundKeys: Uint32Array): Permutation {
  const decryptionKeys = roundKeys.toReversed();
  const network = (left: number, right: number, keys: Uint32Array): [left: number, right: number] => {
    for (const key of keys) [left, right] = [right, left ^ roundFunction(right, key)];
    return [left, right];
  };
  return {
    forward(x) {
      const [left, right] = network(high(x), low(x), roundKeys);
      return pack(left, right);
    },
    // The inverse is the same network with the keys in reverse and the halves swapped before and after.
    inverse(y) {
      const [right, left] = network(low(y), high(y), decryptionKeys);
      return pack(left, right);
    },
  };
}

function roundFunction(right: number, key: number): number {
  let x = Math.imul(right ^ key, 0x9e3779b1);
  x ^= x >>> 16;
  x = rotateLeft(x, 5);
  x = Math.imul(x, 0x85ebca6b);
  return x ^ (x >>> 13);
}

function speck(roundKeys: Uint32Array): Permutation {
  const decryptionKeys = roundKeys.toReversed();
  return {
    forward(id) {
      let x = high(id);
      let y = low(id);
      for (const key of roundKeys) {
        x = (rotateLeft(x, 24) + y) ^ key;
        y = rotateLeft(y, 3) ^ x;
      }
      return pack(x, y);
    },
    inverse(id) {
      let x = high(id);
      let y = low(id);
      for (const key of decryptionKeys) {
        y = rotateLeft(x ^ y, 29);
        x = rotateLeft(((x ^ key) - y) | 0, 8);
      }
      return pack(x, y);
    },
  };
}

const rotateLeft = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));

const high = (x: bigint) => Number(x >> 32n);
const low = (x: bigint) => Number(x & 0xffff_ffffn);
const pack = (left: number, right: number) => (BigInt(left >>> 0) << 32n) | BigInt(right >>> 0);

/** A permutation of this library on bigints. */
export function bigintPermutation(parameters: PermutationParameters): Permutation {
  switch (parameters.kind) {
    case "identity":
      return identity;
    case "multiplicative":
      return affine(parameters.a, parameters.b, parameters.inverseA, parameters.inverseB);
    case "feistel":
      return feistel(parameters.roundKeys);
    case "speck":
      return speck(parameters.roundKeys);
  }
}

/** One division by BigInt; the digits of the two parts are plain numbers. */
function encodeDigits(codec: Codec, id: bigint): string {
  const scale = BigInt(codec.scale);
  return (
    writeNumber(codec.alphabet, Number(id / scale), codec.headLength) +
    writeNumber(codec.alphabet, Number(id % scale), codec.length - codec.headLength)
  );
}

export const bigintEngine: Engine = {
  name: "bigint",
  // Nothing is gained by preparing more: each id costs the same, whenever it is made.
  window: 16,
  kernel: (parameters) => bigintKernel(bigintEngine, bigintPermutation(parameters)),
  encode: encodeDigits,
  text(codec, ids) {
    let text = "";
    for (const id of ids) text += encodeDigits(codec, id);
    return text;
  },
  encodeMany(codec, ids, out, separator) {
    let at = 0;
    for (const id of ids) {
      const token = encodeDigits(codec, id);
      for (let i = 0; i < token.length; i++) out[at++] = token.charCodeAt(i);
      if (separator !== undefined) out[at++] = separator;
    }
  },
  join: ({ scale }, head, tail) => BigInt(head) * BigInt(scale) + BigInt(tail),
  decodeMany(codec, bytes, stride, out) {
    for (let i = 0; i < out.length; i++) {
      const id = tryReadToken(
        bigintEngine,
        codec,
        String.fromCharCode(...bytes.subarray(i * stride, i * stride + codec.length)),
      );
      if (id === undefined) return i;
      out[i] = id;
    }
    return out.length;
  },
};
