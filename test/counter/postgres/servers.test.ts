import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Block, PostgresCounter } from "../../support/library.ts";
import { CONFIG, codeOf, eventually, pause, ROLLBACK } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLAIM, PG } from "./clients.ts";
import { connect, countOn, create, ending, markOf, startServer, take, through } from "./host.ts";
import { fresh, overlapsOf, testStops } from "./servers.ts";

// Servers that stop, fail over and are restored.

const { instanceId } = CLAIM;

testStops(PG, ["fast"]); // The others, which take long to connect again, are in postgres.faults.ts.

describe("F13: a standby that is promoted without the last reservations", () => {
  /** The address of the service leads to the primary, and then to the standby. */
  async function failOver(
    during: (url: string) => Promise<void>,
    options: { allowUnknownServer?: boolean; table?: string } = {},
  ) {
    const primary = await startServer();
    const service = await startProxy(primary.port);
    const replication = await startProxy(primary.port);
    const url = through(service);
    await create(url, options);
    const standby = ending(await primary.standby(replication.port));
    const before = await take(await countOn(url, options), 5);
    await standby.caughtUp(primary);
    replication.cut();
    await during(url);
    await primary.stop("kill");
    await standby.promote();
    service.retarget(standby.port);
    return { url, before };
  }

  test("is refused, by those that are live and by fresh ones; consent is given once, for good", async () => {
    let live!: PostgresCounter;
    const lost: Block[] = [];
    const { url, before } = await failOver(async (url) => {
      live = await countOn(url);
      lost.push(...(await take(live, 5)));
    });
    expect(lost.at(-1)!.end).toBe(100n);
    expect(await markOf(url)).toBe(50n);
    expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(ROLLBACK);
    expect(await codeOf(live.reserve(10, CLAIM))).toBe(ROLLBACK);
    expect(await fresh(url, 1)).toEqual({ code: ROLLBACK, blocks: [] });
    expect(await codeOf(PostgresCounter.leaseInstanceId(connect(url).client))).toBe(ROLLBACK);
    // Fresh ones know nothing of what is lost: the margin does.
    const after = await fresh(url, 3, { skipAhead: 1000n });
    expect(after.blocks[0]).toEqual({ start: 1050n, end: 1060n });
    const later = await fresh(url, 3);
    expect(later.code).toBeUndefined();
    expect(overlapsOf([...before, ...lost, ...after.blocks, ...later.blocks])).toEqual([]);
  });

  test("is refused where nothing is lost too: that cannot be known", async () => {
    let live!: PostgresCounter;
    const { url, before } = await failOver(async (url) => {
      live = await countOn(url);
    });
    expect(await markOf(url)).toBe(before.at(-1)!.end);
    expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(ROLLBACK);
    expect(await PostgresCounter.raise(connect(url).client, { instanceId, floor: 0n })).toBe(50n);
    expect(await take(live, 1)).toEqual([{ start: 50n, end: 60n }]);
  });

  test("is what the audit finds, where the server does not tell which one it is", async () => {
    const lost: Block[] = [];
    const options = { allowUnknownServer: true, table: "unfenced" };
    const { url } = await failOver(async (url) => {
      lost.push(...(await take(await countOn(url, options), 5)));
    }, options);
    const unaware = await fresh(url, 3, options);
    expect(overlapsOf([...lost, ...unaware.blocks]).length).toBeGreaterThan(0);
  });

  test("with consent given beforehand, those that are live go on: above what they were given, and skip once", async () => {
    const lost: Block[] = [];
    const live: PostgresCounter[] = [];
    const { url, before } = await failOver(async (url) => {
      live.push(await countOn(url, { skipAhead: 1000n }), await countOn(url, { skipAhead: 1000n }));
      for (const counter of live) lost.push(...(await take(counter, 3)));
    });
    const after = await Promise.all(live.map((counter) => eventually(() => counter.reserve(10, CLAIM))));
    expect(after.map(({ start }) => start).sort()).toEqual([1110n, 1120n]);
    const others = await fresh(url, 3);
    expect(overlapsOf([...before, ...lost, ...after, ...others.blocks])).toEqual([]);
    expect(await markOf(url)).toBe(1160n);
  });
});

test("F13: consent does not cover a new server that keeps nothing", async () => {
  const primary = await startServer();
  const service = await startProxy(primary.port);
  const url = through(service);
  await create(url);
  const standby = ending(await primary.standby(primary.port));
  const live = await countOn(url, { skipAhead: 1000n });
  await take(live, 1);
  await standby.caughtUp(primary);
  await primary.stop("kill");
  await standby.promote();
  await standby.query("ALTER SYSTEM SET fsync = off");
  await standby.query("SELECT pg_reload_conf()");
  while ((await standby.query("SHOW fsync"))[0].fsync !== "off") await pause(10);
  service.retarget(standby.port);
  expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(CONFIG);
  expect(await markOf(standby.url)).toBe(10n);
});

test("F13: two events, of which the second loses the answer to the first: those that saw it go on above, fresh ones cannot know, and that is documented", async () => {
  const server = await startServer();
  const service = await startProxy(server.port);
  const url = through(service);
  await create(url);
  const live = await countOn(url, { skipAhead: 1000n });
  const strict = await countOn(url);
  const blocks = await take(live, 5);
  const backups = [await server.backup(), await server.backup()];
  await server.stop("fast");
  const first = ending(await server.recover(backups[0]!));
  service.retarget(first.port);
  blocks.push(await eventually(() => live.reserve(10, CLAIM)));
  expect(blocks.at(-1)!.start, "consent was used").toBe(1050n);
  await PostgresCounter.raise(connect(url).client, { instanceId, floor: 0n });
  blocks.push(...(await take(strict, 1)));
  // As a second standby that lags behind the first one's promotion.
  const second = ending(await server.recover(backups[1]!));
  await first.stop("kill");
  service.retarget(second.port);
  expect(await codeOf(eventually(() => strict.reserve(10, CLAIM)))).toBe(ROLLBACK);
  const unaware = await fresh(url, 1, { skipAhead: 1000n });
  expect(unaware.blocks[0]!.start).toBe(1050n);
  expect(overlapsOf([...blocks, ...unaware.blocks])).toHaveLength(1);
  expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(ROLLBACK);
  const types = readFileSync(new URL("../../../dist/types/counter/postgres/counter.d.ts", import.meta.url), "utf8");
  expect(types.replaceAll(/\s*\n\s*\* /g, " ")).toContain(
    "Without a synchronous standby, two failovers in quick succession may lose the mark that `skipAhead` raised after the first",
  );
});

test("F14: a point-in-time restore is refused, by those that are live and by fresh ones", async () => {
  const server = await startServer();
  const service = await startProxy(server.port);
  const url = through(service);
  await create(url);
  const live = await countOn(url);
  const blocks = await take(live, 5);
  const backup = await server.backup();
  blocks.push(...(await take(live, 5)));
  const restored = ending(await server.recover(backup));
  await server.stop("fast");
  service.retarget(restored.port);
  expect(await markOf(url)).toBe(50n);
  expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(ROLLBACK);
  expect(await fresh(url, 1)).toEqual({ code: ROLLBACK, blocks: [] });
  // The operator raises the mark above all that was issued, and so says that it is known.
  const { client } = connect(url);
  expect(await PostgresCounter.raise(client, { instanceId, floor: 5000n })).toBe(5000n);
  const after = await fresh(url, 3);
  expect(overlapsOf([...blocks, ...after.blocks, ...(await take(live, 2))])).toEqual([]);
});

test("F15: a cold copy that is put back: those that are live notice, fresh ones cannot, and that is documented", async () => {
  const server = await startServer();
  await create(server.url);
  const live = await countOn(server.url);
  const blocks = await take(live, 5);
  await server.stop();
  const copy = server.coldCopy();
  await server.start();
  const lost = await Promise.all([1, 2, 3].map(() => eventually(() => live.reserve(10, CLAIM))));
  await server.stop();
  server.putBack(copy);
  await server.start();

  expect(await codeOf(eventually(() => live.reserve(10, CLAIM)))).toBe(ROLLBACK);
  expect(await codeOf(live.open(CLAIM))).toBe(ROLLBACK);
  const unaware = await fresh(server.url, 1);
  expect(overlapsOf([...blocks, ...lost, ...unaware.blocks])).toHaveLength(1);
  const types = readFileSync(new URL("../../../dist/types/counter/postgres/counter.d.ts", import.meta.url), "utf8");
  expect(types.replaceAll(/\s*\n \* /g, " ")).toContain(
    "Two events stay unnoticed, unless this process saw higher numbers: an older copy of the data folder",
  );
  // With consent, those that have seen it go on above.
  const counter = new PostgresCounter(connect(server.url).client, { skipAhead: 500n });
  expect(overlapsOf([...blocks, ...lost, ...(await take(counter, 2)), ...(await fresh(server.url, 2)).blocks])).toEqual(
    [],
  );
});
