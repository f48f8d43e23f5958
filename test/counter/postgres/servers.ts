import { expect, test } from "vitest";
import { type Block, PostgresCounter, type PostgresCounterOptions } from "../../support/library.ts";
import { logFolder, pause } from "../support/host.ts";
import { CLAIM, type ClientKind } from "./clients.ts";
import { auditBlocks, connect, create, markOf, startServer, startWorker, take } from "./host.ts";
import type { StopMode } from "./server.ts";

// Servers that stop, fail over and are restored.

/** What a process that has seen nothing makes of it. */
export async function fresh(url: string, blocks: number, options: PostgresCounterOptions = {}) {
  const worker = await startWorker(logFolder(), { url, client: "pg", store: "row", counts: [10], blocks, options });
  const answer = (await worker.answer)!;
  return { code: answer.failure?.code, blocks: worker.log().blocks };
}

export const overlapsOf = (blocks: readonly Block[]) => auditBlocks(blocks, 2n ** 62n).overlaps;

export function testStops(kind: ClientKind, modes: readonly StopMode[]): void {
  test.each(
    modes,
  )(`F12 on ${kind.name}: stopped (%s) and started again: unavailable meanwhile, and it goes on by itself`, async (mode) => {
    const server = await startServer();
    await create(server.url);
    const open = connect(server.url, kind);
    const counter = new PostgresCounter(open.client, { timeout: 3000 });
    const blocks = await take(counter, 5);
    let down = true;
    // Whether there are connections at work, and at rest, does not matter.
    const during = (async () => {
      const codes = new Set<string>();
      while (down) {
        await counter.reserve(10, CLAIM).then(
          (block) => blocks.push(block),
          (error) => codes.add(error.retryable ? "retryable" : error),
        );
        await pause(10);
      }
      return codes;
    })();
    const stopped = server.stop(mode);
    // A smart stop waits for all sessions, which a pool would keep for long.
    if (mode === "smart") await pause(300);
    if (mode === "smart") await server.stop("fast");
    await stopped;
    await pause(300);
    down = false;
    expect([...(await during)]).toEqual(["retryable"]);
    await server.start();
    for (let more = 0; more < 5; ) {
      await counter.reserve(10, CLAIM).then(
        (block) => {
          blocks.push(block);
          more++;
        },
        (error) => expect(error.retryable, error).toBe(true),
      );
    }
    expect(overlapsOf(blocks)).toEqual([]);
    expect(blocks.at(-1)!.end).toBe(await markOf(server.url));
  });
}
