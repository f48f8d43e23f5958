import { checkInteger } from "../base/check.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import type { EngineChoice, Permutation } from "../engine/engine.js";
import {
  FEISTEL_OPTIONS,
  Feistel64Permutation,
  type FeistelOptions,
  MAX_ROUNDS,
  SAFE_ROUNDS,
} from "../permutation/feistel.js";
import { IdentityPermutation } from "../permutation/identity.js";
import {
  MULTIPLICATIVE_OPTIONS,
  type MultiplicativeOptions,
  MultiplyOddPermutation,
} from "../permutation/multiplicative.js";
import { SPECK_OPTIONS, type SpeckOptions, SpeckPermutation } from "../permutation/speck.js";

// The static constructors take the options of the permutation beside the others. Each function here checks all names, and
// puts the permutation in place of its options.

type Names = Readonly<Record<string, true>>;
type WithPermutation<Others> = Others & { permutation: Permutation };

/** Splits options into those of the permutation and the others. The engine belongs to both. */
function withPermutation<Others extends object, Own extends object>(
  options: Others & Own,
  others: Names,
  own: OptionNames<Own>,
  make: (options: Own & { engine?: EngineChoice }) => Permutation,
): WithPermutation<Others> {
  const entries = Object.entries(
    checkOptions<object>("options", options, { ...others, ...own } as OptionNames<object>),
  );
  const mine = entries.filter(([name]) => name === "engine" || Object.hasOwn(own, name));
  const rest = entries.filter(([name]) => !Object.hasOwn(own, name));
  return { ...Object.fromEntries(rest), permutation: make(Object.fromEntries(mine) as Own) } as WithPermutation<Others>;
}

export const withMultiplicative = <Others extends object>(options: Others & MultiplicativeOptions, others: Names) =>
  withPermutation<Others, MultiplicativeOptions>(
    options,
    others,
    MULTIPLICATIVE_OPTIONS,
    (own) => new MultiplyOddPermutation(own),
  );

export const withFeistel = <Others extends object>(options: Others & FeistelOptions, others: Names, minRounds = 1) =>
  withPermutation<Others, FeistelOptions>(options, others, FEISTEL_OPTIONS, (own) => {
    if (own.rounds !== undefined) checkInteger("rounds", own.rounds, minRounds, MAX_ROUNDS);
    return new Feistel64Permutation(own);
  });

/** A Feistel network for new ids. With fewer rounds, ids show structure: those that exist can still be decoded. */
export const withSafeFeistel = <Others extends object>(options: Others & FeistelOptions, others: Names) =>
  withFeistel<Others>(options, others, SAFE_ROUNDS);

export const withSpeck = <Others extends object>(options: Others & SpeckOptions, others: Names) =>
  withPermutation<Others, SpeckOptions>(options, others, SPECK_OPTIONS, (own) => new SpeckPermutation(own));

export const withIdentity = <Others extends object>(options: Others, others: Names) =>
  withPermutation<Others, object>(options, others, {} as OptionNames<object>, (own) => new IdentityPermutation(own));
