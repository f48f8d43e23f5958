import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { Id64, SqliteCounter } from "../../support/library.ts";
import { randomFrom, testSeed } from "../../support/random.js";
import { attempt, type Peer, startProcess, startThread } from "../../support/state-host.js";
import { audit, INSTANCE, type Log, LoggingCounter, PATIENT, readLog } from "../../support/state-log.js";
import type { Answer, IssueJob } from "../../support/state-worker.js";

/** What an audit finds where nothing went wrong and nobody was killed. */
const NOTHING = { overlaps: [], repeats: 0, strays: [], lost: 0n, unexplained: 0n };

const markOf = (path: string) => SqliteCounter.inspect(path).find(({ instanceId }) => instanceId === INSTANCE)!.mark;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const BLOCK_SIZES = [1, 2, 3, 7, 16, 64, 256, 1000];

const thousand = (path: string, log: string, blockSize: number): IssueJob => {
  return { task: "issue", store: "sqlite", path, log, blockSize, calls: [1, 1, 1, 5, 1, 40], count: 1000 };
};

describe("many writers on one state", () => {
  async function together(path: string, peers: readonly Peer[], blockSizes: readonly number[]): Promise<Log[]> {
    const logs = peers.map((_, i) => `${path}.log.${i}`);
    const answers = await Promise.all(peers.map((peer, i) => peer.run(thousand(path, logs[i]!, blockSizes[i]!))));
    expect(answers.map((answer) => answer?.failure)).toEqual(peers.map(() => undefined));
    expect(answers.map((answer) => answer?.issued.length)).toEqual(peers.map(() => 1000));
    return logs.map(readLog);
  }

  test("8 processes with block sizes of their own: no repeat, and no number lost", async () => {
    const path = join(temporaryFolder(), "orders.state");
    const logs = await together(path, await Promise.all(BLOCK_SIZES.map(() => startProcess())), BLOCK_SIZES);
    expect(audit(logs, markOf(path))).toEqual(NOTHING);
  });

  test("threads, the generators of this thread, and another process: no repeat, and no number lost", async () => {
    const path = join(temporaryFolder(), "orders.state");
    const peers = await Promise.all([startThread(), startThread(), startThread(), startProcess()]);
    let busy = true;
    const others = together(path, peers, [4, 16, 64, 256]).finally(() => {
      busy = false;
    });
    // Two generators share a counter, the third has its own.
    const shared = new LoggingCounter(new SqliteCounter(path, PATIENT), `${path}.log.shared`);
    const own = new LoggingCounter(new SqliteCounter(path, PATIENT), `${path}.log.own`);
    const generators = [shared, shared, own].map((counter, i) => ({
      counter,
      ids: Id64.multiplicative({ instanceId: INSTANCE, counter, blockSize: 5 + i }),
    }));
    const mine: bigint[] = [];
    while (busy) {
      for (const { ids } of generators) mine.push(...Array.from(ids.takeU64(3), (id) => ids.decode(id).sequence));
      await pause(1);
    }
    const logs = await others;
    const blocks = [readLog(`${path}.log.shared`), readLog(`${path}.log.own`)];
    expect(audit([...logs, ...blocks], markOf(path))).toEqual(NOTHING);
    expect(new Set([...mine, ...logs.flatMap(({ issued }) => issued)]).size).toBe(mine.length + 4000);
  });

  test("8 processes that create the same states at once: all go on, and one of them warns for each", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "new");
    const peers = await Promise.all(BLOCK_SIZES.map(() => startProcess()));
    const states = 10;
    const answers = await Promise.all(
      peers.map((peer, i) => peer.run({ task: "create", path, log: `${folder}/log.${i}`, count: states })),
    );
    expect(answers.map((answer) => answer?.failure)).toEqual(peers.map(() => undefined));
    expect(answers.flatMap((answer) => answer!.warnings)).toEqual(Array(states).fill("PERMID64_STATE_CREATED"));
    for (let state = 0; state < states; state++) {
      const logs = peers.map((_, i) => readLog(`${folder}/log.${i}.${state}`));
      expect(logs.flatMap(({ issued }) => issued)).toHaveLength(80);
      expect(audit(logs, markOf(`${path}.${state}`))).toEqual(NOTHING);
    }
    const left = readdirSync(folder).filter((name) => !/^log\.|-journal$/.test(name));
    expect(left.sort(), "no drafts are left").toEqual(Array.from({ length: states }, (_, state) => `new.${state}`));
  });

  test("opening a state in one thread does not free the locks that other threads of the process hold", async () => {
    const path = join(temporaryFolder(), "orders.state");
    new SqliteCounter(path).close();
    // Stands for a thread within a reservation. POSIX locks belong to the process: closing any descriptor drops them.
    using thread = new DatabaseSync(path);
    thread.exec("BEGIN IMMEDIATE");
    new SqliteCounter(path).close();
    SqliteCounter.inspect(path);
    const { failure, issued } = await attempt({ path, count: 1, options: { timeout: 0 } });
    expect(issued).toEqual([]);
    expect(failure?.code).toBe("ERR_PERMID64_COUNTER_BUSY");
  });
});

describe("SIGKILL", { timeout: 180_000 }, () => {
  const { seed, note } = testSeed();

  const WORKERS_AT_ONCE = 4;

  /** Whether a journal waits to be rolled back: SQLite ends it by zeros, or removes it. */
  const isHot = (journal: string) => existsSync(journal) && (readFileSync(journal)[0] ?? 0) !== 0;

  /** Until the worker that writes this log has got a block. */
  async function firstBlock(log: string): Promise<void> {
    while (readLog(log).blocks.length === 0) await pause(1);
  }

  /**
   * Kills `rounds` workers on one state at random moments, a few at work at any time, each replaced by the next.
   * Every fourth dies while it opens the state, the others after they got a block.
   */
  async function killRounds(path: string, store: IssueJob["store"], rounds: number) {
    const random = randomFrom(seed);
    const schedule = Array.from({ length: rounds }, () => ({
      early: random(4) === 0,
      life: random(10),
      blockSize: [1, 2, 7, 64][random(4)]!,
      calls: Array.from({ length: 8 }, () => (random(3) > 0 ? 1 : 1 + random(100))),
    }));
    const logs = schedule.map((_, round) => `${path}.log.${round}`);
    const answers: (Answer | undefined)[] = [];
    let next = 0;
    const slot = async () => {
      while (next < rounds) {
        const round = next++;
        const { early, life, blockSize, calls } = schedule[round]!;
        const peer = await startProcess();
        const log = logs[round]!;
        const count = Number.POSITIVE_INFINITY;
        const answer = peer.run({ task: "issue", path, log, store, blockSize, calls, count });
        if (!early) await Promise.race([firstBlock(log), answer]);
        await pause(life);
        peer.kill();
        answers.push(await answer);
      }
    };
    await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, slot));
    return { answers, logs: logs.map(readLog) };
  }

  test("200 rounds at random moments: no overlap, and no more lost than the kills explain", async () => {
    const path = join(temporaryFolder(), "orders.state");
    const { answers, logs } = await killRounds(path, "sqlite", 200);
    expect(answers.filter(Boolean), `no worker gave up; ${note}`).toEqual([]);
    const { lost, ...findings } = audit(logs, markOf(path));
    expect(findings, `lost ${lost}; ${note}`).toEqual({ overlaps: [], repeats: 0, strays: [], unexplained: 0n });
    expect(
      logs.filter(({ issued }) => issued.length > 0).length,
      `workers that came to issue; ${note}`,
    ).toBeGreaterThan(50);
    // The last word: a fresh process goes on where all of them ended.
    const mark = markOf(path);
    expect((await attempt({ path, count: 3 })).issued).toEqual([mark, mark + 1n, mark + 2n]);
  });

  test("the same schedule finds the overlaps of a counter that takes no lock", async () => {
    const path = join(temporaryFolder(), "naive.txt");
    const { logs } = await killRounds(path, "naive", 40);
    const mark = logs.flatMap(({ blocks }) => blocks).reduce((max, { end }) => (end > max ? end : max), 0n);
    const { overlaps, repeats } = audit(logs, mark);
    expect(overlaps.length, note).toBeGreaterThan(0);
    expect(repeats, note).toBeGreaterThan(0);
  });

  test("in the middle of a write: the mark is what was answered last, or what was being asked for", async () => {
    const path = join(temporaryFolder(), "orders.state");
    const random = randomFrom(seed);
    let end = 0n;
    let cutShort = 0;
    // One in four is cut short, and fewer where others keep the machine busy.
    for (let round = 0; round < 30 || (cutShort === 0 && round < 150); round++) {
      const log = `${path}.log.${round}`;
      const peer = await startProcess();
      const calls = [1];
      const count = Number.POSITIVE_INFINITY;
      const answer = peer.run({ task: "issue", store: "sqlite", path, log, blockSize: 1, calls, count });
      await firstBlock(log);
      await pause(random(5));
      peer.kill();
      expect(await answer, note).toBeUndefined();
      if (isHot(`${path}-journal`)) cutShort++;
      const { blocks, unanswered } = readLog(log);
      expect(blocks[0]!.start, note).toBe(end);
      end = blocks.at(-1)!.end;
      const mark = markOf(path);
      expect([end, end + unanswered], `round ${round}, ${note}`).toContain(mark);
      end = mark;
    }
    expect(cutShort, `kills that left a half-made commit to undo; ${note}`).toBeGreaterThan(0);
  });

  test("while creating: a state is there as a whole or not at all", async () => {
    const folder = temporaryFolder();
    const random = randomFrom(seed);
    let made = 0;
    for (let round = 0; round < 10; round++) {
      const path = join(folder, `round${round}`);
      const peer = await startProcess();
      const answer = peer.run({ task: "create", path, log: `${path}.log`, count: Number.POSITIVE_INFINITY });
      while (!existsSync(`${path}.0`)) await pause(1);
      await pause(random(10));
      peer.kill();
      expect(await answer, note).toBeUndefined();
      for (let state = 0; existsSync(`${path}.${state}`); state++) {
        made++;
        const { issued } = readLog(`${path}.log.${state}`);
        const [counter] = SqliteCounter.inspect(`${path}.${state}`);
        expect(counter?.mark ?? 0n, note).toBeGreaterThanOrEqual(BigInt(issued.length));
        using after = new SqliteCounter(`${path}.${state}`, { create: false });
        expect(after).toBeDefined();
      }
    }
    expect(made, note).toBeGreaterThanOrEqual(10);
  });
});
