import pg from "pg";
import {
  type AsyncCounter,
  type Block,
  PermId64Error,
  PostgresCounter,
  type PostgresCounterOptions,
} from "../../support/library.ts";
import { AsyncLoggingCounter } from "../../support/state-log.ts";
import { answerJob } from "../../support/workers.ts";
import { CLAIM, PG, POSTGRES } from "./clients.ts";

// A process of a test. It says when it is up, takes one job, and answers when that is done, or fails for good.

export interface ReserveJob {
  readonly url: string;
  readonly client: "pg" | "postgres";
  /** Ours, or one that has to be caught. */
  readonly store: "row" | "sequence" | "unlocked" | "restarting";
  readonly options?: PostgresCounterOptions;
  readonly instanceId?: number;
  readonly log: string;
  /** How many numbers each reservation asks for, over and over. */
  readonly counts: readonly number[];
  readonly blocks: number;
  /** Milliseconds between them. */
  readonly pace?: number;
}

export interface ReserveAnswer {
  readonly blocks: number;
  /** What ended the job early. */
  readonly failure?: { readonly code: string | undefined; readonly message: string };
  /** How often it was told to try again, by code. */
  readonly retries: Readonly<Record<string, number>>;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The obvious way, which does not hold: a sequence, whose numbers are given out before they are on the disk. */
class SequenceCounter implements AsyncCounter {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 1 });
    this.#pool.on("error", () => {});
  }

  async reserve(count: number): Promise<Block> {
    // A sequence that goes up by this many.
    const { rows } = await this.#pool.query(`SELECT nextval('naive_${count}') AS n`);
    const start = BigInt(rows[0].n);
    return { start, end: start + BigInt(count) };
  }
}

/** Another: the number is read, and written back, without a lock in between. */
class UnlockedCounter implements AsyncCounter {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 1 });
  }

  async reserve(count: number): Promise<Block> {
    const { rows } = await this.#pool.query("SELECT mark FROM naive");
    const start = BigInt(rows[0].mark);
    const end = start + BigInt(count);
    await this.#pool.query(`UPDATE naive SET mark = ${end}`);
    return { start, end };
  }
}

/** And one that makes what is missing, of a table that a crash empties. */
class RestartingCounter implements AsyncCounter {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 1 });
  }

  async reserve(count: number): Promise<Block> {
    const { rows } = await this.#pool.query(
      `INSERT INTO naive_unlogged AS n VALUES (1, ${count}) ON CONFLICT (id) DO UPDATE SET mark = n.mark + ${count} RETURNING mark`,
    );
    const end = BigInt(rows[0].mark);
    return { start: end - BigInt(count), end };
  }
}

function counterOf({ url, client, store, options }: ReserveJob): AsyncCounter {
  if (store === "sequence") return new SequenceCounter(url);
  if (store === "unlocked") return new UnlockedCounter(url);
  if (store === "restarting") return new RestartingCounter(url);
  // Two connections, as there is one reservation at a time.
  return new PostgresCounter((client === "pg" ? PG : POSTGRES).connect(url, 2).client, options);
}

async function work(job: ReserveJob): Promise<ReserveAnswer> {
  const counter = new AsyncLoggingCounter(counterOf(job), job.log);
  const claim = { ...CLAIM, instanceId: job.instanceId ?? CLAIM.instanceId };
  const retries: Record<string, number> = {};
  let blocks = 0;
  while (blocks < job.blocks) {
    try {
      await counter.reserve(job.counts[blocks % job.counts.length]!, claim);
      blocks++;
      if (job.pace) await pause(job.pace);
    } catch (error) {
      const { code, message } = error as PermId64Error;
      if (!(error instanceof PermId64Error && error.retryable)) return { blocks, failure: { code, message }, retries };
      retries[code] = (retries[code] ?? 0) + 1;
      await pause(20);
    }
  }
  return { blocks, retries };
}

answerJob(async (job: ReserveJob) => {
  const answer = await work(job);
  // Its connections would keep it; but first, what it answers has to be on its way.
  setTimeout(() => process.exit(), 100);
  return answer;
});
