import { onTestFinished } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { type RedisClient, RedisCounter, type RedisCounterOptions } from "../../support/library.ts";
import { startProcess } from "../../support/workers.ts";
import { type Answer, CLAIM, type Job } from "./log.ts";
import { hasRedis, RedisServer, type Settings } from "./server.ts";

const SCRIPT = new URL("./worker.ts", import.meta.url);

export const needsRedis = (context: Parameters<typeof lacking>[0]) => {
  if (!hasRedis) lacking(context, "redis-server");
};

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

/** A worker at its job. */
export interface Worked {
  /** What ended it, or undefined if it was killed. */
  readonly answer: Promise<Answer | undefined>;
  kill(): Promise<void>;
}

/** A process, or a thread, that ends with the test. */
export async function startWorker(job: Job, start: typeof startProcess = startProcess): Promise<Worked> {
  const worker = await start<Job, Answer>(SCRIPT);
  onTestFinished(() => worker.kill());
  return { answer: worker.run(job), kill: () => worker.kill() };
}

export async function opened(client: RedisClient, options: RedisCounterOptions, claim = CLAIM): Promise<RedisCounter> {
  const counter = new RedisCounter(client, options);
  await counter.open(claim);
  return counter;
}
