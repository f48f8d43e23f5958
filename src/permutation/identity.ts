import { checkOptions } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { BuiltInPermutation } from "./permutation.js";

/**
 * f(x) = x: ids are the raws themselves. For tests, and for keys that nobody outside sees.
 *
 * @param options.engine The engine to run on; default `"auto"`.
 * @throws EngineUnavailableError if `engine` is `"wasm"` and WebAssembly cannot start.
 * @example
 * ```ts
 * import { IdentityPermutation } from "permid64";
 *
 * new IdentityPermutation().forward(7n); // => 7n
 * ```
 */
export class IdentityPermutation extends BuiltInPermutation {
  constructor(options: { engine?: EngineChoice } = {}) {
    super({ kind: "identity" }, checkOptions("options", options, { engine: true }).engine);
  }
}
