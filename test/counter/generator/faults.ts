import { join } from "node:path";
import { expect, onTestFinished, type TestContext } from "vitest";
import type { PermId64Error } from "../../support/library.ts";
import { randomFrom, testSeed } from "../../support/random.ts";
import { audit, readLog } from "../../support/state-log.ts";
import { eventually, logFolder, pause, TIMEOUT } from "../support/host.ts";
import { found, generate, type Store, startGenerators, startStore } from "./host.ts";
import { KINDS, type Kind } from "./stores.ts";

// What happens to generators and their stores, for as long or as often as a test says.

/** F12, F32: each store is away for so many milliseconds, while numbers are asked for all the time. All at once, for speed. */
export async function testOutages(milliseconds: number, context: TestContext): Promise<void> {
  const outages = await Promise.allSettled(
    KINDS.map(async (kind) => {
      const store = found(await startStore(kind), context);
      onTestFinished(() => store.close());
      await testOutage(kind, store, milliseconds);
    }),
  );
  expect(outages.filter(({ status }) => status === "rejected")).toEqual([]);
}

async function testOutage(kind: Kind, store: Store, milliseconds: number): Promise<void> {
  const BLOCK = 1000;
  const log = join(logFolder(), "log");
  const place = await store.space();
  const errors: unknown[] = [];
  const generator = await generate(
    place,
    log,
    { minBlock: BLOCK, maxBlock: BLOCK, timeout: 1000, onLeaseError: (error) => errors.push(error) },
    // A killed Redis is another server by its replication id, and one that kept all: consent to it.
    // The state file makes its thread wait.
    { timeout: kind === "sqlite" ? 10 : 400, ...(kind.includes("redis") && { skipAhead: 1n }) },
  );
  const { ids } = generator;
  await generator.take(BLOCK / 5);
  while (ids.stats().remaining.next < BLOCK) await pause(5);
  const { current, next } = ids.stats().remaining;
  expect(ids.stats().leases.failed).toEqual({});

  const comeBack = await store.goAway();
  const begin = performance.now();
  // What is at hand serves two thirds of the outage, at an even pace, and nobody notices.
  const notice: PermId64Error[] = [];
  let served = 0;
  const load = async () => {
    await generator.next().then(
      () => served++,
      (error) => notice.push(error),
    );
  };
  while (performance.now() - begin < (2 / 3) * milliseconds) {
    const due = Math.floor(((current + next) * (performance.now() - begin)) / milliseconds);
    await Promise.all(Array.from({ length: due - served }, load));
    await pause(10);
  }
  expect(notice).toEqual([]);
  // Then more is asked for than is there.
  const burst = Array.from({ length: current + next - served + 100 }, load);
  const late = (async () => {
    while (performance.now() - begin < milliseconds) {
      await Promise.all([load(), load(), load()]);
    }
  })();
  await Promise.all([...burst, late]);
  expect(served).toBe(current + next);
  expect(new Set(notice.map(({ code }) => code))).toEqual(new Set([TIMEOUT]));
  expect(notice.length).toBeGreaterThanOrEqual(100);
  for (const { cause } of notice) expect(cause).toMatchObject({ retryable: true });

  // It backs off to two to four tries a second, since callers wait for one.
  const { failed, ok } = ids.stats().leases;
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
  expect(failures).toBe(errors.length);
  expect(failures).toBeGreaterThanOrEqual(2);
  expect(failures).toBeLessThanOrEqual(8 + (performance.now() - begin) / 250);
  await comeBack();
  await eventually(() => generator.next());
  await generator.take(2 * BLOCK);
  expect(ids.stats().leases.ok).toBeGreaterThan(ok);
  await pause(50);
  const found = audit([readLog(log)], await store.mark(place));
  expect(found).toMatchObject({ overlaps: [], repeats: 0 });
}

const WORKERS_AT_ONCE = 3;

/** F3: processes with two generators each, killed at moments that the seed gives. */
export async function testKills(store: Store, kills: number): Promise<void> {
  const { seed, note } = testSeed();
  console.log(note);
  const random = randomFrom(seed);
  const place = await store.space();
  const folder = logFolder();
  const schedule = Array.from({ length: kills }, (_, i) => ({
    logs: [join(folder, `${i}a`), join(folder, `${i}b`)],
    generator: { minBlock: 1 + random(300), timeout: 60_000 },
    // The first never is, so that one is killed at work whatever the seed.
    early: random(4) === 0 && i > 0,
    life: random(40),
  }));
  const rounds = [...schedule];
  const slot = async () => {
    for (let round = rounds.pop(); round; round = rounds.pop()) {
      const { logs, generator, early, life } = round;
      const worker = await startGenerators();
      const answer = worker.run({ place, logs, generator, options: { timeout: 60_000 } });
      while (!early && readLog(logs[0]!).issued.length === 0) await Promise.race([pause(2), answer]);
      await pause(life);
      await worker.kill();
      expect(await answer, `it was at work; ${note}`).toBeUndefined();
    }
  };
  await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, slot));
  // What they had sent may still be done.
  await pause(500);
  const logs = schedule.flatMap(({ logs }) => logs.map(readLog));
  const { lost, ...findings } = audit(logs, await store.mark(place));
  expect(findings, `lost ${lost}; ${note}`).toEqual({ overlaps: [], repeats: 0, strays: [], unexplained: 0n });
  const killedLate = schedule.filter(({ early }) => !early).length;
  expect(killedLate, note).toBeGreaterThan(0);
  expect(logs.filter(({ issued }) => issued.length > 0).length, note).toBeGreaterThanOrEqual(killedLate);
}
