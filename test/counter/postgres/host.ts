import { join } from "node:path";
import pg from "pg";
import { onTestFinished } from "vitest";
import {
  type AsyncCounter,
  type Block,
  type Claim,
  PostgresCounter,
  type PostgresCounterOptions,
} from "../../support/library.ts";
import { audit, type Findings, type Log, readLog } from "../../support/state-log.ts";
import { startProcess } from "../../support/workers.ts";
import { pause } from "../support/host.ts";
import type { TcpProxy } from "../support/proxy.ts";
import { CLAIM, type ClientKind, type OpenClient, PG } from "./clients.ts";
import { type Binaries, embedded, PostgresServer } from "./server.ts";
import type { ReserveAnswer, ReserveJob } from "./worker.ts";

/** What an audit finds where nothing went wrong and nobody was killed. */
export const NOTHING: Findings = { overlaps: [], repeats: 0, strays: [], lost: 0n, unexplained: 0n };

/** A server that goes when the test ends. */
export async function startServer(settings?: Record<string, string>, binaries?: Binaries): Promise<PostgresServer> {
  return ending(await PostgresServer.create(binaries ?? (await embedded()), settings));
}

export function ending(server: PostgresServer): PostgresServer {
  onTestFinished(() => server.remove());
  return server;
}

export const through = (proxy: TcpProxy, database = "postgres") =>
  `postgres://postgres@127.0.0.1:${proxy.port}/${database}`;

/** A client that is closed when the test ends. */
export function connect(url: string, kind: ClientKind = PG, connections?: number): OpenClient {
  const open = kind.connect(url, connections);
  onTestFinished(async () => {
    // One that waits for a server that is gone does not end.
    await Promise.race([open.end().catch(() => {}), pause(1000)]);
  });
  return open;
}

/** A pool of `pg` with settings of its own, such as the defaults of its sessions, that is closed when the test ends. */
export function poolOn(url: string, { sessions = {}, ...config }: pg.PoolConfig & { sessions?: object } = {}): pg.Pool {
  const options = Object.entries(sessions).map(([name, value]) => `-c ${name}=${String(value).replaceAll(" ", "\\ ")}`);
  const pool = new pg.Pool({ connectionString: url, options: options.join(" "), ...config });
  pool.on("error", () => {});
  onTestFinished(async () => {
    await Promise.race([pool.end(), pause(1000)]);
  });
  return pool;
}

/** A counter on instance 7 of a table in a database of its own kind, created and opened. */
export async function countOn(url: string, options: PostgresCounterOptions = {}): Promise<PostgresCounter> {
  const counter = new PostgresCounter(connect(url).client, { timeout: 20_000, ...options });
  await counter.open(CLAIM);
  return counter;
}

export const create = (
  url: string,
  options: { instanceId?: number; startAt?: bigint; table?: string; allowUnknownServer?: boolean } = {},
) => PostgresCounter.create(connect(url).client, { instanceId: CLAIM.instanceId, ...options });

/** `count` blocks, one after the other. */
export async function take(counter: AsyncCounter, count: number, size = 10, claim: Claim = CLAIM) {
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++) blocks.push(await counter.reserve(size, claim));
  return blocks;
}

/** As the audit of what processes wrote down, for blocks that were taken here. */
export const auditBlocks = (blocks: readonly Block[], mark: bigint) =>
  audit([{ blocks: [...blocks], issued: [], unanswered: 0n }], mark);

export async function markOf(url: string, options: { table?: string; instanceId?: number } = {}): Promise<bigint> {
  const { instanceId = CLAIM.instanceId, ...where } = options;
  const states = await PostgresCounter.inspect(connect(url).client, { timeout: 20_000, ...where });
  return states.find((state) => state.instanceId === instanceId)!.mark;
}

export interface Working {
  readonly answer: Promise<ReserveAnswer | undefined>;
  kill(): Promise<void>;
  log(): Log;
}

let jobs = 0;

/** A process, or a thread, that reserves and writes down what it was given. */
export async function startWorker(
  folder: string,
  job: Omit<ReserveJob, "log">,
  start: typeof startProcess = startProcess,
): Promise<Working> {
  const log = join(folder, `${jobs++}.log`);
  const worker = await start<ReserveJob, ReserveAnswer>(new URL("./worker.ts", import.meta.url));
  onTestFinished(() => worker.kill());
  return { answer: worker.run({ ...job, log }), kill: () => worker.kill(), log: () => readLog(log) };
}
