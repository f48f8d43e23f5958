import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished, type TestContext } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { type AsyncId64Options, Id64, PostgresCounter, RedisCounter, SqliteCounter } from "../../support/library.ts";
import { INSTANCE } from "../../support/state-log.ts";
import { startProcess, type Worker } from "../../support/workers.ts";
import { PG } from "../postgres/clients.ts";
import { embedded, PostgresServer } from "../postgres/server.ts";
import { hasRedis, RedisServer } from "../redis/server.ts";
import { pause } from "../support/host.ts";
import type { TcpProxy } from "../support/proxy.ts";
import { type Connected, type CounterOptions, connectTo, type Kind, LoggedGenerator, type Place } from "./stores.ts";
import type { GeneratorAnswer, GeneratorJob } from "./worker.ts";

export const instanceId = INSTANCE;

/** A store that takes id spaces, and can be taken away. */
export interface Store {
  /** An id space whose first number is `startAt`, at its own address or by way of a proxy to `port`. */
  space(startAt?: bigint): Promise<Place>;
  mark(place: Place): Promise<bigint>;
  /** Where a proxy has to lead; no file has one. */
  readonly port: number | undefined;
  /** The store is away until the function that this resolves with is called. */
  goAway(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

let spaces = 0;
const freshName = () => `space${spaces++}`;

async function postgresStore(kind: Kind): Promise<Store> {
  const server = await PostgresServer.create(await embedded());
  const { client, end } = PG.connect(server.url, 2);
  return {
    port: server.port,
    async space(startAt = 0n) {
      const name = freshName();
      await PostgresCounter.create(client, { name, instanceId, startAt });
      return { kind, name, address: server.url };
    },
    mark: async ({ name }) =>
      (await PostgresCounter.inspect(client)).find((state) => state.name === name && state.instanceId === instanceId)!
        .mark,
    async goAway() {
      await server.stop("kill");
      return () => server.start();
    },
    async close() {
      await end();
      await server.remove();
    },
  };
}

async function redisStore(kind: Kind): Promise<Store> {
  const server = await RedisServer.start();
  return {
    port: server.port,
    async space(startAt = 0n) {
      const name = freshName();
      await RedisCounter.create(server.admin, { name, instanceId, startAt });
      return { kind, name, address: `redis://127.0.0.1:${server.port}` };
    },
    mark: async ({ name }) => (await RedisCounter.inspect(server.admin, { name }))[0]!.mark,
    async goAway() {
      await server.kill();
      return () => server.restart();
    },
    close: () => server.close(),
  };
}

async function sqliteStore(kind: Kind): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "permid64-async-stores-"));
  const address = join(folder, "counters");
  new SqliteCounter(address, { floor: 1n }).close();
  return {
    port: undefined,
    async space(startAt = 0n) {
      const name = freshName();
      if (startAt > 0n) {
        using counter = new SqliteCounter(address, { name, floor: startAt - 1n });
        Id64.identity({ instanceId, counter, blockSize: 1 }).nextU64();
      }
      return { kind, name, address };
    },
    mark: async ({ name }) => SqliteCounter.inspect(address).find((state) => state.name === name)!.mark,
    async goAway() {
      const other = new DatabaseSync(address);
      other.exec("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE");
      return async () => other.close();
    },
    close: async () => rmSync(folder, { recursive: true }),
  };
}

export async function startStore(kind: Kind): Promise<Store | undefined> {
  if (kind === "sqlite") return sqliteStore(kind);
  if (kind === "pg" || kind === "postgres") return postgresStore(kind);
  return hasRedis ? redisStore(kind) : undefined;
}

export const found = (store: Store | undefined, context: TestContext): Store =>
  store ?? lacking(context, "redis-server");

/** The same id space, reached by way of a proxy. */
export const through = (place: Place, { port }: TcpProxy): Place => ({
  ...place,
  address: place.address.replace(/(127\.0\.0\.1:)\d+/, `$1${port}`),
});

/** A user's client with a counter on it, that ends with the test. */
export async function connected(place: Place, options: CounterOptions = {}): Promise<Connected> {
  const made = await connectTo(place, options);
  onTestFinished(async () => {
    // One that waits for a server that is gone does not end.
    await Promise.race([made.end().catch(() => {}), pause(1000)]);
  });
  return made;
}

/** A generator with a client of its own. */
export async function generate(
  place: Place,
  log: string,
  generator: Partial<AsyncId64Options> = {},
  options: CounterOptions = {},
): Promise<LoggedGenerator> {
  const made = new LoggedGenerator((await connected(place, options)).counter, log, generator);
  onTestFinished(() => made.ids.close());
  return made;
}

/** A process with generators, that ends with the test. */
export async function startGenerators(): Promise<Worker<GeneratorJob, GeneratorAnswer>> {
  const worker = await startProcess<GeneratorJob, GeneratorAnswer>(new URL("./worker.ts", import.meta.url));
  onTestFinished(() => worker.kill());
  return worker;
}
