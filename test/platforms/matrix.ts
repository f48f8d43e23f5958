import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, type TestContext } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    row?: Row;
    size?: Size;
    /** A platform that this machine lacks. */
    missing?: string;
  }
}

/** Where permid64 runs, and what it gets there. */
export interface Place {
  readonly platform: string;
  readonly version: string;
  readonly engine: "wasm" | "bigint";
  readonly counter?: "state file";
  readonly note?: string;
}

/** A line of the table. */
export interface Row extends Place {
  readonly checks: number;
}

/** What of permid64 is in an app. */
export interface Size {
  /** A file of app/. */
  readonly app: string;
  readonly bundler: string;
  readonly version: string;
  readonly bytes: number;
  readonly gzipped: number;
}

/** What the suite takes and answers: app/conformance.mjs. */
interface SuiteOptions {
  readonly engine?: "bigint" | undefined;
  readonly stateFile?: string | undefined;
}

export interface Result {
  readonly engine: string;
  readonly checks: number;
  readonly failures: readonly string[];
}

/** A folder with all of test/platforms/app, and the packed permid64 installed. */
export const app = inject("app");

/** The path of a state file that is not there yet. */
export const newStateFile = () => join(mkdtempSync(join(app, "state-")), "ids.state");

/** The path of a file in the packages of this folder. */
export const installed = (path: string) => join(import.meta.dirname, "node_modules", path);

/** A program from the packages of this folder. */
export const bin = (name: string) => installed(`.bin/${name}`);

export const versionOf = (manifest: string): string => JSON.parse(readFileSync(manifest, "utf8")).version;

/** A script of this folder, which Node runs for us. */
export const script = (name: string) => [process.execPath, join(import.meta.dirname, name)];

/** No platform asks for updates or tells anyone of this, and what it writes down goes with the app's folder. */
export const ENVIRONMENT = {
  ...process.env,
  HOME: app,
  PERMID64_KEY: "000102030405060708090a0b0c0d0e0f",
  DENO_NO_UPDATE_CHECK: "1",
  DO_NOT_TRACK: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** Runs a command in the app's folder and returns what it printed. */
export async function run([program, ...before]: readonly string[], ...args: readonly string[]): Promise<string> {
  const options = { cwd: app, env: ENVIRONMENT, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(program!, [...before, ...args], options);
  return stdout;
}

/** Asserts that the suite ran, all of it, on the engine that the place should get, and puts it in the table. */
export async function passed({ task }: TestContext, place: Place, result: Result, engine?: "bigint") {
  expect(result.failures).toEqual([]);
  expect(result.engine).toBe(place.engine);
  expect(result.checks).toBe(await checksOf({ engine, stateFile: place.counter && newStateFile() }));
  task.meta.row = { ...place, checks: result.checks };
}

const counts = new Map<string, number>();

/** How many checks the suite makes in Node.js with these options. */
async function checksOf(options: SuiteOptions): Promise<number> {
  const kind = Object.values(options).map(Boolean).join();
  if (!counts.has(kind)) counts.set(kind, (await suiteInProcess([process.execPath], options)).checks);
  const checks = counts.get(kind)!;
  expect(checks).toBeGreaterThan(9000);
  return checks;
}

export async function suiteInProcess(command: readonly string[], options: SuiteOptions) {
  return JSON.parse(await run(command, "process.mjs", JSON.stringify(options))) as Result & {
    readonly versions: Readonly<Record<string, string>>;
  };
}
