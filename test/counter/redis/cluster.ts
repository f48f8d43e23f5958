import { freePort } from "../support/ports.ts";
import { serve } from "./host.ts";
import { DURABLE, type RedisServer } from "./server.ts";

const SLOTS = 16_384;

/** Masters that share the slots, and one replica of each. */
export async function serveCluster(masters: number): Promise<{ masters: RedisServer[]; replicas: RedisServer[] }> {
  const nodes: RedisServer[] = [];
  const buses: number[] = [];
  for (let i = 0; i < 2 * masters; i++) {
    // By default it is 10,000 above the port, which may be none.
    const bus = await freePort();
    buses.push(bus);
    nodes.push(
      await serve({
        ...DURABLE,
        "cluster-enabled": "yes",
        "cluster-port": `${bus}`,
        "cluster-node-timeout": "2000",
        "cluster-replica-validity-factor": "0",
      }),
    );
  }
  const leading = nodes.slice(0, masters);
  const first = nodes[0]!;
  for (const [i, { admin }] of leading.entries()) {
    const begin = Math.floor((i * SLOTS) / masters);
    const end = Math.floor(((i + 1) * SLOTS) / masters) - 1;
    await admin.call("CLUSTER", "ADDSLOTSRANGE", begin, end);
    await admin.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
  }
  for (const [i, { port }] of nodes.entries()) {
    if (i > 0) await first.admin.call("CLUSTER", "MEET", "127.0.0.1", port, buses[i]!);
  }
  await untilAll(nodes, (info) => info.includes(`cluster_known_nodes:${nodes.length}`));
  const replicas = nodes.slice(masters);
  for (const [i, { admin }] of replicas.entries()) {
    await admin.call("CLUSTER", "REPLICATE", String(await leading[i]!.admin.call("CLUSTER", "MYID")));
  }
  await untilAll(nodes, (info) => info.includes("cluster_state:ok"));
  for (const replica of replicas) await replica.waitFor(/master_link_status:up/);
  return { masters: leading, replicas };
}

async function untilAll(nodes: readonly RedisServer[], holds: (info: string) => boolean): Promise<void> {
  for (const { admin } of nodes) {
    while (!holds(String(await admin.call("CLUSTER", "INFO")))) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Makes a replica the master of its slots, by agreement with the others; where they did not agree in time, once more. */
export async function takeOver(replica: RedisServer): Promise<void> {
  for (let turn = 0; !String(await replica.admin.info("replication")).includes("role:master"); turn++) {
    // It errs where it is master by now.
    if (turn % 50 === 0) await replica.admin.call("CLUSTER", "FAILOVER").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
