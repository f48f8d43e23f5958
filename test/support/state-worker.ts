import { existsSync, readFileSync, writeFileSync } from "node:fs";
import {
  type Block,
  base62ToU64,
  type Counter,
  crockford32ToU64,
  Id64,
  PermId64Error,
  SqliteCounter,
  type SqliteCounterOptions,
} from "permid64";
import { INSTANCE, LoggingCounter, PATIENT } from "./state-log.ts";
import { answerJob } from "./workers.ts";

// A process or thread of a test. It says when it is up, takes one job, answers, and ends.

/** Issues through a log, until `count` numbers are issued or somebody ends it. */
export interface IssueJob {
  readonly task: "issue";
  readonly path: string;
  readonly log: string;
  readonly store: "sqlite" | "naive";
  readonly blockSize: number;
  /** How many ids each call issues, over and over. */
  readonly calls: readonly number[];
  readonly count: number;
}

/** Opens a state as a fresh process does, issues `count` numbers, and says what came of it. */
export interface AttemptJob {
  readonly task: "attempt";
  readonly path: string;
  readonly count: number;
  readonly options?: SqliteCounterOptions;
  readonly blockSize?: number;
  /** The user to become first, for whom permissions hold. */
  readonly uid?: number | undefined;
  readonly folder?: string;
}

/** Makes new states, numbered, until somebody ends it, or up to `count`. */
export interface CreateJob {
  readonly task: "create";
  readonly path: string;
  readonly log: string;
  readonly count: number;
}

export type Job = IssueJob | AttemptJob | CreateJob;

export interface Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;
  readonly message: string;
}

export interface Answer {
  readonly issued: readonly bigint[];
  readonly failure: Failure | undefined;
  /** The codes of the process warnings. */
  readonly warnings: readonly string[];
}

/**
 * What this library must not be: a number in a file, read and written back without a lock. It takes a moment
 * between the two, as any program may.
 */
class NaiveCounter implements Counter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  reserve(count: number): Block {
    const start = existsSync(this.#path) ? BigInt(readFileSync(this.#path, "utf8")) : 0n;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    const end = start + BigInt(count);
    writeFileSync(this.#path, String(end));
    return { start, end };
  }
}

function issue({ path, log, store, blockSize, calls, count }: IssueJob, issued: bigint[]): void {
  const inner = store === "sqlite" ? new SqliteCounter(path, PATIENT) : new NaiveCounter(path);
  const counter = new LoggingCounter(inner, log);
  const ids = Id64.multiplicative({ instanceId: INSTANCE, counter, blockSize });
  // It hears of nothing meanwhile, not even that whoever started it is gone.
  const { ppid } = process;
  for (let call = 0; issued.length < count && process.ppid === ppid; call++) {
    const n = Math.min(calls[call % calls.length]!, count - issued.length);
    const numbers = (n === 1 ? [nextOf(ids, call)] : [...ids.takeU64(n)]).map((id) => ids.decode(id).sequence);
    counter.issued(numbers);
    if (count < Number.POSITIVE_INFINITY) issued.push(...numbers);
  }
  ids.close();
}

/** One id, by each of the calls that issue one in turn. */
function nextOf(ids: Id64, call: number): bigint {
  if (call % 3 === 0) return ids.nextU64();
  return call % 3 === 1 ? base62ToU64(ids.nextBase62()) : crockford32ToU64(ids.nextBase32());
}

function attempt({ path, count, options, blockSize = 10, uid, folder }: AttemptJob, issued: bigint[]): void {
  if (folder !== undefined) process.chdir(folder);
  if (uid !== undefined) {
    process.setgid!(uid);
    process.setuid!(uid);
  }
  using counter = new SqliteCounter(path, options);
  using ids = Id64.multiplicative({ instanceId: INSTANCE, counter, blockSize });
  for (let i = 0; i < count; i++) issued.push(ids.decode(ids.nextU64()).sequence);
}

function create({ path, log, count }: CreateJob, issued: bigint[]): void {
  for (let i = 0; i < count; i++) {
    using counter = new SqliteCounter(`${path}.${i}`, PATIENT);
    const logging = new LoggingCounter(counter, `${log}.${i}`);
    using ids = Id64.multiplicative({ instanceId: INSTANCE, counter: logging, blockSize: 10 });
    const numbers = Array.from(ids.takeU64(10), (id) => ids.decode(id).sequence);
    logging.issued(numbers);
    issued.push(...numbers);
  }
}

async function work(job: Job): Promise<Answer> {
  const warnings: string[] = [];
  process.on("warning", (warning) => warnings.push((warning as NodeJS.ErrnoException).code ?? warning.name));
  const issued: bigint[] = [];
  let failure: Failure | undefined;
  try {
    if (job.task === "issue") issue(job, issued);
    else if (job.task === "attempt") attempt(job, issued);
    else create(job, issued);
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    failure = { name, code, message, retryable: error instanceof PermId64Error ? error.retryable : undefined };
  }
  await new Promise(setImmediate); // Warnings are emitted a tick later.
  return { issued, failure, warnings };
}

answerJob(work);
