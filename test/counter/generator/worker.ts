import type { AsyncId64Options, PermId64Error } from "../../support/library.ts";
import { answerJob } from "../../support/workers.ts";
import { type CounterOptions, connectTo, LoggedGenerator, type Place } from "./stores.ts";

// A process of a test: several generators on one counter, which issue and write down what they issued.

export interface GeneratorJob {
  readonly place: Place;
  /** One for each generator. */
  readonly logs: readonly string[];
  /** Numbers of each, or none: until it is killed. */
  readonly numbers?: number;
  readonly options?: CounterOptions;
  readonly generator?: Pick<AsyncId64Options, "minBlock" | "maxBlock" | "timeout">;
}

export interface GeneratorAnswer {
  /** The codes of the errors that ended them. */
  readonly codes: readonly string[];
}

/** Single ones at the same time, and many at once. */
async function issue(generator: LoggedGenerator, numbers: number): Promise<void> {
  for (let issued = 0; issued < numbers; issued += 20) {
    await Promise.all([generator.next(), generator.next(), generator.next()]);
    await generator.take(17);
  }
}

async function work({ place, logs, numbers = Number.POSITIVE_INFINITY, options, generator }: GeneratorJob) {
  const { counter, end } = await connectTo(place, options);
  const results = await Promise.allSettled(
    logs.map((log) => issue(new LoggedGenerator(counter, log, generator), numbers)),
  );
  await end();
  const codes = results.flatMap((result) =>
    result.status === "rejected" ? [(result.reason as PermId64Error).code ?? String(result.reason)] : [],
  );
  return { codes } satisfies GeneratorAnswer;
}

answerJob(work);
