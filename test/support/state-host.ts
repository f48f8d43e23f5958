import { fork } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished } from "vitest";
import type { Answer, AttemptJob, Job } from "./state-worker.ts";

const SCRIPT = new URL("./state-worker.ts", import.meta.url);

/** A folder that goes when the test ends. Other users may enter it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "permid64-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return folder;
}

/** A worker that is up and waits for its job. */
export interface Peer {
  /** Resolves to nothing if the worker was killed before it answered; rejects if it failed. */
  run(job: Job): Promise<Answer | undefined>;
  kill(): void;
}

/** Starts a worker as a process; `wrapper` is a command to run it by. */
export function startProcess(wrapper: readonly string[] = []): Promise<Peer> {
  const [command, ...before] = [...wrapper, process.execPath];
  const child = fork(SCRIPT, {
    execPath: command!,
    // The warnings that a worker answers with need not be printed too.
    execArgv: [...before, "--disable-warning=PermId64Warning"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr!.on("data", (chunk) => {
    complaint += chunk;
  });
  const ended = new Promise<undefined>((resolve, reject) => {
    child.once("close", (status, signal) => {
      if (status === 0 || signal === "SIGKILL") resolve(undefined);
      else reject(new Error(`worker ended with ${status ?? signal}: ${complaint}`));
    });
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended.catch(() => {}); // Whoever waits for an answer is told.
  });
  const next = () => Promise.race([new Promise<unknown>((resolve) => child.once("message", resolve)), ended]);
  const peer: Peer = {
    run(job) {
      child.send(job);
      return next() as Promise<Answer | undefined>;
    },
    kill: () => child.kill("SIGKILL"),
  };
  return next().then(() => peer);
}

/** Starts a worker as a thread of this process. */
export function startThread(): Promise<Peer> {
  const thread = new Worker(SCRIPT);
  onTestFinished(async () => {
    await thread.terminate();
  });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
  const peer: Peer = {
    run(job) {
      thread.postMessage(job);
      return next() as Promise<Answer>;
    },
    kill: () => void thread.terminate(),
  };
  return next().then(() => peer);
}

/** What a fresh process makes of a state. */
export async function attempt(job: Omit<AttemptJob, "task">, wrapper?: readonly string[]): Promise<Answer> {
  const peer = await startProcess(wrapper);
  const answer = await peer.run({ task: "attempt", ...job });
  expect(answer, "the worker answered").toBeDefined();
  return answer!;
}
