import { strideOf } from "../codec/codec.js";
import type { Engine, Kernel, Permutation } from "./engine.js";

/** Ids that are held at a time while their tokens are written. */
const PART = 1024;

/** The kernel of any permutation: one bigint after the other, with the engine's codecs. */
export function bigintKernel(engine: Engine, { forward, inverse }: Permutation): Kernel {
  const fill = (start: bigint, out: BigUint64Array) => {
    for (let i = 0; i < out.length; i++) out[i] = forward(start + BigInt(i));
  };
  const ids = (start: bigint, count: number) => {
    const out = new BigUint64Array(count);
    fill(start, out);
    return out;
  };
  const kernel: Kernel = {
    forward,
    inverse,
    decode(id, layout) {
      const raw = inverse(id);
      const { instanceId, sequence } = layout.decompose(raw);
      return { raw, instanceId, sequence };
    },
    decodeIds(ids, layout, { instanceId, sequence }) {
      for (let i = 0; i < ids.length; i++) {
        const origin = layout.decompose(inverse(ids[i]!));
        instanceId[i] = origin.instanceId;
        sequence[i] = origin.sequence;
      }
    },
    decodeTokens(codec, bytes, stride, layout, out) {
      const valid = engine.decodeMany(codec, bytes, stride, out.sequence);
      kernel.decodeIds(out.sequence.subarray(0, valid), layout, out);
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
  return kernel;
}
