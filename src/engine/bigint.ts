import { type Codec, strideOf, tryDecode, writeNumber } from "../codec/codec.js";
import type { Layout64 } from "../layout.js";
import type { DecodedId, Engine, Kernel, PermutationSpec } from "./engine.js";

// The format in its plainest form, and the fallback where WebAssembly is missing. The network of SPEC.md works
// on u32, which JavaScript's bit operators and Math.imul do natively; only u64 needs BigInt.

interface Mapping {
  forward(x: bigint): bigint;
  inverse(y: bigint): bigint;
}

const identity: Mapping = { forward: (x) => x, inverse: (y) => y };

function multiplicative(a: bigint, b: bigint, inverseA: bigint, inverseB: bigint): Mapping {
  return {
    forward: (x) => BigInt.asUintN(64, a * x + b),
    inverse: (y) => BigInt.asUintN(64, inverseA * y + inverseB),
  };
}

function feistel(roundKeys: Uint32Array): Mapping {
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
  x = (x << 5) | (x >>> 27);
  x = Math.imul(x, 0x85ebca6b);
  return x ^ (x >>> 13);
}

const high = (x: bigint) => Number(x >> 32n);
const low = (x: bigint) => Number(x & 0xffff_ffffn);
const pack = (left: number, right: number) => (BigInt(left >>> 0) << 32n) | BigInt(right >>> 0);

function mapping(spec: PermutationSpec): Mapping {
  switch (spec.kind) {
    case "identity":
      return identity;
    case "multiplicative":
      return multiplicative(spec.a, spec.b, spec.inverseA, spec.inverseB);
    case "feistel":
      return feistel(spec.roundKeys);
  }
}

function kernel(spec: PermutationSpec): Kernel {
  const { forward, inverse } = mapping(spec);
  return {
    forward,
    inverse,
    decode: (id, layout) => decomposed(inverse(id), layout),
    decodeMany: (...args) => decodeColumns(bigintEngine, inverse, ...args),
    forwardMany(xs) {
      for (let i = 0; i < xs.length; i++) xs[i] = forward(xs[i]!);
    },
    inverseMany(ys) {
      for (let i = 0; i < ys.length; i++) ys[i] = inverse(ys[i]!);
    },
    fill(start, out) {
      for (let i = 0; i < out.length; i++) out[i] = forward(start + BigInt(i));
    },
    text(codec, start, count) {
      let text = "";
      for (let i = 0; i < count; i++) text += encode(codec, forward(start + BigInt(i)));
      return text;
    },
    fillText(codec, start, out, separator) {
      writeTokens(
        codec,
        Math.floor(out.length / strideOf(codec, separator)),
        (i) => forward(start + BigInt(i)),
        out,
        separator,
      );
    },
  };
}

/** A raw and its parts. */
export function decomposed(raw: bigint, layout: Layout64): DecodedId {
  const { instanceId, sequence } = layout.decompose(raw);
  return { raw, instanceId, sequence };
}

/** Reads tokens with an engine, and inverts and splits them one by one. */
export function decodeColumns(
  engine: Engine,
  inverse: (y: bigint) => bigint,
  ...[codec, bytes, stride, layout, { instanceId, sequence }]: Parameters<Kernel["decodeMany"]>
): number {
  const valid = engine.decodeMany(codec, bytes, stride, sequence);
  for (let i = 0; i < valid; i++) {
    const decoded = layout.decompose(inverse(sequence[i]!));
    instanceId[i] = decoded.instanceId;
    sequence[i] = decoded.sequence;
  }
  return valid;
}

/** One division by BigInt; the digits of the two parts are plain numbers. */
function encode(codec: Codec, id: bigint): string {
  const scale = BigInt(codec.scale);
  return (
    writeNumber(codec.alphabet, Number(id / scale), codec.headLength) +
    writeNumber(codec.alphabet, Number(id % scale), codec.length - codec.headLength)
  );
}

function writeTokens(
  codec: Codec,
  count: number,
  id: (i: number) => bigint,
  out: Uint8Array,
  separator?: number,
): void {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const token = encode(codec, id(i));
    for (let j = 0; j < token.length; j++) out[at++] = token.charCodeAt(j);
    if (separator !== undefined) out[at++] = separator;
  }
}

const join = (codec: Codec, head: number, tail: number) => BigInt(head) * BigInt(codec.scale) + BigInt(tail);

export const bigintEngine: Engine = {
  name: "bigint",
  // Nothing is gained by preparing more: each id costs the same, whenever it is made.
  window: 16,
  kernel,
  encode,
  text(codec, ids) {
    let text = "";
    for (const id of ids) text += encode(codec, id);
    return text;
  },
  encodeMany(codec, ids, out, separator) {
    writeTokens(codec, ids.length, (i) => ids[i]!, out, separator);
  },
  join,
  decodeMany(codec, bytes, stride, out) {
    for (let i = 0; i < out.length; i++) {
      const id = tryDecode(
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
