import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Block, PostgresCounter } from "../../support/library.ts";
import { CLAIM, type ClientKind, PG } from "./clients.ts";
import { auditBlocks, connect, create, markOf, startServer, take } from "./host.ts";

/** The error of a server that shuts down, as it sends it to each session. */
export const FATAL = (() => {
  const fields = Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

const READY = Buffer.from("5a0000000549", "hex");

type Break = (reply: Buffer) => { pass: Buffer; end: "go on" | "end" | "reset" | "wait" };

/** A proxy that breaks what the server replies while `broken` is set. */
export async function startBreaker(port: number) {
  const breaker: { port: number; broken: Break | undefined } = { port: 0, broken: undefined };
  const listener = createServer((client) => {
    const server = connectSocket(port, "127.0.0.1");
    client.on("data", (chunk) => server.write(chunk));
    let held = Buffer.alloc(0);
    let isSilent = false;
    server.on("data", (chunk) => {
      if (isSilent) return;
      held = Buffer.concat([held, chunk]);
      // A reply is whole when the server is ready.
      if (breaker.broken && !held.subarray(-READY.length).equals(READY)) return;
      const { pass, end } = breaker.broken?.(held) ?? { pass: held, end: "go on" };
      held = Buffer.alloc(0);
      client.write(pass);
      if (end === "end") client.end();
      if (end === "reset") setImmediate(() => client.resetAndDestroy());
      isSilent = end === "wait";
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on("error", () => {});
      socket.on("close", () => other.destroy());
    }
    onClose.add(() => client.destroy());
  });
  const onClose = new Set<() => void>();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  breaker.port = (listener.address() as AddressInfo).port;
  onTestFinished(() => {
    for (const close of onClose) close();
    listener.close();
  });
  return breaker;
}

const throughBreaker = ({ port }: { port: number }) => `postgres://postgres@127.0.0.1:${port}/postgres`;

/** Each `step`th byte of a reply; a test fails by itself if an error is handled by nobody. */
export function testReplies(kind: ClientKind, step: number): void {
  test(`F5 on ${kind.name}: a connection breaks at a byte of its reply, and nothing is unhandled or comes twice`, {
    timeout: 240_000,
  }, async () => {
    const server = await startServer();
    await create(server.url);
    const breaker = await startBreaker(server.port);
    const { client } = connect(throughBreaker(breaker), kind, kind === PG ? 1 : 2);
    const counter = new PostgresCounter(client, { timeout: 20_000 });
    const blocks = await take(counter, 1);
    let length = Infinity;
    let broken = 0;
    for (let at = 0; at < length; at += step) {
      for (const end of ["end", "reset"] as const) {
        breaker.broken = (reply) => {
          if (length === Infinity) length = reply.length;
          breaker.broken = undefined;
          broken++;
          return { pass: reply.subarray(0, at), end };
        };
        await reserveInto(blocks, counter);
        breaker.broken = undefined;
      }
    }
    expect(broken).toBeGreaterThanOrEqual(Math.floor(length / step));
    blocks.push(...(await take(counter, 1)));
    expect(auditBlocks(blocks, await markOf(server.url)).overlaps).toEqual([]);
  });

  test(`F12 on ${kind.name}: the last error of a session comes in the packet of its answer, which is served`, async () => {
    const server = await startServer();
    await create(server.url);
    const breaker = await startBreaker(server.port);
    const blocks: Block[] = [];
    for (let i = 0; i < 8; i++) {
      // The first answer of a connection, to the log-in, and a later one.
      const { client } = connect(throughBreaker(breaker), kind, 2);
      const counter = new PostgresCounter(client, { timeout: 20_000 });
      if (i % 2 === 0) await take(counter, 1).then((taken) => blocks.push(...taken));
      breaker.broken = (reply) => {
        breaker.broken = undefined;
        return { pass: Buffer.concat([reply, FATAL]), end: "end" };
      };
      await reserveInto(blocks, counter);
      await reserveInto(blocks, counter);
    }
    expect(blocks.length).toBeGreaterThan(8);
    expect(auditBlocks(blocks, await markOf(server.url)).overlaps).toEqual([]);
  });
}

/** What fails has to be retryable. */
async function reserveInto(blocks: Block[], counter: PostgresCounter): Promise<void> {
  await counter.reserve(10, CLAIM).then(
    (block) => blocks.push(block),
    (error) => expect(error.retryable, String(error)).toBe(true),
  );
}
