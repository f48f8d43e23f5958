import { Redis } from "ioredis";
import { createSentinel } from "redis";
import { PermId64Error, RedisCounter } from "../../support/library.ts";
import { AsyncLoggingCounter } from "../../support/state-log.ts";
import { answerJob } from "../../support/workers.ts";
import { type Answer, CLAIM, getThenSet, incrementBy, type Job } from "./log.ts";
import { MASTER_NAME } from "./master-name.ts";

// A process or thread of a test: it takes a job, reserves block after block, and answers what ended it.

async function connect({ port, sentinel }: Job) {
  const host = "127.0.0.1";
  if (sentinel === "node-redis") {
    const client = createSentinel({ name: MASTER_NAME, sentinelRootNodes: [{ host, port }], replicaPoolSize: 1 });
    client.on("error", () => {});
    await client.connect();
    return { client, end: () => client.destroy() };
  }
  const client = sentinel
    ? new Redis({ name: MASTER_NAME, sentinels: [{ host, port }], failoverDetector: true, retryStrategy: () => 20 })
    : new Redis(port, host, { retryStrategy: () => 20 });
  client.on("error", () => {});
  return { client, end: () => client.disconnect() };
}

async function work(job: Job): Promise<Answer> {
  const { log, store, options, counts, calls = Number.POSITIVE_INFINITY } = job;
  const { client, end } = await connect(job);
  const counter =
    store === "redis"
      ? new RedisCounter(client, options)
      : store === "incrby"
        ? incrementBy(client as Redis)
        : getThenSet(client as Redis);
  const logging = new AsyncLoggingCounter(counter, log);
  let retries = 0;
  try {
    for (let call = 0; call < calls; ) {
      try {
        await logging.reserve(counts[call % counts.length]!, CLAIM);
        call++;
      } catch (error) {
        if (!(error instanceof PermId64Error && error.retryable)) throw error;
        retries++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    return { code: undefined, message: undefined, retries };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code: code ?? "", message, retries };
  } finally {
    if (counter instanceof RedisCounter) counter.close();
    end();
  }
}

answerJob(work);
