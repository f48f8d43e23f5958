import { checkU64, checkU64Array, type U64Like } from "../base/check.js";
import { chooseEngine } from "../engine/choose.js";
import type { EngineChoice, EngineName, Kernel, Permutation, PermutationParameters } from "../engine/engine.js";

/** A permutation and its parameters, as plain JSON: u64 as decimal strings, longer keys in hexadecimal. Holds the key. */
export type PermutationConfig =
  | { kind: "identity" }
  | { kind: "multiplicative"; a: string; b: string }
  | { kind: "feistel"; key: string; rounds: number }
  | { kind: "speck"; key: string };

/** The base of the permutations of this library: parameters in private, execution by an engine. */
export abstract class BuiltInPermutation implements Permutation {
  readonly #parameters: PermutationParameters;
  readonly #engine: EngineName;
  readonly #kernel: Kernel;

  /** @internal */
  protected constructor(parameters: PermutationParameters, engine: EngineChoice = "auto") {
    const chosen = chooseEngine(engine);
    this.#parameters = parameters;
    this.#engine = chosen.name;
    this.#kernel = chosen.kernel(parameters);
  }

  /** The engine that runs: `"wasm"` or `"bigint"`. */
  get engine(): EngineName {
    return this.#engine;
  }

  /**
   * The id of a raw.
   *
   * @param x An integer from 0 to 2^64 - 1.
   * @returns A bigint from 0 to 2^64 - 1, another for each x.
   * @throws TypeError or RangeError if `x` is no u64.
   */
  forward(x: U64Like): bigint {
    return this.#kernel.forward(checkU64("x", x));
  }

  /**
   * The raw of an id: undoes {@link forward}.
   *
   * @param y An integer from 0 to 2^64 - 1.
   * @returns A bigint from 0 to 2^64 - 1.
   * @throws TypeError or RangeError if `y` is no u64.
   */
  inverse(y: U64Like): bigint {
    return this.#kernel.inverse(checkU64("y", y));
  }

  /**
   * {@link forward} on each element, in place.
   *
   * @throws TypeError if `xs` is no BigUint64Array.
   */
  forwardMany(xs: BigUint64Array): void {
    this.#kernel.forwardMany(checkU64Array("xs", xs));
  }

  /**
   * {@link inverse} on each element, in place.
   *
   * @throws TypeError if `ys` is no BigUint64Array.
   */
  inverseMany(ys: BigUint64Array): void {
    this.#kernel.inverseMany(checkU64Array("ys", ys));
  }

  /**
   * The parameters of a permutation of this library; undefined for others.
   *
   * @internal
   */
  static parametersOf(permutation: Permutation): PermutationParameters | undefined {
    return #parameters in permutation ? permutation.#parameters : undefined;
  }
}
