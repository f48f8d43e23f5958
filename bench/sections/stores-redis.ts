import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { agree, type Effort } from "../lib/harness.ts";
import type { Findings, Table } from "../lib/report.ts";
import type { Job } from "./stores-redis-child.ts";

// The server control is that of the tests, whose folder also has the client.
// Beside the sources: the folder for temporary files may be in memory, where nothing costs anything.
process.env.TMPDIR = fileURLToPath(new URL("../../build", import.meta.url));
const { hasRedis, RedisServer } = await import("../../test/counter/redis/server.ts");

const PROCESSES = 8;
const BLOCKS = [4096, 65_536, 1_048_576];

export async function measure({ quick }: Effort): Promise<Findings> {
  const milliseconds = quick ? 300 : 1000;
  const about =
    "Reservations through `RedisCounter` on ioredis, one after the other on each connection; the server on loopback, on the same " +
    "two cores as those who load it, its append-only file on this machine's disk. Ids a second are what one key carries if " +
    "every block is of that size: reservations times block.";
  if (!hasRedis)
    return { title: "Redis", about: `${about} Not measured: no redis-server here.`, targets: [], tables: [] };
  const rates: string[][] = [];
  const ids: string[][] = [];
  for (const appendfsync of ["always", "everysec"] as const) {
    const server = await RedisServer.start({ appendonly: "yes", appendfsync, save: "" });
    try {
      const together = (name: (i: number) => string, block: number) => {
        const names = Array.from({ length: PROCESSES }, (_, i) => name(i));
        return reservationsPerSecond(server.port, names, block, milliseconds, appendfsync);
      };
      const alone = await reservationsPerSecond(server.port, ["alone"], BLOCKS[0]!, milliseconds, appendfsync);
      const apart = await together((i) => `own${i}`, BLOCKS[0]!);
      const shared: number[] = [];
      for (const block of BLOCKS) shared.push(await together(() => `shared${block}`, block));
      rates.push([appendfsync, ...[alone, shared[0]!, apart].map((rate) => rate.toFixed(0))]);
      ids.push([appendfsync, ...shared.map((rate, i) => ((rate * BLOCKS[i]!) / 1e6).toFixed(0))]);
    } finally {
      await server.close();
    }
  }
  const tables: Table[] = [
    {
      title: `Reservations a second, blocks of ${BLOCKS[0]}`,
      head: ["appendfsync", "1 connection", `${PROCESSES} processes, one key`, `${PROCESSES} processes, a key each`],
      rows: rates,
    },
    {
      title: `Million ids a second that one key carries, ${PROCESSES} processes`,
      head: ["appendfsync", ...BLOCKS.map((block) => `blocks of ${block}`)],
      rows: ids,
    },
  ];
  return { title: "Redis", about, targets: [], tables };
}

/** Of one process for each name, all at once. */
async function reservationsPerSecond(
  port: number,
  names: readonly string[],
  count: number,
  milliseconds: number,
  durability: Job["durability"],
): Promise<number> {
  const script = fileURLToPath(new URL("stores-redis-child.ts", import.meta.url));
  const children = await Promise.all(
    names.map(async (name) => {
      const child = fork(script, { execArgv: [] });
      const next = () => new Promise<unknown>((resolve) => child.once("message", resolve));
      const up = next();
      child.send({ port, name, count, milliseconds, durability } satisfies Job);
      await up;
      return { child, next };
    }),
  );
  const results = children.map(({ next }) => next());
  for (const { child } of children) child.send("go");
  const done = (await Promise.all(results)) as { reservations: number; seconds: number; last: string }[];
  const reservations = done.reduce((sum, result) => sum + result.reservations, 0);
  if (new Set(names).size === 1) {
    const last = done.map((result) => BigInt(result.last)).reduce((a, b) => (a > b ? a : b));
    agree("the mark and the blocks", last === BigInt(reservations) * BigInt(count));
  }
  return reservations / Math.max(...done.map(({ seconds }) => seconds));
}
