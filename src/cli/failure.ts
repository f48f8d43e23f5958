import type { CommanderError } from "commander";
import { PermId64Error } from "../index.js";
import { visible } from "./terminal.js";
import { wordsOf } from "./wording.js";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_STATE = 3;

/** The command line, environment or config is wrong. */
export class UsageError extends Error {
  readonly code = "ERR_PERMID64_USAGE";

  /** From the parser's error, without arguments that may be keys. */
  static from({ message }: CommanderError): UsageError {
    const text = message
      .replace(/^error: |\.$/g, "")
      .replace(/^(unknown option '(--[^=']*|-[^-])).*/s, "$1'")
      .replace(/^(too many arguments.*? but got [0-9]+).*/s, "$1");
    return new UsageError(`${text}; see permid64 --help`);
  }
}

/** A record of the input is not what it has to be. */
export class RecordError extends Error {
  readonly code = "ERR_PERMID64_RECORD";
}

export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

export function exitStatusOf(error: unknown): number {
  const code = codeOf(error);
  if (error instanceof RecordError) return EXIT_FAILED;
  if (error instanceof PermId64Error) return code?.startsWith("ERR_PERMID64_COUNTER_") ? EXIT_STATE : EXIT_FAILED;
  // All other errors of the library are about arguments.
  return code?.startsWith("ERR_PERMID64_") ? EXIT_USAGE : EXIT_FAILED;
}

/** The text of an error or warning: one line, safe for a terminal. */
export function lineOf(error: unknown, where = ""): string {
  const { message } = error as Error;
  const code = codeOf(error);
  const text = visible(wordsOf(message).replace(/\s*\n\s*/g, " "));
  return `permid64: ${where}${text}${code === undefined ? "" : ` (${code})`}\n`;
}
