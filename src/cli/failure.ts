import type { CommanderError } from "commander";
import { PermId64Error } from "../index.js";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_STATE = 3;

/** A command line, environment or config that cannot be meant. */
export class UsageError extends Error {
  readonly code = "ERR_PERMID64_USAGE";

  /** From the parser's own, without what was typed where it may be a key. */
  static from({ message }: CommanderError): UsageError {
    const text = message
      .replace(/^error: |\.$/g, "")
      .replace(/^(unknown option '(--[^=']*|-[^-])).*/s, "$1'")
      .replace(/^(too many arguments.*? but got [0-9]+).*/s, "$1");
    return new UsageError(`${text}; see permid64 --help`);
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

export function exitStatusOf(error: unknown): number {
  const code = codeOf(error);
  if (error instanceof PermId64Error) return code?.startsWith("ERR_PERMID64_COUNTER_") ? EXIT_STATE : EXIT_FAILED;
  // The other errors of the library are those of arguments.
  return code?.startsWith("ERR_PERMID64_") ? EXIT_USAGE : EXIT_FAILED;
}

/** What is said of an error or warning: one line, in which what a stranger wrote commands no terminal. */
export function lineOf(error: unknown, where = ""): string {
  const { message } = error as Error;
  const code = codeOf(error);
  const text = message
    .replace(/\s*\n\s*/g, " ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  return `permid64: ${where}${text}${code === undefined ? "" : ` (${code})`}\n`;
}
