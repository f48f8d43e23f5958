import { type Command, Option } from "commander";
import type { TokenOptions } from "../index.js";
import { UsageError } from "./failure.js";

/** The codecs, by the short names that they have beside the other forms of an id. */
const CODECS = { base62: "base62", base32: "crockford32" } as const;

export type TokenForm = keyof typeof CODECS;

/** How ids are written. */
export interface FormatOptions<Other extends string = string> {
  format?: TokenForm | Other;
  prefix?: string;
  check?: true;
}

export function addFormatOptions(command: Command, formats: readonly string[], description: string): void {
  command
    .addOption(new Option("-f, --format <format>", description).choices(formats))
    .option("--prefix <word>", "what tokens start with, before an underscore")
    .option("--check", "tokens end with a check character");
}

/** What was said of tokens, as the library takes it. */
export function tokenOptionsOf({ format, prefix, check }: FormatOptions): TokenOptions {
  const codec = CODECS[format as TokenForm] as TokenOptions["codec"];
  if ((format === "u64" || format === "uuid") && (prefix !== undefined || check)) {
    throw new UsageError(`--prefix and --check are of tokens: not with --format ${format}`);
  }
  return {
    ...(prefix !== undefined && { prefix }),
    ...(codec && { codec }),
    ...(check && { check }),
  };
}
