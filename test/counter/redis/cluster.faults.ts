import { beforeEach, describe, expect, test } from "vitest";
import { RedisCounter } from "../../support/library.ts";
import { INSTANCE } from "../../support/state-log.ts";
import { eventually, refused } from "../support/host.ts";
import { CLUSTER_CLIENTS } from "./clients.ts";
import { serveCluster, takeOver } from "./cluster.ts";
import { needsRedis, opened } from "./host.ts";
import { CLAIM } from "./log.ts";
import type { RedisServer } from "./server.ts";

beforeEach(needsRedis);

const instanceId = INSTANCE;

describe.each(Object.entries(CLUSTER_CLIENTS))("a cluster, %s", (_, connect) => {
  test("leases on the master that has the key, waits for its replicas, and survives a failover", async () => {
    const { masters, replicas } = await serveCluster(2);
    const client = await connect(masters[0]!.port);
    // Until a name was on each of them.
    const used = new Set<RedisServer>();
    for (let i = 0; used.size < 2; i++) {
      const name = `orders${i}`;
      const key = `permid64:${name}`;
      await RedisCounter.create(client, { name, instanceId });
      const at = (await masters[0]!.admin.call("CLUSTER", "COUNTKEYSINSLOT", await slotOf(masters[0]!, key))) ? 0 : 1;
      const [master, replica] = [masters[at]!, replicas[at]!];
      if (used.has(master)) continue;
      used.add(master);
      const counter = await opened(client, { name, replicas: 1, timeout: 2000, skipAhead: 1000n });
      expect(await counter.reserve(10, CLAIM)).toEqual({ start: 0n, end: 10n });
      expect(await new RedisCounter(client, { name }).reserve(10, CLAIM)).toEqual({ start: 10n, end: 20n });

      replica.freeze();
      expect((await refused(counter.reserve(10, CLAIM))).message).toMatch(/^0 of 1 replicas/);
      replica.thaw();
      const { end } = await eventually(() => counter.reserve(10, CLAIM));

      await replica.waitFor(/master_link_status:up/);
      await takeOver(replica);
      await master.waitFor(/master_link_status:up/);
      const after = await eventually(() => counter.reserve(10, CLAIM));
      expect(after.start).toBeGreaterThanOrEqual(end + 1000n);
      counter.close();
    }
  });

  test("every master must keep what it is given: slots move", async () => {
    const { masters } = await serveCluster(2);
    const client = await connect(masters[0]!.port);
    for (const weak of masters) {
      const name = `of${weak.port}`;
      await RedisCounter.create(client, { name, instanceId });
      await weak.admin.config("SET", "appendfsync", "everysec");
      expect((await refused(opened(client, { name }))).message).toContain("appendfsync everysec");
      await weak.admin.config("SET", "appendfsync", "always");
      await opened(client, { name });
    }
  });
});

const slotOf = async (server: RedisServer, key: string) => Number(await server.admin.call("CLUSTER", "KEYSLOT", key));
