import { beforeEach, expect, onTestFinished, test } from "vitest";
import { asyncGeneratorOf, checkGoesOn, type Entry, markAfter, readText } from "../../support/fixtures.ts";
import { RedisCounter } from "../../support/library.ts";
import { ioredis } from "./clients.ts";
import { needsRedis } from "./host.ts";
import { RedisServer } from "./server.ts";

// Keys that permid64 0.1.0 left, loaded into fresh servers.

beforeEach(needsRedis);

interface Space {
  key: string;
  options: { name: string; prefix?: string };
  fields: Record<string, string>;
  entries: Entry[];
  nextLease?: number;
}

/** A server and all that was on it, as if it had written it itself. */
async function start() {
  const server = await RedisServer.start();
  onTestFinished(() => server.close());
  const [, replicationId] = /master_replid:(\w+)/.exec(await server.admin.info("replication"))!;
  const text = readText("redis.json");
  const { replicationId: placeholder }: { replicationId: string } = JSON.parse(text);
  const { spaces }: { spaces: Space[] } = JSON.parse(text.replaceAll(placeholder, replicationId!));
  return { client: await ioredis(server.port), spaces, replicationId: replicationId! };
}

/** The fields when all entries have gone on. */
function fieldsAfter({ fields, entries }: Space): Record<string, string> {
  const { fingerprint, ceiling } = entries[0]!.opened;
  const marks = entries.map((entry) => [`mark:${entry.instanceId}`, `${markAfter(entry)}`]);
  return { ...fields, fingerprint, ceiling, ...Object.fromEntries(marks) };
}

test("each instance goes on where it stopped, and nothing else changes", async () => {
  const { client, spaces, replicationId } = await start();
  for (const space of spaces) {
    const { key, options, fields, entries, nextLease } = space;
    await client.hset(key, fields);
    for (const entry of entries) {
      const { lineage, config } = entry;
      using counter = new RedisCounter(client, { ...options, lineage });
      await using ids = asyncGeneratorOf(config, counter);
      await checkGoesOn(ids, entry);
    }
    const after = fieldsAfter(space);
    expect(await client.hgetall(key)).toEqual(after);
    if (nextLease === undefined) continue;
    expect(await RedisCounter.leaseInstanceId(client, options)).toBe(nextLease);
    expect(await client.hgetall(key)).toEqual({
      ...after,
      next: `${nextLease + 1}`,
      [`mark:${nextLease}`]: "0",
      [`incarnation:${nextLease}`]: replicationId,
    });
  }
});

test("made anew, one is written in the same way", async () => {
  const { client, spaces } = await start();
  const untouched = spaces.filter(({ entries: [entry] }) => entry!.fingerprint === null);
  expect(untouched.length).toBeGreaterThan(0);
  for (const { key, options, fields, entries } of untouched) {
    const { instanceId, mark } = entries[0]!;
    const lineage = await RedisCounter.create(client, { ...options, instanceId, startAt: BigInt(mark) });
    expect(await client.hgetall(key)).toEqual({ ...fields, lineage });
  }
});
