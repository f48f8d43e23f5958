import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished } from "vitest";
import { lacking } from "../support/lacking.js";
import { type PermId64Error, type RedisClient, RedisCounter, type RedisCounterOptions } from "../support/library.js";
import { type Answer, type Job, LINEAGE } from "./redis-log.js";
import { hasRedis, RedisServer, type Settings } from "./redis-server.js";

const SCRIPT = new URL("./redis-worker.ts", import.meta.url);

export const needsRedis = (context: Parameters<typeof lacking>[0]) => {
  if (!hasRedis) lacking(context, "redis-server");
};

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "permid64-redis-logs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Servers that end with the test. */
export async function serve(settings?: Settings): Promise<RedisServer> {
  const server = await RedisServer.start(settings);
  onTestFinished(() => server.close());
  return server;
}

export async function serveReplica(master: RedisServer, port?: number, settings?: Settings): Promise<RedisServer> {
  const server = await RedisServer.startReplica(master, port, settings);
  onTestFinished(() => server.close());
  return server;
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A worker at its job. */
export interface Worked {
  /** What ended it, or undefined if it was killed. */
  readonly answer: Promise<Answer | undefined>;
  kill(): void;
}

export async function startProcess(job: Job): Promise<Worked> {
  const child: ChildProcess = fork(SCRIPT, {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("close", (status, signal) => {
        if (signal === "SIGKILL") resolve(undefined);
        else reject(new Error(`worker ended with ${status ?? signal}`));
      });
    });
  await next();
  const answer = next() as Promise<Answer | undefined>;
  child.send(job);
  return { answer, kill: () => void child.kill("SIGKILL") };
}

export async function startThread(job: Job): Promise<Worked> {
  const thread = new Worker(SCRIPT, { execArgv: [] });
  onTestFinished(async () => void (await thread.terminate()));
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
  await next();
  const answer = next() as Promise<Answer>;
  thread.postMessage(job);
  return { answer, kill: () => void thread.terminate() };
}

/** A generator of 32 bits of state, Mulberry32. Returns integers from 0 to below `limit`. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export async function opened(
  client: RedisClient,
  options: RedisCounterOptions,
  lineage = LINEAGE,
): Promise<RedisCounter> {
  const counter = new RedisCounter(client, options);
  await counter.open(lineage);
  return counter;
}

/** What it was refused with. */
export async function refused(promise: Promise<unknown>): Promise<PermId64Error> {
  const error = await promise.then(
    (value) => expect.fail(`resolved with ${inspect(value)}`),
    (error) => error,
  );
  return error as PermId64Error;
}

export const codeOf = async (promise: Promise<unknown>) => (await refused(promise)).code;

export const UNAVAILABLE = "ERR_PERMID64_COUNTER_UNAVAILABLE";
export const TIMEOUT = "ERR_PERMID64_COUNTER_TIMEOUT";
export const MISSING = "ERR_PERMID64_COUNTER_NOT_INITIALIZED";
export const CORRUPT = "ERR_PERMID64_COUNTER_CORRUPT";
export const CONFIG = "ERR_PERMID64_COUNTER_CONFIG";
export const ROLLBACK = "ERR_PERMID64_COUNTER_ROLLBACK";
export const EXHAUSTED = "ERR_PERMID64_COUNTER_EXHAUSTED";

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
