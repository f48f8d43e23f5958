import { type Command, Option } from "commander";
import type { TokenOptions } from "../index.js";
import { UsageError } from "./failure.js";

/** The codecs of tokens, by the names that the library gives them. */
export const TOKEN_FORMS = ["base62", "crockford32"] as const;

export type TokenForm = (typeof TOKEN_FORMS)[number];

/** How ids are written. */
export interface FormatOptions<Other extends string = string> {
  format?: TokenForm | Other;
  prefix?: string;
  check?: true;
}

export function addFormatOptions(command: Command, formats: readonly string[], description: string): void {
  command
    .addOption(new Option("-f, --format <format>", description).choices(formats))
    .option("--prefix <word>", "tokens start with this word and an underscore")
    .option("--check", "tokens end with a check character");
}

/** The options of tokens, as the library takes them. */
export function tokenOptionsOf({ format, prefix, check }: FormatOptions): TokenOptions {
  const codec = TOKEN_FORMS.find((form) => form === format);
  if ((format === "u64" || format === "uuid") && (prefix !== undefined || check)) {
    throw new UsageError(`--prefix and --check are of tokens: not with --format ${format}`);
  }
  return {
    ...(prefix !== undefined && { prefix }),
    ...(codec && { codec }),
    ...(check && { check }),
  };
}
