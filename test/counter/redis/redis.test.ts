import { randomUUID } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { RESP_TYPES } from "redis";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  type Claim,
  type CounterState,
  type RedisClient,
  RedisCounter,
  type RedisCounterOptions,
} from "../../support/library.ts";
import { audit, INSTANCE, readLog } from "../../support/state-log.ts";
import { startProcess, startThread } from "../../support/workers.ts";
import {
  CONFIG,
  CORRUPT,
  codeOf,
  EXHAUSTED,
  eventually,
  logFolder,
  MISSING,
  pause,
  ROLLBACK,
  refused,
  TIMEOUT,
  UNAVAILABLE,
} from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLIENTS, ioredis, nodeRedis } from "./clients.ts";
import { needsRedis, opened, serve, serveReplica, startWorker } from "./host.ts";
import { CLAIM, type Job } from "./log.ts";
import { DURABLE, hasRedis, RedisServer } from "./server.ts";

beforeEach(needsRedis);

let server: RedisServer;
beforeAll(async () => {
  if (hasRedis) server = await RedisServer.start();
});
afterAll(() => server?.close());

const instanceId = INSTANCE;
const keyOf = (name: string) => `permid64:${name}`;
const markField = `mark:${instanceId}`;

/** A name that no other test uses. */
const freshName = () => randomUUID().slice(0, 8);

async function created(client: RedisClient, startAt = 0n): Promise<string> {
  const name = freshName();
  await RedisCounter.create(client, { name, instanceId, startAt });
  return name;
}

describe.each(Object.entries(CLIENTS))("%s", (_, connect) => {
  test("creates, opens and reserves; a second counter goes on behind it", async () => {
    const client = await connect(server.port);
    const name = freshName();
    const lineage = await RedisCounter.create(client, { name, instanceId, startAt: 5n });
    expect(lineage).toMatch(/^[0-9a-f-]{36}$/);
    const counter = await opened(client, { name, lineage });
    expect(await counter.reserve(10, CLAIM)).toEqual({ start: 5n, end: 15n });
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 15n, end: 16n });
    const other = new RedisCounter(client, { name });
    expect(await other.reserve(2 ** 32 - 1, CLAIM)).toEqual({ start: 16n, end: 15n + 2n ** 32n });
    expect(await RedisCounter.inspect(client, { name })).toEqual([
      { name, instanceId, mark: 15n + 2n ** 32n, ceiling: 2n ** 48n, fingerprint: CLAIM.fingerprint, lineage },
    ]);
  });

  test("never creates by itself", async () => {
    const client = await connect(server.port);
    const name = freshName();
    const counter = new RedisCounter(client, { name });
    expect(await codeOf(counter.open(CLAIM))).toBe(MISSING);
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe(MISSING);
    expect(await codeOf(RedisCounter.inspect(client, { name }))).toBe(MISSING);
    expect(await codeOf(RedisCounter.leaseInstanceId(client, { name }))).toBe(MISSING);
    expect(await codeOf(RedisCounter.raise(client, { name, instanceId, floor: 1n }))).toBe(MISSING);
    await RedisCounter.create(client, { name, instanceId: 1 });
    expect(await codeOf(counter.open(CLAIM)), "another instance is no help").toBe(MISSING);
    expect(await server.admin.hget(keyOf(name), markField)).toBeNull();
  });

  test("leases instance ids that nobody has, until none is left", async () => {
    const client = await connect(server.port);
    const name = freshName();
    await RedisCounter.create(client, { name, instanceId: 2 });
    const options = { name, layout: { instanceBits: 3 } };
    const leased = await Promise.all([1, 2, 3, 4].map(() => RedisCounter.leaseInstanceId(client, options)));
    expect(leased.sort()).toEqual([0, 1, 3, 4]);
    for (const instanceId of [5, 6, 7]) await RedisCounter.create(client, { name, instanceId });
    expect(await codeOf(RedisCounter.leaseInstanceId(client, options))).toBe(EXHAUSTED);
    const claim = { ...CLAIM, instanceId: 4 };
    expect(await (await opened(client, { name }, claim)).reserve(3, claim)).toEqual({ start: 0n, end: 3n });
  });

  test("reserves to the last number, and then no more, however close to 2^63", async () => {
    const client = await connect(server.port);
    for (const sequenceBits of [32n, 48n, 53n, 62n, 64n]) {
      const limit = 2n ** sequenceBits;
      const ceiling = limit < 2n ** 63n ? limit : 2n ** 63n - 1n;
      const name = await created(client, ceiling - 11n);
      const claim: Claim = { instanceId, limit, fingerprint: `${64n - sequenceBits}+${sequenceBits}:00000000` };
      const counter = await opened(client, { name }, claim);
      // Where the store ends before the layout does, a block says so.
      const end = ceiling < limit ? { ceiling } : {};
      expect(await counter.reserve(7, claim)).toEqual({ start: ceiling - 11n, end: ceiling - 4n, ...end });
      expect(await counter.reserve(2 ** 32 - 1, claim)).toEqual({ start: ceiling - 4n, end: ceiling, ...end });
      for (const again of [counter, await opened(client, { name }, claim)]) {
        expect(await codeOf(again.reserve(1, claim))).toBe(EXHAUSTED);
      }
      expect(await server.admin.hget(keyOf(name), markField)).toBe(String(ceiling));
    }
  });

  test("numbers are exact where doubles are not", async () => {
    const client = await connect(server.port);
    const claim: Claim = { instanceId, limit: 2n ** 64n, fingerprint: "0+64:00000000" };
    for (const startAt of [999_999_999n, 2n ** 53n - 1n, 2n ** 53n + 1n, 4_611_686_018_999_999_999n]) {
      const counter = await opened(client, { name: await created(client, startAt) }, claim);
      for (let at = startAt; at < startAt + 9n; at += 3n) {
        expect(await counter.reserve(3, claim)).toEqual({ start: at, end: at + 3n, ceiling: 2n ** 63n - 1n });
      }
    }
  });

  test("no answer within the time is a timeout, and what comes late is dropped", async () => {
    const proxy = await startProxy(server.port);
    const client = await connect(proxy.port);
    const name = await created(client);
    const counter = await opened(client, { name, timeout: 200 });
    await counter.reserve(10, CLAIM);
    proxy.muteReplies();
    const error = await refused(counter.reserve(10, CLAIM));
    expect(error).toMatchObject({ code: TIMEOUT, retryable: true });
    // It was reserved, and nobody was told.
    while ((await server.admin.hget(keyOf(name), markField)) === "10") await pause(5);
    proxy.mend();
    const { start } = await eventually(() => counter.reserve(10, CLAIM));
    expect(start).toBeGreaterThanOrEqual(20n);
  });

  test("a password is in no text", async () => {
    const password = "correct-horse-battery";
    const guarded = await serve({ ...DURABLE, requirepass: password });
    const client = await connect(guarded.port, password);
    const name = await created(client);
    const counter = await opened(client, { name, timeout: 1000 });
    await guarded.stop();
    const error = await refused(counter.reserve(1, CLAIM));
    expect(error.retryable).toBe(true);
    for (const thing of [error, counter]) {
      expect(inspect(thing, { depth: Infinity, showHidden: true })).not.toContain(password);
    }
  });
});

test("both clients' own types fit", async () => {
  const clients: RedisClient[] = [await ioredis(server.port), await nodeRedis(server.port)];
  for (const client of clients) expect(new RedisCounter(client)).toBeInstanceOf(RedisCounter);
});

test("a client may give buffers for text", async () => {
  const client = (await nodeRedis(server.port)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const name = freshName();
  const lineage = await RedisCounter.create(client, { name, instanceId });
  const counter = await opened(client, { name, lineage });
  expect(await counter.reserve(10, CLAIM)).toEqual({ start: 0n, end: 10n });
  expect(await RedisCounter.inspect(client, { name })).toMatchObject([{ instanceId, mark: 10n, lineage }]);
});

describe("arguments", () => {
  test("are checked before anything is asked", async () => {
    const client = await ioredis(server.port);
    const make = (options: object) => () => new RedisCounter(client, options);
    expect(() => new RedisCounter({} as never)).toThrow(TypeError);
    expect(() => new RedisCounter(null as never)).toThrow(TypeError);
    for (const options of [
      { name: "" },
      { timeout: 0 },
      { replicas: -1 },
      { skipAhead: 0n },
      { durability: "yes" },
      { lineage: "" },
    ]) {
      expect(make(options)).toThrow(RangeError);
    }
    for (const options of [
      { name: 7 },
      { prefix: 7 },
      { timeout: "1" },
      { skipAhead: true },
      { lineage: 7 },
      // A variable that is not set.
      { lineage: undefined },
    ]) {
      expect(make(options)).toThrow(TypeError);
    }
    await expect(RedisCounter.leaseInstanceId(client, { lineage: "" })).rejects.toThrow(RangeError);
    await expect(RedisCounter.leaseInstanceId(client, { lineage: undefined })).rejects.toThrow(TypeError);
    for (const instanceId of [2 ** 32, -1, 1.5, Number.NaN]) {
      await expect(RedisCounter.create(client, { instanceId })).rejects.toThrow(RangeError);
    }
    for (const instanceId of ["7", undefined]) {
      await expect(RedisCounter.create(client, { instanceId } as never)).rejects.toThrow(TypeError);
    }
    const counter = new RedisCounter(client);
    await expect(counter.reserve(0, CLAIM)).rejects.toThrow(RangeError);
    for (const bad of [null, {}, { ...CLAIM, instanceId: "7" }, { ...CLAIM, limit: 2 ** 48 }]) {
      await expect(counter.open(bad as never)).rejects.toThrow(/"\w+" expected/);
      await expect(counter.reserve(1, bad as never)).rejects.toThrow(/"\w+" expected/);
    }
  });

  test("an answer to open that others overtook is no rollback", async () => {
    const client = await ioredis(server.port);
    const name = await created(client);
    const [{ lineage }] = (await RedisCounter.inspect(client, { name })) as [CounterState];
    const other = await opened(await ioredis(server.port), { name });
    const overtaken = {
      config: (subcommand: "GET", pattern: string) => client.config(subcommand, pattern),
      async eval(script: string, keys: number, ...rest: string[]) {
        const reply = await client.eval(script, keys, ...rest);
        // On a connection of its own, another generator of this process gets numbers meanwhile.
        await other.reserve(10, CLAIM);
        return reply;
      },
    };
    for (const options of [{ name }, { name, lineage }]) {
      const counter = await opened(overtaken, options);
      const { start } = await counter.reserve(5, CLAIM);
      expect((await other.reserve(10, CLAIM)).start).toBe(start + 15n);
    }
  });

  test("a counter that is closed amid a call opens no connection any more", async () => {
    const alone = await serve();
    await serveReplica(alone);
    const client = await ioredis(alone.port);
    const name = await created(client);
    const connections = async () =>
      String(await alone.admin.call("CLIENT", "LIST", "TYPE", "normal")).split("\n").length;
    const before = await connections();
    const counter = new RedisCounter(client, { name, replicas: 1 });
    const lease = codeOf(counter.reserve(1, CLAIM));
    counter.close();
    expect(await lease).toBe("ERR_PERMID64_CLOSED");
    await pause(100);
    expect(await connections()).toBe(before);
  });

  test.each([
    ["ioredis", ioredis],
    ["node-redis", nodeRedis],
  ])("a connection that a server takes without a word ends with the call, and with the counter: %s", async (_, connect) => {
    const client = await connect(server.port);
    const name = await created(client);
    const open = new Set<Socket>();
    const silent = createServer((socket) => {
      open.add(socket.resume().on("close", () => open.delete(socket)));
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const duplicate = client.duplicate.bind(client) as (options: object) => object;
    const duplicateThere = (options: object) => duplicate({ ...options, port, url: `redis://127.0.0.1:${port}` });
    Object.assign(client, { duplicate: duplicateThere });

    const hasty = new RedisCounter(client, { name, replicas: 1, timeout: 500 });
    for (let i = 0; i < 3; i++) expect(await codeOf(hasty.reserve(1, CLAIM))).toBe(TIMEOUT);
    while (open.size > 0) await pause(5);

    const counter = new RedisCounter(client, { name, replicas: 1, timeout: 60_000 });
    const lease = codeOf(counter.reserve(1, CLAIM));
    while (open.size === 0) await pause(5);
    counter.close();
    expect(await lease).toBe(UNAVAILABLE);
    while (open.size > 0) await pause(5);
  });

  test("a closed counter is closed, and the client is not", async () => {
    const client = await ioredis(server.port);
    const name = await created(client);
    const counter = await opened(client, { name });
    counter.close();
    expect(await codeOf(counter.open(CLAIM))).toBe("ERR_PERMID64_CLOSED");
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe("ERR_PERMID64_CLOSED");
    expect(await client.ping()).toBe("PONG");
  });
});

describe("many writers on one key", () => {
  const COUNTS = [1, 2, 3, 7, 16, 64, 256, 1000];

  async function together(start: typeof startProcess, count: number) {
    const client = await ioredis(server.port);
    const name = await created(client);
    const folder = logFolder();
    const jobs = COUNTS.slice(0, count).map((size, i): Job => {
      const log = join(folder, `${i}`);
      return { port: server.port, log, store: "redis", options: { name }, counts: [size, 1], calls: 200 };
    });
    const workers = await Promise.all(jobs.map((job) => startWorker(job, start)));
    const answers = await Promise.all(workers.map(({ answer }) => answer));
    expect(answers).toEqual(jobs.map(() => ({ code: undefined, message: undefined, retries: 0 })));
    const [state] = await RedisCounter.inspect(client, { name });
    const logs = jobs.map(({ log }) => readLog(log));
    expect(logs.map(({ blocks }) => blocks.length)).toEqual(jobs.map(() => 200));
    return audit(logs, state!.mark);
  }

  test("8 processes with block sizes of their own: no overlap, and no number lost", async () => {
    expect(await together(startProcess, 8)).toMatchObject({ overlaps: [], lost: 0n });
  });

  test("threads: no overlap, and no number lost", async () => {
    expect(await together(startThread, 4)).toMatchObject({ overlaps: [], lost: 0n });
  });

  test("counters of one process on several connections, all at once", async () => {
    const clients = [await ioredis(server.port), await ioredis(server.port), await nodeRedis(server.port)];
    const name = await created(clients[0]!);
    const counters = await Promise.all(clients.map((client) => opened(client, { name })));
    const blocks = await Promise.all(
      Array.from({ length: 600 }, (_, i) => counters[i % 3]!.reserve(1 + (i % 5), CLAIM)),
    );
    const log = { blocks, issued: [], unanswered: 0n };
    expect(audit([log], 1800n)).toMatchObject({ overlaps: [], lost: 0n });
  });

  test("the same finds the overlaps of a counter that reads and writes back", async () => {
    const folder = logFolder();
    const jobs = COUNTS.slice(0, 4).map((size, i): Job => {
      return { port: server.port, log: join(folder, `${i}`), store: "get-set", counts: [size], calls: 200 };
    });
    const workers = await Promise.all(jobs.map((job) => startWorker(job)));
    await Promise.all(workers.map(({ answer }) => answer));
    const mark = BigInt((await server.admin.get("naive"))!);
    expect(
      audit(
        jobs.map(({ log }) => readLog(log)),
        mark,
      ).overlaps.length,
    ).toBeGreaterThan(0);
  });
});

describe("a key that is not as it was left", () => {
  test.each([
    ["a fraction", "1.5"],
    ["negative", "-1"],
    ["text", "many"],
    ["empty", ""],
    ["zeros in front", "007"],
    ["a double of Lua's", "2.8147497671066e+14"],
    ["above the ceiling", String(2n ** 48n + 1n)],
    ["above 2^63", String(2n ** 63n)],
    ["huge", "9".repeat(40)],
  ])("a mark that is %s is corrupt", async (_, value) => {
    const client = await ioredis(server.port);
    const name = await created(client);
    const counter = await opened(client, { name });
    await server.admin.hset(keyOf(name), markField, value);
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe(CORRUPT);
    expect(await codeOf(opened(client, { name, skipAhead: 5n }))).toBe(CORRUPT);
    expect(await server.admin.hget(keyOf(name), markField)).toBe(value);
  });

  test("a mark that went back is a rollback for whoever saw it before, in other counters too", async () => {
    const client = await ioredis(server.port);
    const name = await created(client);
    const counter = await opened(client, { name });
    await counter.reserve(100, CLAIM);
    await server.admin.hset(keyOf(name), markField, "99");
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe(ROLLBACK);
    expect(await codeOf(opened(client, { name }))).toBe(ROLLBACK);
    const willing = new RedisCounter(client, { name, skipAhead: 7n });
    expect(await RedisCounter.raise(client, { name, instanceId, floor: 100n })).toBe(100n);
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 100n, end: 101n });
    await server.admin.hset(keyOf(name), markField, "99");
    expect(await willing.reserve(1, CLAIM), "consent: from above all that this process was given").toEqual({
      start: 108n,
      end: 109n,
    });
  });

  test("deleted, flushed or evicted: missing, and it does not begin anew", async () => {
    const alone = await serve({ ...DURABLE, maxmemory: "0" });
    const client = await ioredis(alone.port);
    for (const remove of [
      (name: string) => alone.admin.del(keyOf(name)),
      () => alone.admin.flushall(),
      (name: string) => alone.admin.hdel(keyOf(name), markField),
      async (name: string) => {
        await alone.admin.config("SET", "maxmemory-policy", "allkeys-random", "maxmemory", "1");
        await alone.admin.set("other", "x").catch(() => {}); // A write makes room first.
        while ((await alone.admin.exists(keyOf(name))) > 0) await pause(5);
        await alone.admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
      },
    ]) {
      const name = await created(client);
      const counter = await opened(client, { name });
      await counter.reserve(10, CLAIM);
      await remove(name);
      expect(await codeOf(counter.reserve(1, CLAIM)), `${remove}`).toBe(MISSING);
      expect(await codeOf(opened(client, { name, skipAhead: 5n }))).toBe(MISSING);
    }
  });

  test("two stores of one name: the pinned lineage tells them apart, also where a client moves between them", async () => {
    const staging = await serve();
    const [here, there] = [await ioredis(server.port), await ioredis(staging.port)];
    const name = freshName();
    const lineage = await RedisCounter.create(here, { name, instanceId });
    await RedisCounter.create(there, { name, instanceId });
    expect(await codeOf(opened(there, { name, lineage }))).toBe(ROLLBACK);
    const proxy = await startProxy(server.port);
    const counter = await opened(await ioredis(proxy.port), { name });
    await counter.reserve(10, CLAIM);
    proxy.retarget(staging.port);
    expect(await codeOf(eventually(() => counter.reserve(1, CLAIM)))).toBe(ROLLBACK);
    // Another database or prefix has no such key at all.
    const elsewhere = await ioredis(server.port);
    await elsewhere.select(1);
    expect(await codeOf(opened(elsewhere, { name, lineage }))).toBe(MISSING);
    expect(await codeOf(opened(here, { name, lineage, prefix: "other" }))).toBe(MISSING);
  });

  test("of another type, another content, another format, or with a time to live", async () => {
    const client = await ioredis(server.port);
    for (const [edit, text] of [
      [(key: string) => server.admin.set(key, "7"), "WRONGTYPE"],
      [(key: string) => server.admin.del(key).then(() => server.admin.hset(key, "a", "b")), "not a permid64"],
      [(key: string) => server.admin.hset(key, "format", "2"), "format 2"],
      [(key: string) => server.admin.expire(key, 1000), "time to live"],
    ] as const) {
      const name = await created(client);
      const counter = await opened(client, { name });
      await edit(keyOf(name));
      for (const attempt of [counter.reserve(1, CLAIM), opened(client, { name })]) {
        const error = await refused(attempt);
        expect(error.code).toBe(CORRUPT);
        expect(error.message).toContain(text);
      }
      if (text !== "time to live")
        expect(await codeOf(RedisCounter.create(client, { name, instanceId: 9 }))).toBe(CORRUPT);
    }
  });

  test.each(["ceiling", markField])("what an operator asks finds it too: %s", async (field) => {
    const client = await ioredis(server.port);
    const name = await created(client);
    await opened(client, { name });
    await server.admin.hset(keyOf(name), field, "many");
    expect(await codeOf(RedisCounter.inspect(client, { name }))).toBe(CORRUPT);
    expect(await codeOf(RedisCounter.raise(client, { name, instanceId, floor: 5n }))).toBe(CORRUPT);
  });
});

describe("what the server must promise", () => {
  const RDB_ONLY = { save: "3600 1" };

  test.each([
    ["no append-only file", { ...RDB_ONLY, appendonly: "no" }, "none"],
    ["a sync each second", { ...DURABLE, appendfsync: "everysec" }, "everysec"],
    ["a sync when the system likes", { ...DURABLE, appendfsync: "no" }, "none"],
    ["no sync during a rewrite", { ...DURABLE, "no-appendfsync-on-rewrite": "yes" }, "none"],
  ] as const)("%s is refused unless asked for", async (_, settings, level) => {
    const weak = await serve(settings);
    for (const connect of [ioredis, nodeRedis]) {
      const client = await connect(weak.port);
      const name = await created(client);
      const error = await refused(opened(client, { name }));
      expect(error.code).toBe(CONFIG);
      expect(error.message).toContain(`durability: "${level}"`);
      expect(await codeOf(new RedisCounter(client, { name }).reserve(1, CLAIM))).toBe(CONFIG);
      const counter = await opened(client, { name, durability: level });
      expect(await counter.reserve(3, CLAIM)).toEqual({ start: 0n, end: 3n });
    }
  });

  test("eviction of any key is refused, of volatile keys is not", async () => {
    const evicting = await serve({ ...DURABLE, "maxmemory-policy": "allkeys-lru" });
    const client = await ioredis(evicting.port);
    const name = await created(client);
    expect((await refused(opened(client, { name }))).message).toContain("maxmemory-policy allkeys-lru");
    await evicting.admin.config("SET", "maxmemory-policy", "volatile-lru");
    await opened(client, { name });
  });

  test("settings that are hidden are refused unless they need not be seen", async () => {
    const shy = await serve({ ...DURABLE, user: "default on nopass ~* +@all -config" });
    const renamed = await serve({ ...DURABLE, "rename-command": "CONFIG HIDDEN" });
    for (const { port } of [shy, renamed]) {
      for (const connect of [ioredis, nodeRedis]) {
        const client = await connect(port);
        const name = await created(client);
        const error = await refused(opened(client, { name }));
        expect(error.code).toBe(CONFIG);
        expect(error.message).toContain('"unchecked"');
        await opened(client, { name, durability: "unchecked" });
      }
    }
  });

  test("a replica is refused, even one that can be written to", async () => {
    const master = await serve();
    const onMaster = await ioredis(master.port);
    const name = await created(onMaster);
    await opened(onMaster, { name });
    const replica = await serveReplica(master, master.port, { "replica-read-only": "no" });
    // Who writes to it sees the master's replication id: only its role tells.
    const client = await ioredis(replica.port);
    expect(await codeOf(opened(client, { name }))).toBe(CONFIG);
    expect(await codeOf(RedisCounter.create(client, { name, instanceId: 1 }))).toBe(UNAVAILABLE);
  });

  test("default persistence: a killed server forgets the key, and the counter does not begin anew", async () => {
    const forgetful = await serve({ appendonly: "no", save: "3600 1" });
    const client = await ioredis(forgetful.port);
    const name = await created(client);
    const counter = await opened(client, { name, durability: "none" });
    await counter.reserve(10, CLAIM);
    await forgetful.kill();
    await forgetful.restart();
    expect(await codeOf(eventually(() => counter.reserve(1, CLAIM)))).toBe(MISSING);
  });
});

describe("a server that cannot serve", () => {
  /** Whose `counter` has reserved 10 numbers. */
  async function working(settings = {}, options: RedisCounterOptions = {}) {
    const alone = await serve({ ...DURABLE, ...settings });
    const client = await ioredis(alone.port);
    const name = await created(client);
    const counter = await opened(client, { name, timeout: 2000, ...options });
    await counter.reserve(10, CLAIM);
    return { alone, name, counter };
  }

  test("NOREPLICAS passes", async () => {
    const { alone, counter } = await working();
    await alone.admin.config("SET", "min-replicas-to-write", "1");
    const error = await refused(counter.reserve(1, CLAIM));
    expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
    expect(error.message).toContain("NOREPLICAS");
    await alone.admin.config("SET", "min-replicas-to-write", "0");
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 10n, end: 11n });
  });

  test("OOM passes", async () => {
    const { alone, counter } = await working();
    await alone.admin.config("SET", "maxmemory", "1");
    const error = await refused(counter.reserve(1, CLAIM));
    expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
    expect(error.message).toContain("OOM");
    await alone.admin.config("SET", "maxmemory", "0");
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 10n, end: 11n });
  });

  test("a master that became a replica is unavailable, and READONLY and MASTERDOWN are of that kind", async () => {
    const { alone, counter } = await working();
    const upstream = await serve();
    await alone.admin.replicaof("127.0.0.1", upstream.port);
    expect(await refused(counter.reserve(1, CLAIM))).toMatchObject({ code: UNAVAILABLE, retryable: true });
    await alone.waitFor(/master_link_status:up/);
    await alone.admin.config("SET", "replica-serve-stale-data", "no");
    await upstream.kill();
    await alone.waitFor(/master_link_status:down/);
    const error = await refused(counter.reserve(1, CLAIM));
    expect(error).toMatchObject({ code: UNAVAILABLE, retryable: true });
    expect(error.message).toContain("MASTERDOWN");
  });

  test("LOADING passes", async () => {
    const alone = await serve();
    const client = await nodeRedis(alone.port); // The other waits by itself until all is loaded.
    const name = await created(client);
    const counter = await opened(client, { name, timeout: 2000, skipAhead: 100n });
    await counter.reserve(10, CLAIM);
    for (let i = 0; i < 20; i++) await alone.admin.mset(...Array.from({ length: 2000 }, (_, j) => `filler:${i}:${j}`));
    await alone.admin.bgrewriteaof();
    await alone.waitFor(/aof_rewrite_in_progress:0/, "persistence");
    await alone.stop();
    const started = alone.restart({ "key-load-delay": "50", "loading-process-events-interval-bytes": "1024" });
    const refusals: string[] = [];
    const block = await eventually(() =>
      counter.reserve(1, CLAIM).catch((error: Error) => {
        refusals.push(error.message);
        throw error;
      }),
    );
    await started;
    expect(refusals.some((message) => message.includes("LOADING"))).toBe(true);
    expect(block).toEqual({ start: 110n, end: 111n });
  });

  test("a busy script passes", async () => {
    const { alone, counter } = await working({ "busy-reply-threshold": "1" });
    const other = await ioredis(alone.port);
    await other.ping();
    const busy = alone.admin.eval("while true do end", 0).catch(() => {});
    await pause(50);
    const error = await refused(counter.reserve(1, CLAIM));
    await other.script("KILL");
    await busy;
    expect(error).toMatchObject({ code: "ERR_PERMID64_COUNTER_BUSY", retryable: true });
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 10n, end: 11n });
  });

  test("access denied does not pass", async () => {
    const { alone, counter } = await working();
    await alone.admin.acl("SETUSER", "default", "-eval");
    expect(await refused(counter.reserve(1, CLAIM))).toMatchObject({ code: CONFIG, retryable: false });
  });

  test("a restart stops the counter, and any other; consent or a raised mark lets it go on", async () => {
    const { alone, name, counter } = await working();
    const client = await ioredis(alone.port);
    await alone.kill();
    await alone.restart();
    expect(await codeOf(eventually(() => counter.reserve(1, CLAIM)))).toBe(ROLLBACK);
    expect(await codeOf(opened(client, { name }))).toBe(ROLLBACK);
    expect(await codeOf(RedisCounter.leaseInstanceId(client, { name }))).toBe(ROLLBACK);
    expect(await RedisCounter.leaseInstanceId(client, { name, skipAhead: 100 })).toBe(100);
    expect(await RedisCounter.leaseInstanceId(client, { name, skipAhead: 100 }), "once").toBe(101);
    await RedisCounter.raise(client, { name, instanceId, floor: 10n });
    expect(await codeOf(counter.reserve(1, CLAIM)), "not raised, so no consent").toBe(ROLLBACK);
    await RedisCounter.raise(client, { name, instanceId, floor: 11n });
    expect(await counter.reserve(1, CLAIM)).toEqual({ start: 11n, end: 12n });

    const willing = await opened(client, { name, skipAhead: 1000n });
    await alone.kill();
    await alone.restart();
    expect(await eventually(() => willing.reserve(1, CLAIM)), "consent given beforehand").toEqual({
      start: 1012n,
      end: 1013n,
    });
    expect(await counter.reserve(1, CLAIM), "for all of them").toEqual({ start: 1013n, end: 1014n });
    expect(await (await opened(client, { name, skipAhead: 1000n })).reserve(1, CLAIM), "once").toEqual({
      start: 1014n,
      end: 1015n,
    });
  });

  test("the first replica of a master stops the counter too: Redis changes its replication id", async () => {
    const { alone, name, counter } = await working();
    await serveReplica(alone);
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe(ROLLBACK);
    await RedisCounter.raise(await ioredis(alone.port), { name, instanceId, floor: 11n });
    await serveReplica(alone);
    expect(await counter.reserve(1, CLAIM), "the second does not").toEqual({ start: 11n, end: 12n });
  });

  test("a connection that was cut before the answer: unavailable or late, and the next block is another", async () => {
    const proxy = await startProxy(server.port);
    for (const connect of [ioredis, nodeRedis]) {
      const client = await connect(proxy.port);
      const name = await created(await ioredis(server.port));
      const counter = await eventually(() => opened(client, { name, timeout: 500 }));
      await counter.reserve(10, CLAIM);
      proxy.muteReplies();
      const lost = counter.reserve(10, CLAIM).catch((error: unknown) => error);
      while ((await server.admin.hget(keyOf(name), markField)) === "10") await pause(5);
      proxy.cut();
      proxy.mend();
      // One client sends it again on the next connection, and may get another block; the other gives up.
      const { start } = await eventually(() => counter.reserve(10, CLAIM));
      expect(start).toBeGreaterThanOrEqual(20n);
      const outcome = await lost;
      expect(outcome).toMatchObject(outcome instanceof Error ? { retryable: true } : { start: expect.any(BigInt) });
      if (!(outcome instanceof Error)) expect((outcome as { start: bigint }).start).toBeGreaterThanOrEqual(20n);
    }
  });

  test("an old snapshot put back stops a fresh process too", async () => {
    const { alone, name } = await working({ appendonly: "no" }, { durability: "none" });
    const client = await ioredis(alone.port);
    await alone.admin.save();
    await (await opened(client, { name, durability: "none" })).reserve(1000, CLAIM);
    await alone.kill();
    await alone.restart();
    const folder = logFolder();
    const job: Job = {
      ...{ port: alone.port, log: join(folder, "log"), store: "redis", counts: [1], calls: 1 },
      options: { name, durability: "none" },
    };
    expect((await (await startWorker(job)).answer)?.code).toBe(ROLLBACK);
    const willing = await startWorker({ ...job, options: { ...job.options, skipAhead: 5000n } });
    expect((await willing.answer)?.code).toBeUndefined();
    expect(readLog(job.log).blocks).toEqual([{ start: 5010n, end: 5011n }]);
  });
});
