import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { RedisCounter, type RedisCounterOptions } from "../../support/library.ts";
import { randomFrom, testSeed } from "../../support/random.ts";
import { audit, INSTANCE, readLog } from "../../support/state-log.ts";
import { logFolder, pause, ROLLBACK } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { ioredis } from "./clients.ts";
import { needsRedis, serve, startWorker, type Worked } from "./host.ts";
import type { Answer, Job } from "./log.ts";
import { servePair } from "./pair.ts";

beforeEach(needsRedis);

const { seed, note } = testSeed();
console.log(note);

const instanceId = INSTANCE;
const KEY = "permid64:default";
const MARK = `mark:${instanceId}`;
const COUNTS = [1, 2, 7, 64];

const hasBlock = async (log: string) => {
  while (readLog(log).blocks.length === 0) await pause(2);
};

describe("SIGKILL, 200 rounds at random moments", { timeout: 300_000 }, () => {
  const ROUNDS = 200;
  const WORKERS_AT_ONCE = 4;

  async function killRounds(store: Job["store"], rounds: number) {
    const server = await serve();
    await RedisCounter.create(await ioredis(server.port), { instanceId });
    const folder = logFolder();
    const random = randomFrom(seed);
    const schedule = Array.from({ length: rounds }, (_, round) => ({
      log: join(folder, `${round}`),
      early: random(4) === 0,
      life: random(100), // With 15, workers met so seldom that the naive counter below often got away with it.
      counts: Array.from({ length: 4 }, () => COUNTS[random(4)]!),
    }));
    const answers: (Answer | undefined)[] = [];
    let next = 0;
    const slot = async () => {
      while (next < rounds) {
        const { log, early, life, counts } = schedule[next++]!;
        const worker = await startWorker({ port: server.port, log, store, counts });
        if (!early) await Promise.race([hasBlock(log), worker.answer]);
        await pause(life);
        worker.kill();
        answers.push(await worker.answer);
      }
    };
    await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, slot));
    return { server, answers, logs: schedule.map(({ log }) => readLog(log)) };
  }

  test("no overlap, and no more lost than the kills explain", async () => {
    const { server, answers, logs } = await killRounds("redis", ROUNDS);
    expect(answers.filter(Boolean), `no worker gave up; ${note}`).toEqual([]);
    expect(logs.filter(({ blocks }) => blocks.length > 0).length, note).toBeGreaterThan(ROUNDS / 4);
    const mark = BigInt((await server.admin.hget(KEY, MARK))!);
    expect(audit(logs, mark), note).toMatchObject({ overlaps: [], unexplained: 0n });
  });

  test("the same schedule finds the overlaps of a counter that reads and writes back", async () => {
    const { server, logs } = await killRounds("get-set", 40);
    const mark = BigInt((await server.admin.get("naive"))!);
    expect(audit(logs, mark).overlaps.length, note).toBeGreaterThan(0);
  });
});

describe("a random schedule of kills, cuts, restarts and failovers", { timeout: 300_000 }, () => {
  const STEPS = 40;
  const WORKERS = 3;
  /** A replica writes the copy of its master to its own file after it says that it is up. */
  const WRITTEN = /aof_rewrite_in_progress:0\s+aof_rewrite_scheduled:0/;

  interface Outcome {
    /** What was done and what came of it, in order. */
    readonly story: string;
    readonly ended: Answer[];
    readonly overlaps: string[];
    readonly blocks: number;
    readonly failovers: number;
  }

  /** What a store of that kind did under the schedule of the seed; it ends early when all workers have given up. */
  async function play(store: Job["store"], options: RedisCounterOptions): Promise<Outcome> {
    const pair = await servePair();
    let { master, replica, link } = pair;
    const { address } = pair;
    await RedisCounter.create(await ioredis(master.port), { instanceId });
    const folder = logFolder();
    const random = randomFrom(seed);
    const logs: string[] = [];
    const ended: Answer[] = [];
    const story = [note];
    const workers: Worked[] = [];

    const addWorker = async () => {
      const log = join(folder, `${logs.length}`);
      logs.push(log);
      const counts = Array.from({ length: 4 }, () => COUNTS[random(4)]!);
      const worker = await startWorker({ port: address.port, log, store, options, counts });
      workers.push(worker);
      void worker.answer.then((answer) => {
        if (!answer) return;
        ended.push(answer);
        story.push(`worker of log ${log.slice(folder.length + 1)}: ${answer.message}`);
      });
    };
    /** Consent covers what one event loses, and not that it loses the answer to the one before as well. */
    const inStep = async () => {
      await replica.waitFor(/master_link_status:up/);
      await replica.waitFor(WRITTEN, "persistence");
      if (options.replicas) return;
      await master.admin.set("in", "step");
      while ((await master.admin.wait(1, 1000)) < 1);
    };

    const steps: Record<string, () => Promise<void>> = {
      "replace a worker": async () => {
        workers.shift()?.kill();
        await addWorker();
      },
      "cut the clients off": async () => {
        address.cut();
        await pause(random(50));
        address.mend();
      },
      "lose replies": async () => {
        address.muteReplies();
        await pause(random(100));
        address.mend();
      },
      "stall the replica": async () => {
        link.freeze();
        await pause(random(300));
        link.mend();
        await inStep();
      },
      "kill the master, and start it again": async () => {
        await master.kill();
        await master.restart({ replicaof: "no one" }); // It may have been started as a replica.
        await inStep();
      },
      "fail over, with leases that the replica does not have": async () => {
        link.freeze();
        await pause(random(200));
        await master.kill();
        await replica.promote();
        address.retarget(replica.port);
        [master, replica] = [replica, master];
        link = await startProxy(master.port);
        await replica.restart({ replicaof: `127.0.0.1 ${link.port}` });
        await inStep();
      },
    };
    const names = Object.keys(steps);
    let failovers = 0;
    await inStep();
    for (let i = 0; i < WORKERS; i++) await addWorker();
    for (let step = 0; step < STEPS && ended.length < workers.length; step++) {
      await pause(50 + random(200));
      const name = names[random(names.length)]!;
      if (name.startsWith("fail over")) failovers++;
      story.push(name);
      await steps[name]!();
    }
    await pause(500);
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ answer }) => answer));
    const found = logs.map(readLog);
    const blocks = found.flatMap((log) => log.blocks);
    const mark = blocks.reduce((most, { end }) => (end > most ? end : most), 0n);
    return { story: story.join("\n"), ended, failovers, blocks: blocks.length, overlaps: audit(found, mark).overlaps };
  }

  test("with WAIT and consent: all go on, without overlap", async () => {
    const outcome = await play("redis", { replicas: 1, timeout: 1000, skipAhead: 1n });
    expect(outcome, outcome.story).toMatchObject({ ended: [], overlaps: [] });
    expect(outcome.blocks, outcome.story).toBeGreaterThan(100);
  });

  test("without WAIT, with consent to enough: all go on, without overlap", async () => {
    const outcome = await play("redis", { timeout: 1000, skipAhead: 100_000_000n });
    expect(outcome, outcome.story).toMatchObject({ ended: [], overlaps: [] });
    expect(outcome.blocks, outcome.story).toBeGreaterThan(100);
  });

  test("without consent: all end in a rollback, without overlap", async () => {
    const { story, ended, overlaps } = await play("redis", { timeout: 1000 });
    expect(overlaps, story).toEqual([]);
    expect(ended.length, story).toBeGreaterThan(0);
    expect(new Set(ended.map(({ code }) => code)), story).toEqual(new Set([ROLLBACK]));
  });

  test("the same schedule finds the overlaps of INCRBY", async () => {
    const { story, failovers, overlaps } = await play("incrby", {});
    expect(failovers, story).toBeGreaterThan(0);
    expect(overlaps.length, story).toBeGreaterThan(0);
  });
});
