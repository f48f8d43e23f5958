import { checkSecretU64, invalidType, show } from "../base/check.js";
import type { Engine, Kernel, Permutation } from "../engine/engine.js";
import { bigintKernel } from "../engine/kernel.js";
import { BuiltInPermutation } from "./permutation.js";

/** Inputs that tell a permutation from a constant, a truncation to 32 bits or 53, and a pair that does not match. */
const PROBES = [0n, 1n, 0x8000_0000_0000_0000n, 0x0123_4567_89ab_cdefn];

/**
 * A permutation as `engine` runs it. The user's own runs as it is, with the engine's codecs, and its results are checked.
 *
 * Throws a TypeError for what is no permutation: two ids would become one.
 */
export function kernelOf(permutation: Permutation, engine: Engine): Kernel {
  if (typeof permutation?.forward !== "function" || typeof permutation.inverse !== "function") {
    throw invalidType("permutation", 'an object with "forward" and "inverse"', show(permutation));
  }
  const parameters = BuiltInPermutation.parametersOf(permutation);
  if (parameters) return engine.kernel(parameters);
  const checked: Permutation = {
    forward: (x) => checkSecretU64("permutation.forward(x)", permutation.forward(x)),
    inverse: (y) => checkSecretU64("permutation.inverse(y)", permutation.inverse(y)),
  };
  for (const x of PROBES) {
    if (checked.inverse(checked.forward(x)) !== x) {
      throw invalidType("permutation", `inverse(forward(x)) to be x for ${x}n`, "another value: two ids could collide");
    }
  }
  return bigintKernel(engine, checked);
}
