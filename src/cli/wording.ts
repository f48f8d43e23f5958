/** The names of the library's options, as this command calls them. */
const NAMES: Readonly<Record<string, string>> = {
  a: "PERMID64_A",
  b: "PERMID64_B",
  bits: "--bits",
  check: "--check",
  floor: "--to",
  instanceId: "--instance",
  key: "PERMID64_KEY",
  "keys.current.key": "PERMID64_KEY",
  "keys.previous.key": "PERMID64_PREVIOUS_KEY",
  name: "--name",
  path: "the state file",
  prefix: "--prefix",
  rounds: "--rounds",
  startAt: "--start-at",
  table: "--table",
  tenant: "--tenant",
  type: "--type",
};

/** Hints of the library that name options which this command does not have, and the commands and options that do the same. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/pass "floor" \(permid64 state raise\)/, "raise the mark (permid64 state raise)"],
  [/"create: false" \(--no-create\)/, "--no-create"],
  [/start a new one with "floor"/, "start a new one with permid64 state create --start-at"],
  [/Raise the mark, pass "skipAhead",/, "Raise the mark (permid64 state raise),"],
  [/(?<!id space )"name"/, "--name"],
  [/create (the|an) instance first/, "$& (permid64 state create)"],
  [/expected a token of epoch .*/, "$&; PERMID64_KEY_EPOCH says of which epoch PERMID64_KEY is"],
];

/** A text of the library, with the names of options that this command has. */
export const wordsOf = (message: string) =>
  HINTS.reduce(
    (text, [pattern, words]) => text.replace(pattern, words),
    message.replace(/^"([\w.]+)"/, (quoted, name: string) => NAMES[name] ?? quoted),
  );
