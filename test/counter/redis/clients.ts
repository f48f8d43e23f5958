import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster } from "redis";
import { onTestFinished } from "vitest";
import type { RedisClient } from "../../support/library.ts";

// Each client as its users make it, ended when the test ends.

type Connect = (port: number, password?: string) => Promise<RedisClient>;

const ignore = () => {};

export const ioredis = async (port: number, password?: string): Promise<Redis> => {
  const client = new Redis({ port, host: "127.0.0.1", ...(password && { password }) });
  client.on("error", ignore);
  onTestFinished(() => client.disconnect());
  return client;
};

export const nodeRedis = async (port: number, password?: string) => {
  const client = createClient({ url: `redis://${password ? `:${password}@` : ""}127.0.0.1:${port}` });
  client.on("error", ignore);
  onTestFinished(() => client.destroy());
  return client.connect();
};

export const nodeRedisPool = async (port: number, password?: string) => {
  const pool = createClientPool(
    { url: `redis://${password ? `:${password}@` : ""}127.0.0.1:${port}` },
    { minimum: 3, maximum: 5 },
  );
  pool.on("error", ignore);
  onTestFinished(() => pool.destroy());
  await pool.connect();
  return pool;
};

export const CLIENTS: Readonly<Record<string, Connect>> = {
  ioredis,
  "node-redis": nodeRedis,
  "node-redis pool": nodeRedisPool,
};

export const CLUSTER_CLIENTS: Readonly<Record<string, Connect>> = {
  ioredis: async (port) => {
    const cluster = new Cluster([{ host: "127.0.0.1", port }]);
    cluster.on("error", ignore);
    onTestFinished(() => cluster.disconnect());
    return cluster;
  },
  "node-redis": async (port) => {
    const cluster = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] });
    cluster.on("error", ignore);
    onTestFinished(() => cluster.destroy());
    await cluster.connect();
    return cluster;
  },
};
