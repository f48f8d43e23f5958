import { SpeckPermutation } from "../index.js";
import { UsageError } from "./failure.js";

const VARIABLES = {
  key: "PERMID64_KEY",
  previousKey: "PERMID64_PREVIOUS_KEY",
  a: "PERMID64_A",
  b: "PERMID64_B",
} as const;

const EPOCH_VARIABLE = "PERMID64_KEY_EPOCH";

type Secret = keyof typeof VARIABLES;

export type KeyEpoch = "0" | "1";

export const isSet = (name: Secret) => process.env[VARIABLES[name]] !== undefined;

/** A u64 from the environment, as the option of that name; none if the variable is not set. */
export function u64From<Name extends "key" | "a" | "b">(name: Name): { [Key in Name]?: bigint } {
  const text = process.env[VARIABLES[name]];
  if (text === undefined) return {};
  // Empty is refused too: a secret that failed to arrive must not turn into the default, which is public.
  if (!/^([0-9]{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) {
    const kind = name === "key" ? "feistel" : "multiplicative";
    throw new UsageError(
      `${VARIABLES[name]} expected a number for --kind ${kind}, in decimal or as 0x and hexadecimal digits, got another text`,
    );
  }
  return { [name]: BigInt(text) } as { [Key in Name]?: bigint };
}

/** A 128-bit key from the environment, which has no default. */
export function keyFrom(name: "key" | "previousKey"): string {
  const text = process.env[VARIABLES[name]];
  if (text === undefined) throw new UsageError(`${VARIABLES[name]} is not set; permid64 keygen makes a key`);
  try {
    new SpeckPermutation({ key: text, engine: "bigint" });
  } catch (error) {
    // The library's text names the option.
    throw new UsageError((error as Error).message.replace('"key"', VARIABLES[name]));
  }
  return text;
}

/** The epoch of the key in the environment, as the environment or `--epoch` says; undefined if neither does. */
export function epochFrom(option: KeyEpoch | undefined): KeyEpoch | undefined {
  const text = process.env[EPOCH_VARIABLE];
  if (text === undefined) return option;
  // Not shown, since it may be a key that was put into the wrong variable.
  if (text !== "0" && text !== "1") throw new UsageError(`${EPOCH_VARIABLE} expected 0 or 1, got another text`);
  if (option !== undefined && option !== text) {
    throw new UsageError(`--epoch ${option} contradicts ${EPOCH_VARIABLE}, which is ${text}`);
  }
  return text;
}

/** Arguments are seen by all users of a machine (ps), and kept in shell histories. */
export function refuseSecretArguments(args: readonly string[]): void {
  if (args.some((argument) => /^--?((previous-?)?key|k|a|b)(=|$)/i.test(argument))) {
    const names = Object.values(VARIABLES).join(", ");
    throw new UsageError(`keys are not taken from arguments, which others can see: set ${names}, or use --config`);
  }
}
