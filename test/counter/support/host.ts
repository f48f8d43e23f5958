import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import type { PermId64Error } from "../../support/library.ts";

// What the tests of all stores need.

export const ROLLBACK = "ERR_PERMID64_COUNTER_ROLLBACK";
export const CONFIG = "ERR_PERMID64_COUNTER_CONFIG";
export const CORRUPT = "ERR_PERMID64_COUNTER_CORRUPT";
export const MISSING = "ERR_PERMID64_COUNTER_NOT_INITIALIZED";
export const UNAVAILABLE = "ERR_PERMID64_COUNTER_UNAVAILABLE";
export const BUSY = "ERR_PERMID64_COUNTER_BUSY";
export const TIMEOUT = "ERR_PERMID64_COUNTER_TIMEOUT";
export const EXHAUSTED = "ERR_PERMID64_COUNTER_EXHAUSTED";
export const CLOSED = "ERR_PERMID64_CLOSED";

export const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A folder for the logs of workers that goes when the test ends. */
export function logFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "permid64-logs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What it was refused with. */
export async function refused(promise: Promise<unknown>): Promise<PermId64Error> {
  const error = await promise.then(
    (value) => expect.fail(`resolved with ${inspect(value)}`),
    (error) => error,
  );
  return error as PermId64Error;
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await refused(promise);
  return error.code ?? String(error);
}

/** Until it no longer fails with what passes by itself. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error as PermId64Error).retryable) throw error;
      await pause(20);
    }
  }
}
