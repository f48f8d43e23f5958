import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { createClient, createClientPool } from "redis";
import { beforeEach, describe, expect, test } from "vitest";
import { RedisCounter, type RedisCounterOptions } from "../../support/library.ts";
import { AsyncLoggingCounter, audit, INSTANCE, type Log, readLog } from "../../support/state-log.ts";
import { codeOf, eventually, logFolder, MISSING, pause, ROLLBACK, refused, UNAVAILABLE } from "../support/host.ts";
import { CLIENTS, ioredis, nodeRedisPool } from "./clients.ts";
import { needsRedis, opened, serve, serveReplica, startWorker } from "./host.ts";
import { CLAIM, incrementBy, type Job } from "./log.ts";
import { type Pair, servePair } from "./pair.ts";
import { DURABLE, type Settings } from "./server.ts";

beforeEach(needsRedis);

const instanceId = INSTANCE;
const KEY = "permid64:default";
const MARK = `mark:${instanceId}`;

const highestOf = (logs: readonly Log[]) =>
  logs.flatMap(({ blocks }) => blocks).reduce((most, { end }) => (end > most ? end : most), 0n);

/** What a fresh process gets from a server: one block, in `log`, or an error's code. */
async function freshProcess(port: number, log: string, options: RedisCounterOptions = {}) {
  const job: Job = { port, log, store: "redis", options, counts: [10], calls: 1 };
  return (await (await startWorker(job)).answer)?.code;
}

describe("a failover that loses acknowledged leases", () => {
  /** Reserves 10 numbers that the replica has, and 50 that it will never have. */
  async function loseLeases({ address, link, replica }: Pair, log: string, options: RedisCounterOptions = {}) {
    const client = await ioredis(address.port);
    await RedisCounter.create(client, { instanceId });
    const counter = await opened(client, { timeout: 2000, ...options });
    const logging = new AsyncLoggingCounter(counter, log);
    await logging.reserve(10, CLAIM);
    while ((await replica.admin.hget(KEY, MARK)) !== "10") await pause(5);
    link.freeze();
    for (let i = 0; i < 5; i++) await logging.reserve(10, CLAIM);
    return { client, counter, logging };
  }

  test("stops the live counter, and fresh processes", async () => {
    const pair = await servePair();
    const folder = logFolder();
    const { client, logging } = await loseLeases(pair, join(folder, "live"));
    await pair.failover();
    expect(await pair.replica.admin.hget(KEY, MARK), "what it knows").toBe("10");
    expect(await codeOf(eventually(() => logging.reserve(10, CLAIM)))).toBe(ROLLBACK);
    expect(await freshProcess(pair.address.port, join(folder, "fresh"))).toBe(ROLLBACK);
    expect(await codeOf(RedisCounter.leaseInstanceId(client))).toBe(ROLLBACK);
    expect(await pair.replica.admin.hget(KEY, MARK), "nothing was reserved").toBe("10");
  });

  test("with consent given beforehand: all go on, without overlap", async () => {
    const pair = await servePair();
    const folder = logFolder();
    const paths = ["live", "fresh", "fresh too"].map((name) => join(folder, name));
    const { logging } = await loseLeases(pair, paths[0]!, { skipAhead: 1000n });
    await pair.failover();
    await eventually(() => logging.reserve(10, CLAIM));
    for (const path of paths.slice(1)) {
      expect(await freshProcess(pair.address.port, path, { skipAhead: 1000n })).toBeUndefined();
    }
    const logs = paths.map(readLog);
    const mark = BigInt((await pair.replica.admin.hget(KEY, MARK))!);
    expect(mark, "skipped once").toBe(1090n);
    // 1,000 were skipped from above all that the live one was given.
    expect(audit(logs, mark)).toMatchObject({ overlaps: [], lost: 1000n });
  });

  test("consent counts from above all that this process was given, however little the new server has", async () => {
    const pair = await servePair();
    const { logging } = await loseLeases(pair, join(logFolder(), "live"), { skipAhead: 1n });
    await pair.failover();
    expect(await eventually(() => logging.reserve(10, CLAIM))).toEqual({ start: 61n, end: 71n });
  });

  test("consent does not cover a new server that keeps nothing", async () => {
    const pair = await servePair();
    const { logging } = await loseLeases(pair, join(logFolder(), "live"), { skipAhead: 1000n });
    await pair.replica.admin.config("SET", "appendonly", "no");
    await pair.failover();
    const error = await refused(eventually(() => logging.reserve(10, CLAIM)));
    expect(error.code).toBe("ERR_PERMID64_COUNTER_CONFIG");
  });

  test("a failover that loses the answer to a restart too: those that saw it stop, or go on above", async () => {
    const pair = await servePair();
    const { client, logging } = await loseLeases(pair, join(logFolder(), "live"), { skipAhead: 1000n });
    pair.link.cut();
    await pair.master.kill();
    await pair.master.restart();
    expect((await eventually(() => logging.reserve(10, CLAIM))).start, "consent was used").toBe(1060n);
    const strict = await opened(client, { timeout: 2000 });
    expect((await strict.reserve(10, CLAIM)).start).toBe(1070n);
    await pair.failover();
    // The replica never heard of it, and has 10.
    expect(await codeOf(eventually(() => strict.reserve(10, CLAIM)))).toBe(ROLLBACK);
    expect((await eventually(() => logging.reserve(10, CLAIM))).start).toBe(2080n);
  });

  test("the same finds the overlaps of INCRBY", async () => {
    const pair = await servePair();
    const client = await ioredis(pair.address.port);
    const log = join(logFolder(), "naive");
    const naive = new AsyncLoggingCounter(incrementBy(client), log);
    await naive.reserve(10, CLAIM);
    while ((await pair.replica.admin.get("naive")) !== "10") await pause(5);
    pair.link.freeze();
    for (let i = 0; i < 5; i++) await naive.reserve(10, CLAIM);
    await pair.failover();
    for (let i = 0; i < 5; i++) await naive.reserve(10, CLAIM);
    const logs = [readLog(log)];
    expect(audit(logs, highestOf(logs)).overlaps).toHaveLength(5);
  });
});

describe("a replica that is promoted before it has written the copy of its master to its file", () => {
  const SAVING_TAKES: Settings = { "rdb-key-save-delay": "2000000" }; // Microseconds for each key: there is one.
  const isSettling = { code: UNAVAILABLE, retryable: true, message: expect.stringContaining("still writing") };

  async function promoteEarly() {
    const master = await serve();
    await RedisCounter.create(await ioredis(master.port), { instanceId });
    const replica = await serveReplica(master, master.port, SAVING_TAKES);
    expect(await replica.waitFor(/aof_enabled/, "persistence")).toContain("aof_rewrite_in_progress:1");
    await master.kill();
    await replica.promote();
    const client = await ioredis(replica.port);
    return { replica, client, counter: new RedisCounter(client, { skipAhead: 1000n }) };
  }

  test("appendfsync always or not, it forgets what it answered when it is killed: nothing was reserved there", async () => {
    const { replica, client, counter } = await promoteEarly();
    expect(await replica.admin.set("answered", "OK")).toBe("OK");
    expect(await refused(counter.reserve(10, CLAIM))).toMatchObject(isSettling);
    expect(await refused(RedisCounter.raise(client, { instanceId, floor: 1000n }))).toMatchObject(isSettling);
    expect(await refused(RedisCounter.leaseInstanceId(client, { skipAhead: 1 }))).toMatchObject(isSettling);
    await replica.kill();
    await replica.restart({ replicaof: "no one" });
    expect(await replica.admin.keys("*")).toEqual([]);
    expect(await codeOf(eventually(() => counter.reserve(10, CLAIM)))).toBe(MISSING);
  });

  test("once it has, consent counts, and it keeps what it answers", async () => {
    const { replica, counter } = await promoteEarly();
    expect(await eventually(() => counter.reserve(10, CLAIM))).toEqual({ start: 1000n, end: 1010n });
    await replica.kill();
    await replica.restart({ replicaof: "no one" });
    expect(await eventually(() => counter.reserve(10, CLAIM))).toEqual({ start: 2010n, end: 2020n });
  });
});

describe("without an append-only file", () => {
  const VOLATILE: Settings = { appendonly: "no", save: "3600 1" };

  test("a killed server makes INCRBY repeat blocks, and the oracle finds them", async () => {
    const server = await serve(VOLATILE);
    const client = await ioredis(server.port);
    const log = join(logFolder(), "naive");
    const naive = new AsyncLoggingCounter(incrementBy(client), log);
    for (let i = 0; i < 3; i++) await naive.reserve(10, CLAIM);
    await server.kill();
    await server.restart();
    for (let i = 0; i < 3; i++) await naive.reserve(10, CLAIM);
    const logs = [readLog(log)];
    expect(audit(logs, highestOf(logs)).overlaps).toHaveLength(3);
  });
});

test("with appendfsync always, a killed server has every lease it answered", async () => {
  const server = await serve();
  const client = await ioredis(server.port);
  await RedisCounter.create(client, { instanceId });
  const counter = await opened(client, { skipAhead: 1n });
  for (let round = 1n; round <= 5n; round++) {
    for (let i = 0; i < 10; i++) await eventually(() => counter.reserve(7, CLAIM));
    await server.kill();
    await server.restart();
    expect(await server.admin.hget(KEY, MARK)).toBe(String(70n * round + round - 1n));
  }
});

test("with everysec, a killed server may forget what it answered: the counter stops, and consent covers the loss", async () => {
  const server = await serve({ appendonly: "yes", appendfsync: "everysec", save: "" });
  const client = await ioredis(server.port);
  await RedisCounter.create(client, { instanceId });
  const log = join(logFolder(), "log");
  const willing = new AsyncLoggingCounter(await opened(client, { durability: "everysec", skipAhead: 100n }), log);
  const logs = () => [readLog(log)];
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 10; i++) await eventually(() => willing.reserve(7, CLAIM));
    const strict = await opened(client, { durability: "everysec" });
    await server.kill();
    await server.restart();
    // An append waits, for up to two seconds, while the one before it is being synced.
    expect(BigInt((await server.admin.hget(KEY, MARK))!)).toBeLessThanOrEqual(highestOf(logs()));
    expect(await codeOf(eventually(() => strict.reserve(1, CLAIM)))).toBe(ROLLBACK);
  }
  await willing.reserve(7, CLAIM);
  expect(audit(logs(), highestOf(logs())).overlaps).toEqual([]);
});

describe.each(Object.entries(CLIENTS))("WAIT, %s", (_, connect) => {
  test("a lease that too few replicas have is discarded before it is used", async () => {
    const pair = await servePair();
    const { master, replica, link, address } = pair;
    const client = await connect(address.port);
    await RedisCounter.create(client, { instanceId });
    const log = join(logFolder(), "log");
    const counter = await opened(client, { replicas: 1, timeout: 2000, skipAhead: 1n });
    const logging = new AsyncLoggingCounter(counter, log);
    for (let i = 0; i < 5; i++) {
      const { end } = await logging.reserve(10, CLAIM);
      expect(await replica.admin.hget(KEY, MARK)).toBe(String(end));
    }
    expect(await codeOf(opened(client, { replicas: 2, timeout: 2000 }).then((two) => two.reserve(1, CLAIM)))).toBe(
      UNAVAILABLE,
    );
    link.freeze();
    for (let i = 0; i < 3; i++) {
      const error = await refused(logging.reserve(10, CLAIM));
      expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
      expect(error.message).toMatch(/^0 of 1 replicas/);
    }
    expect(Number(await master.admin.hget(KEY, MARK)), "reserved, and lost").toBeGreaterThanOrEqual(80);
    await pair.failover();
    counter.close();
    // Nothing that was used is lost, so that the least consent is enough.
    expect(await freshProcess(address.port, log, { skipAhead: 1n })).toBeUndefined();
    const logs = [readLog(log)];
    expect(audit(logs, highestOf(logs)).overlaps).toEqual([]);
    expect(logs[0]!.blocks).toHaveLength(6);
  });

  test("a lease whose connection was cut is not taken for confirmed on the next one", async () => {
    const { link, address } = await servePair();
    const other = await serve();
    await serveReplica(other);
    const client = await connect(address.port);
    await RedisCounter.create(client, { instanceId });
    const counter = await opened(client, { replicas: 1, timeout: 4000 });
    await counter.reserve(10, CLAIM);
    link.freeze();
    const lease = refused(counter.reserve(10, CLAIM));
    await pause(100);
    address.retarget(other.port);
    expect(await lease).toMatchObject({ code: UNAVAILABLE, retryable: true });
  });

  test("its connection ends with the counter", async () => {
    const { master, address } = await servePair();
    const client = await connect(address.port);
    await RedisCounter.create(client, { instanceId });
    const connections = async () =>
      String(await master.admin.call("CLIENT", "LIST", "TYPE", "normal")).split("\n").length;
    const before = await connections();
    const counter = await opened(client, { replicas: 1 });
    await counter.reserve(10, CLAIM);
    expect(await connections()).toBe(before + 1);
    counter.close();
    while ((await connections()) > before) await pause(5);
    expect(await RedisCounter.leaseInstanceId(client, { replicas: 1 })).toBe(0);
    while ((await connections()) > before) await pause(5);
  });
});

test("a client's key prefix, password and database hold on the leasing connection too", async () => {
  const { master } = await servePair({ ...DURABLE, requirepass: "secret", masterauth: "secret" });
  const { port } = master;
  const io = new Redis({ port, password: "secret", db: 2, keyPrefix: "app:" });
  const url = `redis://:secret@127.0.0.1:${port}/2`;
  const node = await createClient({ url, keyPrefix: "app:" }).connect();
  const pool = createClientPool({ url, keyPrefix: "app:" });
  await pool.connect();
  for (const [i, client] of [io, node, pool].entries()) {
    const name = `space${i}`;
    await RedisCounter.create(client, { name, instanceId });
    const counter = await opened(client, { name, replicas: 1 });
    expect(await counter.reserve(10, CLAIM)).toEqual({ start: 0n, end: 10n });
    counter.close();
  }
  await master.admin.select(2);
  expect((await master.admin.keys("*")).sort()).toEqual([0, 1, 2].map((i) => `app:permid64:space${i}`));
  io.disconnect();
  node.destroy();
  pool.destroy();
});

test("an idle connection of the counter's own keeps no process alive", async () => {
  const { master } = await servePair();
  const script = `
    import { Redis } from "ioredis";
    import { createClient } from "redis";
    import { RedisCounter } from ${JSON.stringify(new URL("../../support/library.ts", import.meta.url))};
    const clients = [new Redis(${master.port}), await createClient({ url: "redis://127.0.0.1:${master.port}" }).connect()];
    for (const [i, client] of clients.entries()) {
      const name = "space" + i;
      await RedisCounter.create(client, { name, instanceId: 1 });
      const counter = new RedisCounter(client, { name, replicas: 1 });
      console.log(await counter.reserve(3, { instanceId: 1, limit: 10n, fingerprint: "x" }));
      client.disconnect();
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    timeout: 60_000,
  });
  expect(stdout).toBe("{ start: 0n, end: 3n }\n".repeat(2));
});

describe("WAIT, asked where it should not be, says that all is well", () => {
  test("on another connection of a pool", async () => {
    const { master, link } = await servePair();
    const pool = await nodeRedisPool(master.port);
    const answer = await pool.execute(async (one) => {
      const elsewhere = pool.execute((other) => other); // The first is taken.
      await (await elsewhere).ping();
      link.freeze();
      await one.set("written", "here");
      return (await elsewhere).wait(1, 100);
    });
    expect(answer).toBe(1);
  });

  test("after a reconnect that the client does not tell, to a server that took the first one's place", async () => {
    const { link, address } = await servePair();
    const other = await serve();
    await serveReplica(other);
    const client = await ioredis(address.port);
    link.freeze();
    await client.incrby("naive", 10);
    const confirmed = client.wait(1, 3000);
    await pause(100);
    address.retarget(other.port);
    expect(await confirmed).toBe(1);
  });
});
