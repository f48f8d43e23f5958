import { strideOf } from "../codec/codec.js";
import type { Engine, Kernel } from "./engine.js";

/** A permutation as two functions on bigints. */
export interface Mapping {
  forward(x: bigint): bigint;
  inverse(y: bigint): bigint;
}

/** How many ids are held at a time while their tokens are written. */
const PART = 1024;

/** The kernel of a mapping: one bigint after the other, with the engine's codecs. */
export function mappingKernel(engine: Engine, { forward, inverse }: Mapping): Kernel {
  const fill = (start: bigint, out: BigUint64Array) => {
    for (let i = 0; i < out.length; i++) out[i] = forward(start + BigInt(i));
  };
  const ids = (start: bigint, count: number) => {
    const out = new BigUint64Array(count);
    fill(start, out);
    return out;
  };
  return {
    forward,
    inverse,
    decode(id, layout) {
      const raw = inverse(id);
      const { instanceId, sequence } = layout.decompose(raw);
      return { raw, instanceId, sequence };
    },
    decodeMany(codec, bytes, stride, layout, { instanceId, sequence }) {
      const valid = engine.decodeMany(codec, bytes, stride, sequence);
      for (let i = 0; i < valid; i++) {
        const decoded = layout.decompose(inverse(sequence[i]!));
        instanceId[i] = decoded.instanceId;
        sequence[i] = decoded.sequence;
      }
      return valid;
    },
    forwardMany(xs) {
      for (let i = 0; i < xs.length; i++) xs[i] = forward(xs[i]!);
    },
    inverseMany(ys) {
      for (let i = 0; i < ys.length; i++) ys[i] = inverse(ys[i]!);
    },
    fill,
    text: (codec, start, count) => engine.text(codec, ids(start, count)),
    fillText(codec, start, out, separator) {
      const stride = strideOf(codec, separator);
      const total = Math.floor(out.length / stride);
      for (let from = 0; from < total; from += PART) {
        const part = ids(start + BigInt(from), Math.min(PART, total - from));
        engine.encodeMany(codec, part, out.subarray(from * stride), separator);
      }
    },
  };
}
