import { spawnSync } from "node:child_process";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { Id64Decoder } from "../../support/library.ts";
import { type Example, examplesWith, Page, Workshop } from "../support/examples.ts";
import { needsRedis, serve } from "./host.ts";
import type { RedisServer, Settings } from "./server.ts";

// docs/redis.md: all of its examples and commands run, and the runbook mends what it says it does.

const page = new Page("docs/redis.md");
const [configuration, user, create, issue, lease, inspect, raise, createAbove, createAgain] = page.blocks;

const KEY = "000102030405060708090a0b0c0d0e0f";
const decoder = Id64Decoder.speck({ key: KEY });
const sequenceOf = (printed: string) => decoder.decodeBase62(printed.trim()).sequence;

/** redis.conf as the page has it. */
const settings: Settings = Object.fromEntries(
  page
    .take(configuration!)
    .trim()
    .split("\n")
    .map((line) => line.split(" ")),
);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m;

let server: RedisServer;
let workshop: Workshop;
/** What the service is given: the one that was printed last. */
let lineage: string;
beforeEach(async (context) => {
  needsRedis(context);
  if (spawnSync("redis-cli", ["--version"]).status !== 0) lacking(context, "redis-cli");
  workshop = new Workshop();
  onTestFinished(() => workshop.remove());
  server = await serve(settings);
  lineage = crypto.randomUUID();
});

async function run(example: Example | string | undefined, { as = "" } = {}): Promise<string> {
  const printed = await workshop.run(page, typeof example === "string" ? page.command(example) : example, {
    REDIS_URL: `redis://${as}127.0.0.1:${server.port}`,
    PERMID64_KEY: KEY,
    ORDERS_LINEAGE: lineage,
  });
  lineage = UUID.exec(printed)?.[0] ?? lineage;
  return printed;
}

describe("set-up and issuing", () => {
  test("as a user with the rights that are named", async () => {
    await run(user);
    const as = "app:secret@";
    const created = await run(create, { as });
    expect(created).toMatch(UUID);
    expect(sequenceOf(await run(issue, { as }))).toBe(0n);
    expect(sequenceOf(await run(issue, { as }))).toBeGreaterThanOrEqual(4096n);
    expect(await run(lease, { as })).toMatch(/^0 /);
    expect(await run(lease, { as })).toMatch(/^1 [0-9A-Za-z]{11}\n$/);
    expect(await run(inspect, { as })).toMatch(/'orders' .* 42 .* [1-9]\d*n/);
    lineage = crypto.randomUUID();
    await expect(run(issue, { as })).rejects.toThrow("ERR_PERMID64_COUNTER_ROLLBACK");
    expect(await run("redis-cli HGET permid64:orders lineage")).toBe(created);
  });
});

describe("the runbook", () => {
  test("ROLLBACK: a restart", async () => {
    await run(create);
    await run(issue);
    await server.stop();
    await server.restart();
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_ROLLBACK");
    expect(await run("redis-cli INFO server")).toContain("uptime_in_seconds:");
    expect(await run("redis-cli ROLE")).toContain("master");
    expect(await run("redis-cli HGET permid64:orders mark:42")).toMatch(/^[1-9]\d*\n$/);
    await run(raise);
    expect(sequenceOf(await run(issue))).toBe(5_000_000n);
    await run(createAbove);
    expect(await run(inspect)).toMatch(/'orders' .* 1042 .* 0n/);
  });

  test("NOT_INITIALIZED: flushed", async () => {
    await run(create);
    await server.admin.flushall();
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_NOT_INITIALIZED");
    expect(await run("redis-cli CONFIG GET maxmemory-policy")).toContain("noeviction");
    expect(await run("redis-cli INFO persistence")).toContain("aof_enabled:1");
    const before = lineage;
    await run(createAgain);
    expect(lineage).not.toBe(before);
    expect(sequenceOf(await run(issue))).toBe(5_000_000n);
    await run("redis-cli HSET permid64:orders next");
    expect(await run(lease)).toMatch(/^1043 /);
  });

  test.for([
    [["appendonly", "no"], "redis-cli CONFIG SET appendonly"],
    [["appendfsync", "everysec"], "redis-cli CONFIG SET appendfsync"],
    [["maxmemory-policy", "allkeys-lru"], "redis-cli CONFIG SET maxmemory-policy"],
  ] as const)("CONFIG: %s", async ([harm, cure]) => {
    await run(create);
    await server.admin.config("SET", ...harm);
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_CONFIG");
    await run(cure);
    expect(sequenceOf(await run(issue))).toBe(0n);
  });

  test("CONFIG: hidden settings", async () => {
    await run(user);
    await run(create);
    await server.admin.acl("SETUSER", "app", "-config|get");
    await expect(run(issue, { as: "app:secret@" })).rejects.toThrow("ERR_PERMID64_COUNTER_CONFIG");
    await run("redis-cli ACL SETUSER");
    expect(sequenceOf(await run(issue, { as: "app:secret@" }))).toBe(0n);
  });

  test("CORRUPT: a time to live", async () => {
    await run(create);
    await server.admin.expire("permid64:orders", 1000);
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_CORRUPT");
    await run("redis-cli PERSIST");
    expect(sequenceOf(await run(issue))).toBe(0n);
    expect(await run("redis-cli TYPE")).toBe("hash\n");
    expect(await run("redis-cli HGETALL")).toMatch(/\nmark:42\n[1-9]\d*\n/);
  });

  test("what else there is to look at", async () => {
    expect(await run("redis-cli INFO replication")).toContain("role:master");
    expect(await run("redis-cli INFO memory")).toContain("maxmemory:");
    // There is nothing to kill here, and no cluster.
    await expect(run("redis-cli SCRIPT KILL")).rejects.toThrow("NOTBUSY");
    await expect(run("redis-cli CLUSTER INFO")).rejects.toThrow("cluster support disabled");
  });
});

test("other pages show an instance that was created before", async () => {
  const examples = ["ioredis", "redis"].flatMap((client) => examplesWith(client, "docs/redis.md"));
  expect(examples.length).toBeGreaterThan(0);
  for (const [page, example] of examples) {
    await server.admin.flushall();
    await run(create);
    const REDIS_URL = `redis://127.0.0.1:${server.port}`;
    expect(sequenceOf(await workshop.run(page, example, { REDIS_URL, PERMID64_KEY: KEY }))).toBe(0n);
  }
});

test("nothing of the page was left out", () => {
  // What it says redis-cli stands for is what all of these commands ran as.
  expect(page.left.filter((code) => code !== 'redis-cli -u "$REDIS_URL"')).toEqual([]);
});
