import { checkSecretU64 } from "../base/check.js";
import type { Engine, Kernel } from "../engine/engine.js";
import { mappingKernel } from "../engine/kernel.js";
import { BuiltInPermutation, type Permutation } from "./permutation.js";

/** A permutation as `engine` runs it. The user's own runs as it is, its results checked, with the engine's codecs. */
export function kernelOf(permutation: Permutation, engine: Engine): Kernel {
  const spec = BuiltInPermutation.specOf(permutation);
  if (spec) return engine.kernel(spec);
  return mappingKernel(engine, {
    forward: (x) => checkSecretU64("permutation.forward(x)", permutation.forward(x)),
    inverse: (y) => checkSecretU64("permutation.inverse(y)", permutation.inverse(y)),
  });
}
