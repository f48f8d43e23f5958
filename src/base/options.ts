import { closestMatch } from "leven";
import { invalidType, show, typeOf } from "./check.js";
import type { ErrorCode } from "./errors.js";

/** The names of all options of a call. The compiler compares them with the type: none can be forgotten. */
export type OptionNames<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>;

/** Joins two lists of names. A call, because esbuild keeps an object with a spread even if nothing uses it. */
export const joinNames = <const A extends object, const B extends object>(a: A, b: B): A & B => ({ ...a, ...b });

/** Letters that may be wrong in a name for it to be taken as another one. */
const MAX_DISTANCE = 3;

/**
 * The gate for every object of options. An unknown name is refused: a misspelt option would do nothing, in silence.
 *
 * The errors show the type of a value and the name of an option, and nothing more: a key may stand in the wrong place.
 */
export function checkOptions<Options extends object>(
  name: string,
  value: Options,
  names: OptionNames<Options>,
): Options {
  for (const option of Object.keys(checkObject(name, value))) {
    if (!Object.hasOwn(names, option)) throw unknownOption(name, option, Object.keys(names));
  }
  return value;
}

export function checkObject<T extends object>(name: string, value: T): T {
  if (typeof value !== "object" || value === null) throw invalidType(name, "an object", typeOf(value));
  return value;
}

/**
 * Refuses an option that is present but undefined, such as one from an environment variable that is not set.
 * `meaning` is what leaving the option out means: weaker than what the caller asked for.
 */
export function refuseUndefined<Options extends object>(
  options: Options,
  option: (Options extends unknown ? keyof Options : never) & string,
  meaning: string,
): void {
  if (option in options && options[option as keyof Options] === undefined) {
    throw invalidType(option, "a value", `undefined; leave the option out for ${meaning}`);
  }
}

function unknownOption(name: string, option: string, known: string[]): TypeError {
  const nearest = closestMatch(option, known, { maxDistance: MAX_DISTANCE });
  const hint = nearest === undefined ? `known options: ${known.join(", ")}` : `did you mean "${nearest}"?`;
  const code: ErrorCode = "ERR_PERMID64_UNKNOWN_OPTION";
  return Object.assign(new TypeError(`"${name}" has an unknown option ${show(option)}; ${hint}`), { code });
}
