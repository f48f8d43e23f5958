import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PgPool, type PgPoolClient, PostgresCounter } from "../../support/library.ts";
import { CONFIG, codeOf, MISSING, pause, ROLLBACK, TIMEOUT, UNAVAILABLE } from "../support/host.ts";
import { CLAIM, type ClientKind, PG, PGLITE, POSTGRES } from "./clients.ts";
import { connect, poolOn, take } from "./host.ts";
import { embedded, PostgresServer } from "./server.ts";

// One server for the file; each test has a table of its own.

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.create(await embedded());
});
afterAll(() => server?.remove());

let tables = 0;
const newTable = () => `counter_${tables++}`;

const { instanceId } = CLAIM;

describe.each<ClientKind>([PG, POSTGRES, PGLITE])("on $name", (kind) => {
  /** A client with a table of its own, and how to make counters on it. */
  async function setUp(startAt?: bigint, connections?: number) {
    const open = connect(server.url, kind, connections);
    const table = newTable();
    const lineage = await PostgresCounter.create(open.client, {
      instanceId,
      table,
      ...(startAt !== undefined && { startAt }),
    });
    const counter = (options = {}) => new PostgresCounter(open.client, { table, ...kind.options, ...options });
    return { ...open, table, lineage, counter };
  }

  test("reserves from where it was created, block after block, of any size", async () => {
    const { counter } = await setUp(5n);
    const ids = counter();
    await ids.open(CLAIM);
    expect(await ids.reserve(10, CLAIM)).toEqual({ start: 5n, end: 15n });
    expect(await ids.reserve(1, CLAIM)).toEqual({ start: 15n, end: 16n });
    expect(await ids.reserve(2 ** 32 - 1, CLAIM)).toEqual({ start: 16n, end: 4294967311n });
    // A fresh one goes on, and opens by itself.
    expect(await counter().reserve(1, CLAIM)).toEqual({ start: 4294967311n, end: 4294967312n });
  });

  test("creating resolves with the lineage, which belongs to the space, and refuses what is there", async () => {
    const { client, table, lineage } = await setUp();
    expect(lineage).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await PostgresCounter.create(client, { instanceId: 8, table })).toBe(lineage);
    expect(await PostgresCounter.create(client, { instanceId: 7, table, name: "invoices" })).not.toBe(lineage);
    for (const startAt of [0n, 100n]) {
      expect(await codeOf(PostgresCounter.create(client, { instanceId, table, startAt }))).toBe(CONFIG);
    }
    const states = await PostgresCounter.inspect(client, { table });
    expect(states.map(({ name, instanceId, mark }) => ({ name, instanceId, mark }))).toEqual([
      { name: "default", instanceId: 7, mark: 0n },
      { name: "default", instanceId: 8, mark: 0n },
      { name: "invoices", instanceId: 7, mark: 0n },
    ]);
  });

  test("many that create the same at once: one makes it, the others are refused", async () => {
    const { client } = connect(server.url, kind);
    const table = newTable();
    const made = await Promise.allSettled(
      Array.from({ length: 6 }, () => PostgresCounter.create(client, { instanceId, table })),
    );
    const refused = made.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(5).fill(CONFIG));
  });

  test("names of all kinds are themselves", async () => {
    const { client } = connect(server.url, kind);
    const table = newTable();
    const names = ["o'clock", 'say "x"', "back\\slash", "\\' OR 1=1 --", "ключ 🔑", "$1", "a;b", "%s", " "];
    for (const [id, name] of names.entries()) await PostgresCounter.create(client, { instanceId: id, table, name });
    expect((await PostgresCounter.inspect(client, { table })).map(({ name }) => name).sort()).toEqual(names.toSorted());
    for (const [id, name] of names.entries()) {
      const counter = new PostgresCounter(client, { table, name, ...kind.options });
      const claim = { ...CLAIM, instanceId: id };
      expect(await counter.reserve(id + 1, claim)).toEqual({ start: 0n, end: BigInt(id + 1) });
    }
  });

  test("instances count by themselves, and one that was not made is missing", async () => {
    const { client, table, counter } = await setUp();
    const ids = counter();
    await PostgresCounter.create(client, { instanceId: 8, table, startAt: 50n });
    expect(await ids.reserve(10, CLAIM)).toEqual({ start: 0n, end: 10n });
    expect(await ids.reserve(10, { ...CLAIM, instanceId: 8 })).toEqual({ start: 50n, end: 60n });
    expect(await codeOf(ids.reserve(10, { ...CLAIM, instanceId: 9 }))).toBe(MISSING);
    expect(await codeOf(counter({ name: "other" }).open(CLAIM))).toBe(MISSING);
    expect(await codeOf(counter({ table: "none" }).open(CLAIM))).toBe(MISSING);
    expect(await codeOf(counter({ table: "none.none" }).open(CLAIM))).toBe(MISSING);
    expect(await codeOf(PostgresCounter.inspect(client, { table: "none" }))).toBe(MISSING);
  });

  test("F43: a store made anew under the same name is another", async () => {
    const { client, query, table, counter } = await setUp();
    const ids = counter();
    await take(ids, 2);
    await query(`DROP TABLE ${table}, ${table}_space`);
    expect(await codeOf(ids.reserve(1, CLAIM))).toBe(MISSING);
    await PostgresCounter.create(client, { instanceId, table });
    // Not opened, and so without a fingerprint; then opened by another process.
    expect(await codeOf(ids.reserve(1, CLAIM))).toBe(ROLLBACK);
    await take(counter(), 5);
    expect(await codeOf(ids.reserve(1, CLAIM))).toBe(ROLLBACK);
    expect(await codeOf(ids.open(CLAIM))).toBe(ROLLBACK);
  });

  test("F9: a deadline ends the wait for the only connection, which a transaction holds", async () => {
    const { client, counter, query } = await setUp(0n, 1);
    const ids = counter({ timeout: 300 });
    await ids.open(CLAIM);
    let done = () => {};
    const held = inTransaction(client, new Promise<void>((resolve) => (done = resolve)));
    const error = await ids.reserve(10, CLAIM).catch((error) => error);
    expect(error.code).toBe(TIMEOUT);
    expect(error.retryable).toBe(true);
    done();
    await held;
    // It may have been reserved meanwhile; then it is a gap.
    const { start } = await ids.reserve(10, CLAIM);
    expect([0n, 10n]).toContain(start);
    expect(await query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("what is asked for wrongly is no state of the world", async () => {
    const { client, table } = await setUp();
    const counter = new PostgresCounter(client, { table, ...kind.options });
    for (const count of [0, -1, 1.5, 2 ** 32]) await expect(counter.reserve(count, CLAIM)).rejects.toThrow(RangeError);
    await expect(counter.reserve("1" as never, CLAIM)).rejects.toThrow(TypeError);
    for (const bad of [null, {}, { ...CLAIM, instanceId: "7 OR true" }, { ...CLAIM, limit: 2 ** 48 }]) {
      await expect(counter.open(bad as never)).rejects.toThrow(TypeError);
      await expect(counter.reserve(1, bad as never)).rejects.toThrow(TypeError);
    }
    for (const bad of [-1, 1.5, 2 ** 32, Number.NaN]) {
      await expect(PostgresCounter.create(client, { instanceId: bad, table })).rejects.toThrow(RangeError);
    }
    await expect(PostgresCounter.create(client, {} as never)).rejects.toThrow(TypeError);
    await expect(PostgresCounter.create(client, { instanceId: 1, startAt: -1n })).rejects.toThrow(RangeError);
    for (const options of [
      { name: "" },
      { name: "x".repeat(65) },
      { name: "a\0b" },
      { table: "" },
      { table: 'a"; DROP TABLE b' },
      { table: "a.b.c" },
      { table: "x".repeat(49) },
      { timeout: 0 },
      { skipAhead: 0n },
      { lineage: "" },
    ]) {
      expect(() => new PostgresCounter(client, options), JSON.stringify(Object.keys(options))).toThrow(RangeError);
    }
    expect(() => new PostgresCounter(client, { lineage: 7 as never })).toThrow(TypeError);
    // A variable that is not set.
    expect(() => new PostgresCounter(client, { lineage: undefined })).toThrow(TypeError);
    expect(() => new PostgresCounter(client, { allowFsyncOff: 1 as never })).toThrow(TypeError);
  });
});

/** A connection with another `query`. */
const watchedBy = (connection: PgPoolClient, query: PgPoolClient["query"]): PgPoolClient => ({
  query,
  on: (event, listener) => connection.on(event as "notice", listener as never),
  off: (event, listener) => connection.off(event, listener as never),
});

/** Holds a transaction of the user's open until `until` resolves. */
async function inTransaction(client: unknown, until: Promise<void>): Promise<void> {
  const { connect, begin, transaction } = client as Record<string, (work?: unknown) => Promise<never>>;
  if (begin) await begin.call(client, () => until);
  else if (transaction) await transaction.call(client, () => until);
  else {
    const connection: { query(text: string): Promise<void>; release(): void } = await connect!.call(client);
    await connection.query("BEGIN");
    await until;
    await connection.query("COMMIT");
    connection.release();
  }
}

test("F39: of two first generators with parameters of their own, the later is refused, though it saw none yet", async () => {
  const pool = poolOn(server.url);
  const table = newTable();
  await PostgresCounter.create(pool, { instanceId, table });
  const first = new PostgresCounter(pool, { table });
  const slow: PgPool = {
    totalCount: 1,
    connect: (callback) =>
      pool.connect((error, connection, release) => {
        const query = async (text: string) => {
          if (text.includes("SET fingerprint")) await take(first, 1);
          return connection!.query(text);
        };
        callback(error, connection && watchedBy(connection, query), release);
      }),
  };
  const other = { instanceId, limit: 2n ** 56n, fingerprint: "8+56:0123abcd" };
  await expect(new PostgresCounter(slow, { table }).open(other)).rejects.toThrow("another layout");
  expect(await take(first, 1)).toEqual([{ start: 10n, end: 20n }]);
});

test("a reservation that opens first has one time for both", async () => {
  const pool = poolOn(server.url);
  const table = newTable();
  await PostgresCounter.create(pool, { instanceId, table });
  const left: number[] = [];
  const watched: PgPool = {
    totalCount: 1,
    connect: (callback) =>
      pool.connect((error, connection, release) => {
        const query = async (text: string) => {
          left.push(Number(/lock_timeout = (\d+)/.exec(text)![1]));
          await pause(20);
          return connection!.query(text);
        };
        callback(error, connection && watchedBy(connection, query), release);
      }),
  };
  await new PostgresCounter(watched, { table, timeout: 60_000 }).reserve(1, CLAIM);
  expect(left.length).toBeGreaterThan(3);
  // It lessens from each to the next: timers may be a millisecond early.
  for (const [i, milliseconds] of left.slice(1).entries()) expect(milliseconds).toBeLessThanOrEqual(left[i]! - 15);
});

test("other clients are refused", async () => {
  const { default: pg } = await import("pg");
  const { default: postgres } = await import("postgres");
  const single = new pg.Client(server.url);
  const sql = postgres(server.url, { max: 1 });
  for (const client of [single, {}, null, undefined, "postgres://", () => {}]) {
    expect(() => new PostgresCounter(client as never)).toThrow(TypeError);
  }
  expect(() => new PostgresCounter(single as never)).toThrow(/got a single Client of pg.*use a Pool/);
  await sql.begin((transaction) => {
    expect(() => new PostgresCounter(transaction as never)).toThrow(TypeError);
  });
  await sql.end();
});

test("a server that is not there is unavailable, and no error shows a password", async () => {
  for (const kind of [PG, POSTGRES]) {
    const { client } = connect(`postgres://postgres:secret-word@127.0.0.1:1/postgres`, kind);
    const counter = new PostgresCounter(client);
    const error = await counter.reserve(1, CLAIM).catch((error) => error);
    expect(error.code).toBe(UNAVAILABLE);
    expect(error.retryable).toBe(true);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("secret-word");
  }
});

test("R4: PGlite runs without fsync, and so is refused unless that is accepted", async () => {
  const { client } = connect("", PGLITE);
  const table = newTable();
  await PostgresCounter.create(client, { instanceId, table });
  await expect(new PostgresCounter(client, { table }).open(CLAIM)).rejects.toThrow("allowFsyncOff");
});
