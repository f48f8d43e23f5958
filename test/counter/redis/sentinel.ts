import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { freePort } from "../support/ports.ts";
import type { RedisServer } from "./server.ts";

/** What the sentinel calls the master. */
export const MASTER_NAME = "mymaster";

const hasSentinel = spawnSync("redis-sentinel", ["--version"]).status === 0;

export const needsSentinel = (context: Parameters<typeof lacking>[0]) => {
  if (!hasSentinel) lacking(context, "redis-sentinel");
};

/** A sentinel on loopback that alone decides, and ends with the test. */
export async function serveSentinel(master: RedisServer, downAfter = 1000): Promise<{ port: number; admin: Redis }> {
  const folder = mkdtempSync(join(tmpdir(), "permid64-sentinel-"));
  const file = join(folder, "sentinel.conf");
  const port = await freePort();
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${downAfter}`,
    `sentinel failover-timeout ${MASTER_NAME} 10000`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child = spawn("redis-sentinel", [file], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const admin = new Redis(port, "127.0.0.1", { retryStrategy: () => 20, maxRetriesPerRequest: null });
  admin.on("error", () => {});
  onTestFinished(async () => {
    admin.disconnect();
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  const replicas = /connected_slaves:(\d+)/.exec(String(await master.admin.info("replication")))![1];
  for (;;) {
    // It learns of the replicas from the master, and asks the master every 10 seconds.
    const info = String(await admin.info("sentinel"));
    if (info.includes(`status=ok`) && info.includes(`slaves=${replicas},`)) return { port, admin };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
