import { Redis } from "ioredis";
import { PermId64Error, RedisCounter } from "../../support/library.ts";
import { AsyncLoggingCounter } from "../../support/state-log.ts";
import { answerJob } from "../../support/workers.ts";
import { type Answer, CLAIM, getThenSet, incrementBy, type Job } from "./log.ts";

// A process or thread of a test: it takes a job, reserves block after block, and answers what ended it.

async function work({ port, log, store, options, counts, calls = Number.POSITIVE_INFINITY }: Job): Promise<Answer> {
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20 });
  client.on("error", () => {});
  const counter =
    store === "redis"
      ? new RedisCounter(client, options)
      : store === "incrby"
        ? incrementBy(client)
        : getThenSet(client);
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
    client.disconnect();
  }
}

answerJob(work);
