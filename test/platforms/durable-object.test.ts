import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { audit, type Log, logOf } from "../support/state-log.ts";
import { app } from "./matrix.ts";
import { type Answer, bundle, Workerd, type WorkerdOptions } from "./workerd.ts";

type Block = Log["blocks"][number];

const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

/** What an audit finds where nothing went wrong and nobody was killed. */
const NOTHING = { overlaps: [], repeats: 0, strays: [], lost: 0n, unexplained: 0n };

let bundled: string;
beforeAll(async () => {
  bundled = await bundle("counter.mjs");
});

const running = new Set<Workerd>();
afterEach(async () => {
  for (const workerd of running) await workerd.kill();
  running.clear();
});

const newFolder = () => mkdtempSync(join(app, "objects-"));

async function start(options: WorkerdOptions): Promise<Workerd> {
  const workerd = await Workerd.start(bundled, options);
  running.add(workerd);
  return workerd;
}

/** One with instance 7, and where it keeps it. */
async function startNew(): Promise<{ workerd: Workerd; folder: string }> {
  const folder = newFolder();
  const workerd = await start({ folder });
  await workerd.call("create", { instanceId: 7 });
  return { workerd, folder };
}

const markOf = async (workerd: Workerd) =>
  (await workerd.call<{ marks: Record<number, bigint> }>("stored", "permid64:default")).marks[7]!;

const reserve = (workerd: Workerd, count = 10) => workerd.call<Block>("reserve", count, CLAIM);

test("all that a counter refuses, in an object", async () => {
  const workerd = await start({ folder: newFolder() });
  const { checks, failures } = await workerd.call<{ checks: number; failures: string[] }>("suite");
  expect(failures).toEqual([]);
  expect(checks).toBeGreaterThan(130);
});

describe("at once", () => {
  test("20 counters in one object: no repeat, and no number lost", async () => {
    const { workerd } = await startNew();
    const logs = await workerd.call<[string, string][][]>("together", 20, 20, [1, 2, 3, 7, 100]);
    expect(audit(logs.map(logOf), await markOf(workerd))).toEqual(NOTHING);
  });

  test("two isolates, each with calls of its own: no repeat, and no number lost", async () => {
    const { workerd } = await startNew();
    const lease = async (worker: string, count: number) => {
      const { value, error } = await workerd.ask("lease", [100, count, CLAIM], { worker });
      expect(error).toBeUndefined();
      return logOf(value as [string, string][]);
    };
    const logs = await Promise.all([lease("first", 1), lease("second", 3), lease("first", 10), lease("second", 64)]);
    expect(audit(logs, await markOf(workerd))).toEqual(NOTHING);
  });
});

/** Asks for blocks, one after the other, until workerd is killed. */
async function leaseUntilKilled(workerd: Workerd, count: number, object = "Orders"): Promise<Log> {
  const blocks: Block[] = [];
  for (;;) {
    let answer: Answer;
    try {
      answer = await workerd.ask("reserve", [count, CLAIM], { object });
    } catch {
      return { blocks, issued: [], unanswered: BigInt(count) };
    }
    expect(answer.error).toBeUndefined();
    blocks.push(answer.value as Block);
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function killedAgainAndAgain(folder: string, object: string): Promise<Log[]> {
  const logs: Log[] = [];
  for (let round = 0; round < 8; round++) {
    const workerd = await start({ folder });
    // They are killed while they work, however long it took to load the object.
    const { value, error } = await workerd.ask("reserve", [1, CLAIM], { object });
    expect(error).toBeUndefined();
    logs.push({ blocks: [value as Block], issued: [], unanswered: 0n });
    const callers = [1, 10, 100].map((count) => leaseUntilKilled(workerd, count, object));
    await pause(20 + Math.random() * 100);
    await workerd.kill();
    logs.push(...(await Promise.all(callers)));
  }
  expect(logs.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(28);
  return logs;
}

describe("killed with -9 while leasing, 8 times", () => {
  test("goes on behind the last block, and loses at most what was being asked for", async () => {
    const { workerd, folder } = await startNew();
    await workerd.kill();
    const logs = await killedAgainAndAgain(folder, "Orders");
    const findings = audit(logs, await markOf(await start({ folder })));
    expect(findings).toEqual({ ...NOTHING, lost: findings.lost });
  });

  test("an object that keeps its mark in memory is caught", async () => {
    const logs = await killedAgainAndAgain(newFolder(), "Naive");
    expect(audit(logs, 2n ** 48n).overlaps.length).toBeGreaterThan(12);
  });
});

describe("an object that was started anew", () => {
  test("goes on, and the one before it gets nothing any more", async () => {
    const { workerd } = await startNew();
    expect(await reserve(workerd)).toEqual({ start: 0n, end: 10n });
    expect((await workerd.ask("restart")).error).toBeDefined();
    expect(await reserve(workerd)).toEqual({ start: 10n, end: 20n });
    const { error } = await workerd.ask("stale", [CLAIM]);
    expect(error?.code).toBe("ERR_PERMID64_COUNTER_UNAVAILABLE");
    expect(await reserve(workerd)).toEqual({ start: 20n, end: 30n });
  });

  test("while a block was on its way: nobody gets it", async () => {
    const { workerd } = await startNew();
    expect((await workerd.ask("restartAmid", [CLAIM])).error?.message).toContain("started anew");
    const { start } = await reserve(workerd);
    expect([0n, 10n]).toContain(start);
  });
});

describe("a reservation within a transaction of the caller's, which is undone", () => {
  test("transactionSync: it is not part of that", async () => {
    const { workerd } = await startNew();
    expect(await workerd.call("undone", "transactionSync", CLAIM)).toEqual({ start: 0n, end: 10n });
    expect(await reserve(workerd)).toEqual({ start: 10n, end: 20n });
  });

  // The runtime makes it part of that, and says so to nobody. From then on the mark is below what was given.
  test("transaction: it is undone too, and all that follow are refused", async () => {
    const { workerd } = await startNew();
    expect(await workerd.call("undone", "transaction", CLAIM)).toEqual({ start: 0n, end: 10n });
    expect((await workerd.ask("reserve", [10, CLAIM])).error?.code).toBe("ERR_PERMID64_COUNTER_ROLLBACK");
  });
});

test("no room on the disk: an error, and no block that is not there", async () => {
  const { workerd: first, folder } = await startNew();
  const blocks = [await reserve(first)];
  await first.kill();
  const full = await start({ folder, room: 64 });
  let failed: Answer;
  do {
    failed = await full.ask("reserve", [10, CLAIM]);
    if (!failed.error) blocks.push(failed.value as Block);
  } while (!failed.error);
  expect(failed.error.message).toContain("disk I/O error");
  await full.kill();
  const after = await start({ folder });
  for (let i = 0; i < 3; i++) blocks.push(await reserve(after));
  const findings = audit([{ blocks, issued: [], unanswered: 10n }], await markOf(after));
  expect(findings).toEqual({ ...NOTHING, lost: findings.lost });
});

describe("storage that was restored", () => {
  async function restored() {
    const { workerd: first, folder } = await startNew();
    await reserve(first);
    await first.kill();
    const backup = newFolder();
    cpSync(folder, backup, { recursive: true });
    const restore = () => {
      const objects = join(folder, "orders");
      for (const file of readdirSync(objects)) rmSync(join(objects, file));
      cpSync(backup, folder, { recursive: true });
    };
    const workerd = await start({ folder });
    const blocks = [{ start: 0n, end: 10n }, await reserve(workerd)];
    return { workerd, folder, restore, blocks };
  }

  test("while the object was away: those who saw it refuse", async () => {
    const { workerd, restore } = await restored();
    await workerd.ask("restart");
    restore();
    const { error } = await workerd.ask("reserve", [10, CLAIM]);
    expect(error).toMatchObject({
      name: "CounterRollbackError",
      code: "ERR_PERMID64_COUNTER_ROLLBACK",
      retryable: false,
    });
    expect((await workerd.ask("open", [CLAIM])).error?.code).toBe("ERR_PERMID64_COUNTER_ROLLBACK");
    // With consent, behind all that this isolate was given.
    await workerd.call("open", CLAIM, { skipAhead: 1000n });
    expect(await reserve(workerd)).toEqual({ start: 1020n, end: 1030n });
  });

  test("while nothing ran: it cannot be known, and a fresh instance is safe", async () => {
    const { workerd, folder, restore, blocks } = await restored();
    await workerd.kill();
    restore();
    const after = await start({ folder });
    const repeated = await reserve(after);
    expect(audit([{ blocks: [...blocks, repeated], issued: [], unanswered: 0n }], 20n).overlaps).toHaveLength(1);
    await after.call("create", { instanceId: 8 });
    expect(await after.call("reserve", 10, { ...CLAIM, instanceId: 8 })).toEqual({ start: 0n, end: 10n });
  });
});

test("an object that is not backed by SQLite is refused", async () => {
  const workerd = await start({ folder: newFolder() });
  const { error } = await workerd.ask("create", [{ instanceId: 7 }], { object: "Legacy" });
  expect(error?.message).toMatch(/cannot be used: .* only available for SQLite-backed Durable Objects/);
});

test("tells how fast it is", async () => {
  const { workerd } = await startNew();
  const rate = async (method: string, worker: string) => {
    const start = performance.now();
    await workerd.ask(method, [1000, 4096, CLAIM], { worker });
    return Math.round(1_000_000 / (performance.now() - start));
  };
  await rate("many", "first");
  const [inside, outside] = [await rate("many", "first"), await rate("lease", "second")];
  console.log(`Durable Object: ${inside} reservations a second within it, ${outside} by RPC, one after the other`);
  expect(await markOf(workerd)).toBe(3000n * 4096n);
});
