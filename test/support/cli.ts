import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Id64Decoder } from "permid64";
import { onTestFinished } from "vitest";

/** The built command, run by the Node that runs the tests. */
const CLI = fileURLToPath(import.meta.resolve("../../dist/cli.js"));

export interface Result {
  /** The exit status, or the signal that ended it. */
  status: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  input?: string | Uint8Array;
}

function start(command: string, args: readonly string[], { cwd, env }: RunOptions): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("PERMID64_"));
  const child = spawn(command, args, { ...(cwd && { cwd }), env: { ...Object.fromEntries(inherited), ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  // One that ends early leaves its input unread.
  child.stdin.on("error", () => {});
  return child;
}

/** `permid64 <args>`, to be talked to while it runs. */
export function startCli(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  return start(process.execPath, [CLI, ...args], options);
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Result> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk) => stdout.push(chunk));
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.once("close", (status, signal) =>
      resolve({
        status: status ?? signal!,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/** `permid64 <args>`, to its end. */
export function cli(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = startCli(args, options);
  child.stdin.end(options.input);
  return ended(child);
}

const withCli = (line: string) => `permid64() { "${process.execPath}" "${CLI}" "$@"; }\n${line}`;

/** `next` on a state file of the folder that it runs in. Options behind these override them. */
export const NEXT = ["next", "--state", "permid64.state", "--instance", "0"] as const;

/** A line of shell, in which `permid64` is the command. */
export function shell(line: string, options: RunOptions = {}): Promise<Result> {
  const child = start("sh", ["-c", withCli(line)], options);
  child.stdin.end(options.input);
  return ended(child);
}

/** The same on a terminal: what is typed and what is seen are its standard input and output. */
export function terminal(line: string, options: RunOptions = {}): ChildProcessWithoutNullStreams {
  return start("script", ["--quiet", "--return", "--command", withCli(line), "/dev/null"], options);
}

export const linesOf = (text: string) => text.split("\n").slice(0, -1);

/** The sequence numbers of base62 tokens under the default parameters, one per line. */
export function sequencesOf(text: string): bigint[] {
  return [...Id64Decoder.multiplicative().decodeManyBase62(Buffer.from(text), { separator: 10 }).sequence];
}
