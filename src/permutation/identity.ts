import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

/**
 * f(x) = x: ids are the raws themselves. For tests, and for ids that need not look random.
 *
 * @param options.engine Which engine runs; default `"auto"`.
 * @throws EngineUnavailableError if `engine` is `"wasm"` and that cannot start.
 * @example
 * ```ts
 * import { IdentityPermutation } from "permid64";
 *
 * new IdentityPermutation().forward(7n); // => 7n
 * ```
 */
export class IdentityPermutation extends BuiltInPermutation {
  constructor(options: { engine?: EngineChoice } = {}) {
    super({ kind: "identity" }, options.engine);
  }
}
