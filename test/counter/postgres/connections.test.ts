import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PgPool, PostgresCounter } from "../../support/library.ts";
import { codeOf, MISSING, pause, ROLLBACK, UNAVAILABLE } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLAIM, PG, POSTGRES } from "./clients.ts";
import { testReplies } from "./connections.ts";
import { connect, create, poolOn, startServer, take, through } from "./host.ts";
import { embedded, PostgresServer } from "./server.ts";

// What a connection may do to a reservation. Each byte of a reply is in postgres.faults.ts.

for (const kind of [PG, POSTGRES]) testReplies(kind, 61);

describe("on one server", () => {
  let server: PostgresServer;
  let tables = 0;
  beforeAll(async () => {
    server = await PostgresServer.create(await embedded());
  });
  afterAll(() => server?.remove());

  async function newTable(): Promise<string> {
    const table = `connections_${tables++}`;
    await create(server.url, { table });
    return table;
  }

  test("F8: an empty transaction that began within the same tick of the server's clock takes nothing with it", async () => {
    const table = await newTable();
    const pool = poolOn(server.url, { max: 1 });
    // To a clock that has not ticked since, all times are one.
    const coarse: PgPool = {
      totalCount: 1,
      connect: (callback) =>
        pool.connect((error, connection, release) =>
          callback(
            error,
            connection && {
              query: (text) => connection.query(text.replaceAll("statement_timestamp()", "now()")),
              on: (event, listener) => connection.on(event as "notice", listener as never),
              off: (event, listener) => connection.off(event, listener as never),
            },
            release,
          ),
        ),
    };
    const counter = new PostgresCounter(coarse, { table });
    const blocks = await take(counter, 1);
    for (let i = 0; i < 10; i++) {
      const connection = await pool.connect();
      await connection.query("BEGIN");
      connection.release();
      blocks.push(...(await take(counter, 1)));
      await pool.query("ROLLBACK");
    }
    expect(blocks.map(({ start }) => start)).toEqual(Array.from({ length: 11 }, (_, i) => BigInt(i) * 10n));
    // One that has written is not ended behind its owner's back.
    const connection = await pool.connect();
    await connection.query("BEGIN; CREATE TABLE IF NOT EXISTS kept (id int)");
    connection.release();
    expect(await codeOf(counter.reserve(1, CLAIM))).toBe(UNAVAILABLE);
  });

  test("F6: an answer that arrived while the event loop was blocked is taken, though the deadline has passed", async () => {
    const table = await newTable();
    for (const kind of [PG, POSTGRES]) {
      const counter = new PostgresCounter(connect(server.url, kind, 1).client, { table, timeout: 200 });
      await new Promise<void>((resolve) => setTimeout(resolve));
      await counter.open(CLAIM);
      for (let i = 0; i < 5; i++) {
        const reserved = counter.reserve(10, CLAIM);
        // Until it has been sent.
        await pause(0);
        await new Promise((resolve) => setImmediate(resolve));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
        await reserved;
      }
    }
  });

  test("F15: a store that goes back while a call waits for a connection is noticed", async () => {
    const table = await newTable();
    const pool = poolOn(server.url, { max: 1 });
    const waiting = new PostgresCounter(pool, { table });
    const other = new PostgresCounter(connect(server.url).client, { table });
    await take(waiting, 1);
    const held = await pool.connect();
    const code = codeOf(waiting.reserve(10, CLAIM));
    await take(other, 5);
    await server.query(`ALTER TABLE ${table} DISABLE TRIGGER USER; UPDATE ${table} SET mark = 20;
      ALTER TABLE ${table} ENABLE TRIGGER USER`);
    held.release();
    expect(await code).toBe(ROLLBACK);
  });

  test("a search_path that another application left behind leads to no other table", async () => {
    const table = await newTable();
    await server.query("CREATE SCHEMA stranger");
    await create(server.url, { table: `stranger.${table}` });
    for (const kind of [PG, POSTGRES]) {
      const { client, query } = connect(server.url, kind, 1);
      await query("SET search_path TO stranger");
      const before = await server.query(`SELECT mark FROM ${table}`);
      expect((await take(new PostgresCounter(client, { table }), 1))[0]!.start).toBe(BigInt(before[0].mark));
      expect((await server.query(`SELECT mark FROM stranger.${table}`))[0].mark).toBe("0");
      await query(`SET search_path TO stranger`);
      expect(await codeOf(new PostgresCounter(client, { table: "only_there" }).open(CLAIM))).toBe(MISSING);
    }
  });

  test("F5: sessions that are terminated in a loop: gaps and retryable errors, and nothing comes twice", async () => {
    const table = await newTable();
    for (const kind of [PG, POSTGRES]) {
      const counter = new PostgresCounter(connect(server.url, kind, 3).client, { table, timeout: 1000 });
      const killer = new pg.Client(server.url);
      killer.on("error", () => {});
      await killer.connect();
      const starts = new Set<bigint>();
      let taken = 0;
      let killed = 0;
      for (let round = 0; killed < 20 || taken < 20; round++) {
        const reserved = Promise.allSettled(Array.from({ length: 4 }, () => counter.reserve(1, CLAIM)));
        if (round % 3 === 0) {
          const { rows } = await killer.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
          );
          killed += rows.length;
        }
        for (const result of await reserved) {
          if (result.status === "rejected") expect(result.reason.retryable, String(result.reason)).toBe(true);
          else {
            starts.add(result.value.start);
            taken++;
          }
        }
      }
      expect(starts.size).toBe(taken);
      await killer.end();
    }
  }, 60_000);
});

test("F21: a commit that no longer waits for its standby has an unknown outcome", async () => {
  const server = await startServer();
  await create(server.url);
  const pool = poolOn(server.url);
  const counter = new PostgresCounter(pool, { timeout: 30_000 });
  const [first] = await take(counter, 1);
  await server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await server.query("SELECT pg_reload_conf()");
  while ((await server.query("SHOW synchronous_standby_names"))[0].synchronous_standby_names === "") await pause(10);
  const code = codeOf(counter.reserve(10, CLAIM));
  // It waits for a standby that there is not.
  let isDecided = false;
  code.finally(() => (isDecided = true)).catch(() => {});
  while (!isDecided) {
    await server.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    await pause(20);
  }
  expect(await code).toBe(UNAVAILABLE);
  await server.query("ALTER SYSTEM RESET synchronous_standby_names");
  await server.query("SELECT pg_reload_conf()");
  // Committed here, and a gap.
  expect((await take(counter, 1))[0]!.start).toBe(first!.end + 10n);
});

test("connections that have gone silent cost one timeout each, and then ids flow again", async () => {
  const server = await startServer();
  await create(server.url);
  const proxy = await startProxy(server.port);
  const pool = poolOn(through(proxy), { max: 3 });
  const counter = new PostgresCounter(pool, { timeout: 400 });
  await Promise.all([1, 2, 3].map(() => counter.reserve(1, CLAIM)));
  const connections = pool.totalCount;
  proxy.muteReplies();
  let timeouts = 0;
  for (; pool.totalCount > 0; timeouts++) await counter.reserve(1, CLAIM).catch(() => {});
  expect(timeouts).toBeLessThanOrEqual(connections);
  proxy.mend();
  expect((await take(counter, 1))[0]!.start).toBeGreaterThan(2n);
});
