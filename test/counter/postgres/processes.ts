import { expect, test } from "vitest";
import { PostgresCounter } from "../../support/library.ts";
import { randomFrom, testSeed } from "../../support/random.ts";
import { audit } from "../../support/state-log.ts";
import { startProcess, startThread } from "../../support/workers.ts";
import { logFolder, pause } from "../support/host.ts";
import { connect, create, markOf, NOTHING, startServer, startWorker, take, type Working } from "./host.ts";

const SIZES = [1, 2, 3, 7, 16, 64, 256, 1000];
const WORKERS_AT_ONCE = 4;

/** Processes that share a row: `blocks` by each of eight, and `kills`. */
export function testProcesses({ blocks, kills }: { blocks: number; kills: number }): void {
  test("F1, F35: 8 processes on one row with block sizes of their own: disjoint, and no number lost", async () => {
    const { url } = await created();
    const folder = logFolder();
    const workers = await Promise.all(
      SIZES.map((size, i) =>
        startWorker(folder, {
          url,
          client: i % 2 ? "pg" : "postgres",
          store: "row",
          counts: [size, size + 1],
          blocks,
          options: { timeout: 60_000 },
        }),
      ),
    );
    await expectAll(workers, blocks);
    expect(
      audit(
        workers.map((worker) => worker.log()),
        await markOf(url),
      ),
    ).toEqual(NOTHING);
  });

  test("F2: threads, counters of this thread, and a process: disjoint, and no number lost", async () => {
    const { url } = await created();
    const folder = logFolder();
    const job = { url, client: "pg", store: "row", counts: [5, 10], blocks, options: { timeout: 60_000 } } as const;
    const workers = await Promise.all(
      [startThread, startThread, startThread, startProcess].map((start) => startWorker(folder, job, start)),
    );
    const { client } = connect(url);
    const counters = [1, 2, 3].map(() => new PostgresCounter(client, { timeout: 60_000 }));
    const [mine] = await Promise.all([
      Promise.all(counters.map((counter) => take(counter, blocks / 5, 3))),
      expectAll(workers, blocks),
    ]);
    const logs = [...workers.map((worker) => worker.log()), { blocks: mine.flat(), issued: [], unanswered: 0n }];
    expect(audit(logs, await markOf(url))).toEqual(NOTHING);
  });

  test(`F3: ${kills} processes killed at random moments: disjoint, and no more lost than they had asked for`, async () => {
    const { url } = await created();
    const { seed, note } = testSeed();
    const random = randomFrom(seed);
    const schedule = Array.from({ length: kills }, (_, i) => ({
      client: i % 2 ? ("pg" as const) : ("postgres" as const),
      counts: Array.from({ length: 8 }, () => 1 + random(200)),
      // The first never is, so that one is killed at work whatever the seed.
      early: random(4) === 0 && i > 0,
      life: random(30),
    }));
    const folder = logFolder();
    const workers: Working[] = [];
    const rounds = [...schedule];
    const slot = async () => {
      for (let round = rounds.pop(); round; round = rounds.pop()) {
        const { client, counts, early, life } = round;
        const worker = await startWorker(folder, {
          url,
          client,
          store: "row",
          counts,
          blocks: Number.POSITIVE_INFINITY,
          options: { timeout: 60_000 },
        });
        workers.push(worker);
        while (!early && worker.log().blocks.length === 0) await pause(1);
        await pause(life);
        await worker.kill();
        expect(await worker.answer, `it was at work; ${note}`).toBeUndefined();
      }
    };
    await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, slot));
    // What they had sent may still be done.
    await pause(500);
    const logs = workers.map((worker) => worker.log());
    const { lost, ...findings } = audit(logs, await markOf(url));
    expect(findings, `lost ${lost}; ${note}`).toEqual({ overlaps: [], repeats: 0, strays: [], unexplained: 0n });
    const killedLate = schedule.filter(({ early }) => !early).length;
    expect(killedLate, note).toBeGreaterThan(0);
    expect(logs.filter((log) => log.blocks.length > 0).length, note).toBeGreaterThanOrEqual(killedLate);
  });

  test("the same audit finds the repeats of numbers that are read and written back", async () => {
    const { url, server } = await created();
    await server.query("CREATE TABLE naive AS SELECT 0::bigint AS mark");
    const folder = logFolder();
    const job = { url, client: "pg", store: "unlocked", counts: [5], blocks } as const;
    const workers = await Promise.all(Array.from({ length: 4 }, () => startWorker(folder, job)));
    await expectAll(workers, blocks);
    const logs = workers.map((worker) => worker.log());
    expect(audit(logs, 2n ** 62n).overlaps.length).toBeGreaterThan(0);
  });

  test("and those of a sequence after a crash", async () => {
    const { url, server } = await created();
    await server.query("CREATE SEQUENCE naive_10 INCREMENT 10 MINVALUE 0; SELECT nextval('naive_10')");
    await server.query("CHECKPOINT");
    // Another's transaction takes the number for which the next 32 are logged, and that is not yet on the disk.
    const [{ pid }] = await server.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
    process.kill(pid, "SIGSTOP");
    const { client } = connect(url);
    const connection = await (client as import("pg").Pool).connect();
    connection.on("error", () => {});
    await connection.query("BEGIN; SELECT nextval('naive_10')");
    const folder = logFolder();
    const job = { url, client: "pg", store: "sequence", counts: [10], blocks: 5 } as const;
    const before = await startWorker(folder, job);
    await expectAll([before], 5);
    const stopped = server.stop("immediate");
    await pause(100);
    process.kill(pid, "SIGCONT");
    await stopped;
    await server.start();
    const after = await startWorker(folder, job);
    await expectAll([after], 5);
    expect(audit([before.log(), after.log()], 2n ** 62n).overlaps.length).toBeGreaterThan(0);
  });

  test("and those of a counter that starts at 0 where nothing is", async () => {
    const { url, server } = await created();
    await server.query("CREATE UNLOGGED TABLE naive_unlogged (id int PRIMARY KEY, mark bigint)");
    const folder = logFolder();
    const job = { url, client: "pg", store: "restarting", counts: [10], blocks: 5 } as const;
    const before = await startWorker(folder, job);
    await expectAll([before], 5);
    await server.restart("immediate");
    const after = await startWorker(folder, job);
    await expectAll([after], 5);
    expect(audit([before.log(), after.log()], 2n ** 62n).overlaps.length).toBeGreaterThan(0);
  });
}

async function created() {
  const server = await startServer();
  await create(server.url);
  return { server, url: server.url };
}

async function expectAll(workers: readonly Working[], blocks: number): Promise<void> {
  const answers = await Promise.all(workers.map(({ answer }) => answer));
  expect(answers).toEqual(workers.map(() => ({ blocks, retries: {} })));
}
