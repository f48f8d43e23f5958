import { expect } from "vitest";
import { PostgresCounter } from "../../support/library.ts";
import { randomFrom } from "../../support/random.ts";
import { audit } from "../../support/state-log.ts";
import { logFolder, pause, ROLLBACK } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLAIM } from "./clients.ts";
import { connect, create, ending, markOf, startServer, startWorker, through, type Working } from "./host.ts";
import type { PostgresServer } from "./server.ts";

const WORKERS = 4;
/** More than can be lost between two steps. */
const MARGIN = 10_000_000n;

/**
 * F44: workers that reserve all the time, and what may happen to them and their server, in an order that `seed` gives. At
 * the end, no two of them ever had the same number, and those that gave up said why.
 */
export async function playSchedule(seed: number, steps: number): Promise<string[]> {
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
  const folder = logFolder();

  let current: PostgresServer = await startServer();
  const service = await startProxy(current.port);
  const url = through(service);
  await create(url);

  const all: Working[] = [];
  let fleet: Working[] = [];
  const startOne = async () => {
    const worker = await startWorker(folder, {
      url,
      client: pick(["pg", "postgres"] as const),
      store: "row",
      counts: Array.from({ length: 5 }, () => 1 + random(100)),
      blocks: Number.POSITIVE_INFINITY,
      options: { timeout: 2000, skipAhead: MARGIN },
    });
    all.push(worker);
    return worker;
  };
  const startAll = async () => {
    fleet = [];
    for (let i = 0; i < WORKERS; i++) fleet.push(await startOne());
  };
  const stopAll = () => Promise.all(fleet.map((worker) => worker.kill()));
  const logs = () => all.map((worker) => worker.log());
  const work = () => pause(100 + random(300));
  const moveTo = (server: PostgresServer) => {
    current = server;
    service.retarget(server.port);
  };

  const events: Record<string, () => Promise<void>> = {
    async "a worker is killed"() {
      const i = random(WORKERS);
      await fleet[i]!.kill();
      fleet[i] = await startOne();
    },
    async "connections are cut"() {
      if (random(2) === 0) service.reset();
      else service.cut();
      await pause(random(300));
      service.mend();
    },
    async "answers are lost"() {
      service.loseReplies(() => random(3) === 0);
      await pause(200);
      service.mend();
    },
    async "the network is silent"() {
      service.freeze();
      await pause(random(3000));
      service.mend();
    },
    async "the server is restarted"() {
      await current.restart(pick(["fast", "immediate", "kill"]));
    },
    async "a lagging standby is promoted"() {
      const old = current;
      const replication = await startProxy(old.port);
      const standby = ending(await old.standby(replication.port));
      await work();
      replication.cut();
      await work();
      await old.stop("kill");
      await standby.promote();
      moveTo(standby);
    },
    async "the server is restored to a point in time"() {
      const old = current;
      const backup = await old.backup();
      await work();
      await old.stop(pick(["fast", "kill"]));
      moveTo(ending(await old.recover(backup)));
    },
    // Which no fence can know: the operator does what the runbook says.
    async "a cold copy is put back"() {
      await current.stop();
      const copy = current.coldCopy();
      await current.start();
      await work();
      await stopAll();
      await current.stop();
      current.putBack(copy);
      await current.start();
      const ends = logs().flatMap(({ blocks }) => blocks.map(({ end }) => end));
      const floor = ends.reduce((max, end) => (end > max ? end : max), 0n) + MARGIN;
      await PostgresCounter.raise(connect(url).client, { instanceId: CLAIM.instanceId, floor, timeout: 20_000 });
      await startAll();
    },
  };

  const played: string[] = [];
  await startAll();
  for (let step = 0; step < steps; step++) {
    await work();
    const event = pick(Object.keys(events));
    played.push(event);
    await events[event]!();
  }
  await work();
  const [{ mark }] = await current.query("SELECT mark FROM permid64_counter");
  // They all go on, or ended for a reason that has a name.
  for (const worker of fleet) {
    const before = worker.log().blocks.length;
    const answer = () => Promise.race([worker.answer, pause(0)]);
    const isDone = async () => (await answer()) !== undefined || worker.log().blocks.length > before;
    await expect.poll(isDone, { timeout: 60_000 }).toBe(true);
    const ended = await answer();
    if (ended) expect(ended.failure?.code).toBe(ROLLBACK);
  }
  await stopAll();
  await pause(500);
  expect(await markOf(current.url)).toBeGreaterThan(BigInt(mark));
  expect(audit(logs(), await markOf(current.url)).overlaps).toEqual([]);
  return played;
}
