import { createSentinel } from "redis";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { RedisCounter } from "../../support/library.ts";
import { INSTANCE } from "../../support/state-log.ts";
import { CONFIG, codeOf, ROLLBACK, refused, UNAVAILABLE } from "../support/host.ts";
import { CLIENTS, ioredis, nodeRedis } from "./clients.ts";
import { needsRedis, opened, serve, serveReplica } from "./host.ts";
import { CLAIM } from "./log.ts";
import { MASTER_NAME, needsSentinel, serveSentinel } from "./sentinel.ts";

beforeEach(needsRedis);

const instanceId = INSTANCE;
const KEY = "permid64:default";

describe("replicas below what is connected", () => {
  test("are refused at open, and by a lease; all of them are waited for", async () => {
    const master = await serve();
    await serveReplica(master);
    const client = await ioredis(master.port);
    await RedisCounter.create(client, { instanceId });
    const counter = await opened(client, { replicas: 1 });
    await counter.reserve(10, CLAIM);
    await serveReplica(master);
    const error = await refused(counter.reserve(10, CLAIM));
    expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
    expect(error.message).toMatch(/has 2 replicas, but the counter waits for 1: .* Pass replicas: 2/);
    expect(await master.admin.hget(KEY, `mark:${instanceId}`), "nothing was reserved").toBe("10");
    expect(await codeOf(opened(client, { replicas: 1 }))).toBe(CONFIG);
    expect(await codeOf(RedisCounter.leaseInstanceId(client, { replicas: 1 }))).toBe(CONFIG);
    const both = await opened(client, { replicas: 2 });
    expect(await both.reserve(10, CLAIM)).toEqual({ start: 10n, end: 20n });
    expect(await RedisCounter.leaseInstanceId(client, { replicas: 2 })).toBe(0);
    counter.close();
    both.close();
  });
});

test("a sentinel client of node-redis that reads from replicas: the master is asked for its settings", async (context) => {
  needsSentinel(context);
  const master = await serve();
  const replica = await serveReplica(master);
  const sentinel = await serveSentinel(master);
  const client = createSentinel({
    name: MASTER_NAME,
    sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel.port }],
    replicaPoolSize: 1,
  });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  await RedisCounter.create(client, { instanceId });
  await master.admin.config("SET", "appendfsync", "everysec");
  for (let i = 0; i < 3; i++) {
    expect((await client.configGet("appendfsync")).appendfsync, "a replica answers").toBe("always");
    expect(await codeOf(opened(client, {}))).toBe(CONFIG);
  }
  await master.admin.config("SET", "appendfsync", "always");
  await replica.admin.config("SET", "appendfsync", "everysec");
  const counter = await opened(client, {});
  expect(await counter.reserve(10, CLAIM)).toEqual({ start: 0n, end: 10n });
});

describe("create in an id space of before", () => {
  test("after a restore that lost the instance: written consent, and then ids above it are leased", async () => {
    const server = await serve();
    const client = await ioredis(server.port);
    const lineage = await RedisCounter.create(client, { instanceId: 1 });
    const snapshot = (await server.admin.dumpBuffer(KEY))!;
    await RedisCounter.create(client, { instanceId: 50 });
    await server.stop();
    await server.restart();
    await server.admin.restore(KEY, 0, snapshot, "REPLACE");
    const error = await refused(RedisCounter.create(client, { instanceId: 50 }));
    expect(error.code).toBe(ROLLBACK);
    expect(error.message).toMatch(/"acceptRestored" of create adopts the id space/);
    expect(await codeOf(RedisCounter.create(client, { instanceId: 1 }))).toBe(ROLLBACK);
    expect(await codeOf(RedisCounter.leaseInstanceId(client))).toBe(ROLLBACK);
    expect(await RedisCounter.create(client, { instanceId: 60, acceptRestored: true })).toBe(lineage);
    expect(await RedisCounter.leaseInstanceId(client)).toBe(61);
    await RedisCounter.create(client, { instanceId: 70 });
    expect(await codeOf(RedisCounter.create(client, { instanceId: 70, acceptRestored: true }))).toBe(CONFIG);
    // Consent to the space is none to its instances.
    const claim = { ...CLAIM, instanceId: 1 };
    expect(await codeOf(opened(client, {}, claim))).toBe(ROLLBACK);
  });

  test("after a failover", async () => {
    const master = await serve();
    const replica = await serveReplica(master);
    await RedisCounter.create(await ioredis(master.port), { instanceId });
    await replica.waitFor(/master_link_status:up/);
    while (!(await replica.admin.exists(KEY)));
    await master.kill();
    await replica.promote();
    const client = await nodeRedis(replica.port);
    expect(await codeOf(RedisCounter.create(client, { instanceId: 9 }))).toBe(ROLLBACK);
  });
});

describe.each(Object.entries(CLIENTS))("settings turned off after open, %s", (_, connect) => {
  test.each([
    ["appendonly", "no", "yes"],
    ["appendfsync", "everysec", "always"],
    ["no-appendfsync-on-rewrite", "yes", "no"],
    ["maxmemory-policy", "allkeys-lru", "noeviction"],
  ])("%s %s is noticed by the next reservation, which is a gap", async (name, off, on) => {
    const server = await serve();
    const client = await connect(server.port);
    await RedisCounter.create(client, { instanceId });
    const counter = await opened(client, {});
    await counter.reserve(10, CLAIM);
    await server.admin.config("SET", name, off);
    expect(await codeOf(counter.reserve(10, CLAIM))).toBe(CONFIG);
    await server.admin.config("SET", name, on);
    expect(await counter.reserve(10, CLAIM)).toEqual({ start: 20n, end: 30n });
    await server.admin.config("SET", name, off);
    const willing = await opened(client, { durability: "unchecked" });
    expect(await willing.reserve(10, CLAIM)).toEqual({ start: 30n, end: 40n });
  });
});

test.each([
  [
    "ioredis",
    async (port: number) => {
      const client = await ioredis(port);
      return { client, multi: () => client.multi({ pipeline: false }) };
    },
  ],
  [
    "node-redis",
    async (port: number) => {
      const client = await nodeRedis(port);
      return { client, multi: () => client.sendCommand(["MULTI"]) };
    },
  ],
])("a client left within MULTI is named: %s", async (_, connect) => {
  const server = await serve();
  const { client, multi } = await connect(server.port);
  await RedisCounter.create(client, { instanceId });
  const counter = await opened(client, {});
  await multi();
  for (const attempt of [
    () => counter.reserve(10, CLAIM),
    () => opened(client, {}),
    () => RedisCounter.create(client, { instanceId: 9 }),
    () => RedisCounter.inspect(client),
  ]) {
    const error = await refused(attempt());
    expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
    expect(error.message).toContain("the client is within MULTI");
  }
});
