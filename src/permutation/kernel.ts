import { checkSecretU64 } from "../check.js";
import { strideOf } from "../codec/codec.js";
import { decodeColumns, decomposed } from "../engine/bigint.js";
import type { Engine, Kernel } from "../engine/engine.js";
import { BuiltInPermutation, type Permutation } from "./permutation.js";

/** A permutation as `engine` runs it; the user's own runs as it is, and the engine does the rest. */
export function kernelOf(permutation: Permutation, engine: Engine): Kernel {
  const spec = BuiltInPermutation.specOf(permutation);
  return spec ? engine.kernel(spec) : customKernel(permutation, engine);
}

function customKernel(permutation: Permutation, engine: Engine): Kernel {
  const forward = (x: bigint) => checkSecretU64("permutation.forward(x)", permutation.forward(x));
  const inverse = (y: bigint) => checkSecretU64("permutation.inverse(y)", permutation.inverse(y));
  const ids = (start: bigint, count: number) =>
    BigUint64Array.from({ length: count }, (_, i) => forward(start + BigInt(i)));
  return {
    forward,
    inverse,
    decode: (id, layout) => decomposed(inverse(id), layout),
    decodeMany: (...args) => decodeColumns(engine, inverse, ...args),
    forwardMany(xs) {
      for (let i = 0; i < xs.length; i++) xs[i] = forward(xs[i]!);
    },
    inverseMany(ys) {
      for (let i = 0; i < ys.length; i++) ys[i] = inverse(ys[i]!);
    },
    fill(start, out) {
      for (let i = 0; i < out.length; i++) out[i] = forward(start + BigInt(i));
    },
    text: (codec, start, count) => engine.text(codec, ids(start, count)),
    fillText(codec, start, out, separator) {
      const count = Math.floor(out.length / strideOf(codec, separator));
      engine.encodeMany(codec, ids(start, count), out, separator);
    },
  };
}
