import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../../support/cli.ts";
import { lacking } from "../../support/lacking.ts";
import { type PostgresClient, PostgresCounter, type PostgresCounterOptions } from "../../support/library.ts";
import { BUSY, CONFIG, CORRUPT, codeOf, MISSING, pause, ROLLBACK, TIMEOUT, UNAVAILABLE } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLAIM } from "./clients.ts";
import { connect, create, poolOn, startServer, take, through } from "./host.ts";
import { type Binaries, PostgresServer } from "./server.ts";

// What a server, a role or a table may be like, and what others may do to the rows.

const { instanceId } = CLAIM;

/** On a server of these binaries; to find none says what is lacking. */
export function testConfiguration(find: () => Promise<Binaries | undefined>): void {
  let server: PostgresServer;
  beforeAll(async () => {
    const binaries = await find();
    if (binaries) server = await PostgresServer.create(binaries);
  });
  afterAll(() => server?.remove());

  let tables = 0;

  /** A table of its own. */
  async function setUp(context: Parameters<typeof lacking>[0], startAt = 0n) {
    if (!server) lacking(context, "PostgreSQL of Debian");
    const table = `counter_${tables++}`;
    await create(server.url, { table, startAt });
    const { client } = connect(server.url);
    const counter = (options: PostgresCounterOptions = {}, by: PostgresClient = client) =>
      new PostgresCounter(by, { table, ...options });
    const opened = async () => {
      const ids = counter();
      await ids.open(CLAIM);
      return ids;
    };
    return { table, client, counter, opened, query: (text: string) => server.query(text) };
  }

  test("the SQL that is printed makes what create makes, and a counter works on it", async (context) => {
    const { table } = await setUp(context);
    await server.query("CREATE SCHEMA printed; CREATE SCHEMA made");
    const args = ["state", "sql", "postgres", "--instance", "7", "--start-at", "40", "--name", "or'ders"];
    const { stdout, status } = await cli([...args, "--table", "printed.counter"]);
    expect(status).toBe(0);
    await server.query(stdout);
    await server.query(stdout.slice(stdout.indexOf("INSERT"))); // Again is no harm.
    const { client } = connect(server.url);
    await PostgresCounter.create(client, { instanceId, table: "made.counter", startAt: 40n, name: "or'ders" });

    const describeSchema = async (schema: string) =>
      JSON.stringify(
        await server.query(`
          SELECT relname, relkind, relpersistence, reloptions,
            (SELECT json_agg(json_build_object('n', attname, 't', format_type(atttypid, atttypmod), 'nn', attnotnull,
              'd', pg_get_expr(adbin, adrelid)) ORDER BY attnum)
              FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = r.oid AND attnum > 0) AS columns,
            (SELECT json_agg(pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = r.oid) AS constraints,
            (SELECT json_agg(pg_get_triggerdef(oid) ORDER BY tgname) FROM pg_trigger WHERE tgrelid = r.oid AND NOT tgisinternal) AS triggers,
            (SELECT json_agg(prosrc) FROM pg_proc WHERE pronamespace = r.relnamespace) AS functions
          FROM pg_class r WHERE relnamespace = '${schema}'::regnamespace ORDER BY relname`),
      ).replaceAll(`${schema}.`, "");
    expect(await describeSchema("printed")).toBe(await describeSchema("made"));
    expect(await describeSchema("printed")).not.toBe(await describeSchema("public"));
    for (const schema of ["printed", "made"]) {
      const counter = new PostgresCounter(client, { table: `${schema}.counter`, name: "or'ders" });
      expect(await take(counter, 2)).toEqual([
        { start: 40n, end: 50n },
        { start: 50n, end: 60n },
      ]);
    }
    expect(table).toBeDefined();
  });

  test("the table protects itself", async (context) => {
    const { table, query, opened } = await setUp(context);
    await take(await opened(), 3);
    for (const [statement, problem] of [
      [`UPDATE ${table} SET mark = 29`, "the mark never moves down"],
      [`UPDATE ${table} SET mark = -1`, "the mark never moves down"],
      [`UPDATE ${table} SET mark = ceiling + 1`, "violates check constraint"],
      [`UPDATE ${table} SET mark = NULL`, "violates not-null constraint"],
      [`UPDATE ${table} SET instance_id = 8`, "the mark never moves down"],
      [`INSERT INTO ${table} SELECT * FROM ${table}`, "duplicate key"],
      [`DELETE FROM ${table}`, "a counter is never deleted"],
      [`TRUNCATE ${table}`, "a counter is never deleted"],
      [`TRUNCATE ${table}_space CASCADE`, "never deleted"],
      [`DELETE FROM ${table}_space`, "an id space is never deleted"],
      [`UPDATE ${table}_space SET lineage = gen_random_uuid()`, "the lineage of an id space never changes"],
      [`UPDATE ${table}_space SET name = 'other'`, "violates foreign key constraint"],
    ] as const) {
      await expect(query(statement), statement).rejects.toThrow(problem);
    }
    expect((await query(`SELECT mark FROM ${table}`))[0].mark).toBe("30");
  });

  test("F16: a row or a table that is gone is missing, and nothing starts at 0", async (context) => {
    const { table, query, counter, opened } = await setUp(context);
    const ids = await opened();
    await take(ids, 1);
    await query(`ALTER TABLE ${table} DISABLE TRIGGER never_deleted; DELETE FROM ${table};
      ALTER TABLE ${table} ENABLE TRIGGER never_deleted`);
    for (const one of [ids, ids, counter()]) expect(await codeOf(one.reserve(1, CLAIM))).toBe(MISSING);
    await query(`DROP TABLE ${table}`);
    for (const one of [ids, ids, counter()]) expect(await codeOf(one.reserve(1, CLAIM))).toBe(MISSING);
  });

  test("R4: tables that forget, or that are not ours, are refused at the start", async (context) => {
    const { table, query, counter } = await setUp(context);
    const refused = async (change: string, code: string, text: string, undo: string) => {
      await query(change);
      const error = await counter()
        .open(CLAIM)
        .catch((error) => error);
      expect({ code: error.code, text: error.message }, change).toEqual({ code, text: expect.stringContaining(text) });
      await query(undo);
    };
    const all = `ALTER TABLE ${table}`;
    await refused(`${all} SET UNLOGGED`, CONFIG, "unlogged or temporary", `${all} SET LOGGED`);
    await refused(`${all} RENAME mark TO m`, CORRUPT, "schema", `${all} RENAME m TO mark`);
    await refused(`${all} ALTER mark DROP NOT NULL`, CORRUPT, "schema", `${all} ALTER mark SET NOT NULL`);
    await refused(
      `${all} DISABLE TRIGGER mark_never_falls`,
      CORRUPT,
      "schema",
      `${all} ENABLE TRIGGER mark_never_falls`,
    );
    await refused(
      `${all}_space DISABLE TRIGGER lineage_never_changes`,
      CORRUPT,
      "schema",
      `${all}_space ENABLE TRIGGER lineage_never_changes`,
    );
    await refused(
      `${all} RENAME TO hidden; CREATE VIEW ${table} AS SELECT * FROM hidden`,
      CONFIG,
      "not a plain table",
      `DROP VIEW ${table}; ALTER TABLE hidden RENAME TO ${table}`,
    );
    await refused(
      `${all} RENAME TO hidden; CREATE TABLE ${table} (id int)`,
      CORRUPT,
      "schema",
      `DROP TABLE ${table}; ALTER TABLE hidden RENAME TO ${table}`,
    );
    // A column more is no harm.
    await query(`${all} ADD note text; ${all} ADD updated_at timestamptz DEFAULT now()`);
    expect(await take(counter(), 1)).toEqual([{ start: 0n, end: 10n }]);
  });

  test("R4: a temporary table that hides ours is refused, at the start and later", async (context) => {
    const { table, counter } = await setUp(context);
    await take(counter(), 1);
    const pool = poolOn(server.url, { max: 1 });
    const ids = counter({}, pool);
    await ids.open(CLAIM);
    await pool.query(`CREATE TEMP TABLE ${table} (LIKE public.${table} INCLUDING ALL)`);
    await pool.query(`INSERT INTO pg_temp.${table} SELECT * FROM public.${table}`);
    expect(await codeOf(ids.reserve(1, CLAIM))).toBe(ROLLBACK);
    await pool.query(`CREATE TEMP TABLE ${table} (LIKE public.${table} INCLUDING ALL)`).catch(() => {});
  });

  test("F18: a role without its grants is refused at the start, and later it may pass", async (context) => {
    const { table, query, counter } = await setUp(context);
    const role = `app_${table}`;
    await query(`CREATE ROLE ${role} LOGIN; GRANT SELECT, UPDATE ON ${table}_space TO ${role}`);
    const pool = poolOn(server.url.replace("postgres@", `${role}@`));
    const ids = () => counter({}, pool);
    expect(await codeOf(ids().open(CLAIM))).toBe(CONFIG);
    await query(`GRANT SELECT ON ${table} TO ${role}`);
    expect(await codeOf(ids().open(CLAIM))).toBe(CONFIG);
    await query(`GRANT UPDATE ON ${table} TO ${role}`);
    const opened = ids();
    await opened.open(CLAIM);
    await query(`REVOKE UPDATE ON ${table} FROM ${role}`);
    expect(await codeOf(opened.reserve(1, CLAIM))).toBe(UNAVAILABLE);
    await query(`GRANT UPDATE ON ${table} TO ${role}`);
    expect(await take(opened, 1)).toEqual([{ start: 0n, end: 10n }]);
    // A role without a right to make tables is told.
    await query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
    expect(await codeOf(PostgresCounter.create(pool, { instanceId, table: "none" }))).toBe(CONFIG);
    expect(await codeOf(PostgresCounter.leaseInstanceId(pool, { table }))).toBe(CONFIG);
    await query(`GRANT INSERT ON ${table} TO ${role}`);
    expect(await PostgresCounter.leaseInstanceId(pool, { table })).toBe(8);
  });

  test("a server that does not tell which one it is, is refused unless that is accepted", async (context) => {
    const { table, query, counter } = await setUp(context);
    const role = `limited_${table}`;
    await query(
      `CREATE ROLE ${role} LOGIN; GRANT SELECT, UPDATE, INSERT ON ${table}, ${table}_space TO ${role};
      GRANT CREATE ON SCHEMA public TO ${role}; REVOKE EXECUTE ON FUNCTION pg_control_system FROM PUBLIC`,
    );
    const pool = poolOn(server.url.replace("postgres@", `${role}@`));
    await expect(counter({}, pool).open(CLAIM)).rejects.toThrow("pg_control_system");
    expect(await codeOf(counter({}, pool).open(CLAIM))).toBe(CONFIG);
    const options = { table: `unknown_${table}`, allowUnknownServer: true };
    await PostgresCounter.create(pool, { instanceId, ...options });
    const ids = new PostgresCounter(pool, options);
    expect(await take(ids, 2)).toHaveLength(2);
    expect(await PostgresCounter.leaseInstanceId(pool, options)).toBe(8);
    // A copy in the same server is still another.
    await query(`GRANT EXECUTE ON FUNCTION pg_control_system TO PUBLIC`);
    expect(await codeOf(new PostgresCounter(pool, { table: options.table }).open(CLAIM))).toBe(ROLLBACK);
  });

  test("F17: edits of the row: lower is a rollback, what is no mark is damage", async (context) => {
    const { table, query, counter, opened } = await setUp(context);
    const before = await opened();
    await take(before, 3);
    const edit = async (statements: string) =>
      query(
        `BEGIN; ALTER TABLE ${table} DISABLE TRIGGER USER; ${statements}; ALTER TABLE ${table} ENABLE TRIGGER USER; COMMIT`,
      );
    await edit(`UPDATE ${table} SET mark = 10`);
    for (const one of [before, before, counter()]) expect(await codeOf(one.reserve(1, CLAIM))).toBe(ROLLBACK);
    // Consent is given at the start: it goes on above what this process was given.
    expect(await take(counter({ skipAhead: 100n }), 1)).toEqual([{ start: 130n, end: 140n }]);

    await query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_check`);
    const damage = async (statements: string, code: string) => {
      const ids = await opened();
      await edit(statements);
      const first = await codeOf(ids.reserve(1, CLAIM));
      const later = await codeOf(ids.reserve(1, CLAIM));
      const fresh = await codeOf(counter().reserve(1, CLAIM));
      expect({ first, later, fresh }, statements).toEqual({ first: code, later: code, fresh: code });
    };
    await damage(`UPDATE ${table} SET mark = -5`, CORRUPT);
    await edit(`UPDATE ${table} SET mark = 140`);
    await damage(`UPDATE ${table} SET mark = ${2n ** 48n + 1n}`, CORRUPT);
    await edit(`UPDATE ${table} SET mark = 140`);
    await damage(`ALTER TABLE ${table} ALTER mark DROP NOT NULL; UPDATE ${table} SET mark = NULL`, CORRUPT);
    await edit(`UPDATE ${table} SET mark = 140; ALTER TABLE ${table} ALTER mark SET NOT NULL`);

    const altered = async (type: string, value: string) => {
      const ids = await opened();
      await query(`ALTER TABLE ${table} DISABLE TRIGGER USER; DROP TRIGGER mark_never_falls ON ${table};
        ALTER TABLE ${table} ALTER mark DROP DEFAULT, ALTER mark TYPE ${type} USING mark::${type}; UPDATE ${table} SET mark = ${value};
        ALTER TABLE ${table} ENABLE TRIGGER USER`);
      expect(await codeOf(ids.reserve(1, CLAIM)), type).toBe(CORRUPT);
      expect(await codeOf(counter().reserve(1, CLAIM)), type).toBe(CORRUPT);
      await query(`UPDATE ${table} SET mark = '140'; ALTER TABLE ${table} ALTER mark TYPE bigint USING mark::bigint;
        CREATE TRIGGER mark_never_falls BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (NEW.mark < OLD.mark) EXECUTE FUNCTION ${table}_refuse('x')`);
    };
    await altered("numeric", "140.5");
    await altered("numeric", "1e30");
    await altered("double precision", "140.5");
    await altered("text", "'many'");
    expect(await take(await opened(), 1)).toEqual([{ start: 140n, end: 150n }]);
  });

  test("F7: a commit that fails at its very end gives nothing, and others may get the same numbers", async (context) => {
    const { table, query, opened } = await setUp(context);
    const ids = await opened();
    await query(`CREATE FUNCTION fail_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'at commit'; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_${table}()`);
    await expect(ids.reserve(10, CLAIM)).rejects.toThrow("at commit");
    expect(await codeOf(ids.reserve(10, CLAIM))).toBe(UNAVAILABLE);
    await query(`DROP TRIGGER late ON ${table}`);
    expect(await take(ids, 1)).toEqual([{ start: 0n, end: 10n }]);
  });

  test("F8: a transaction of the caller's that is rolled back takes nothing with it", async (context) => {
    const { counter } = await setUp(context);
    const pool = poolOn(server.url, { max: 2 });
    const sql = postgres(server.url, { max: 2 });
    for (const [by, start] of [
      [pool, 0n],
      [sql, 20n],
    ] as const) {
      const ids = counter({}, by);
      const connection = await pool.connect();
      await connection.query("BEGIN");
      expect(await take(ids, 1)).toEqual([{ start, end: start + 10n }]);
      await connection.query("ROLLBACK");
      connection.release();
      await sql
        .begin(async () => {
          expect(await take(ids, 1)).toEqual([{ start: start + 10n, end: start + 20n }]);
          throw new Error("rolled back");
        })
        .catch(() => {});
    }
    await sql.end();
  });

  test("a connection that came back to the pool within a transaction is not used", async (context) => {
    const { counter } = await setUp(context);
    for (const begun of ["BEGIN", "BEGIN; SELECT 1"]) {
      const pool = poolOn(server.url, { max: 1 });
      const ids = counter({}, pool);
      await ids.open(CLAIM);
      const connection = await pool.connect();
      await connection.query(begun);
      connection.release();
      expect(await codeOf(ids.reserve(10, CLAIM)), begun).toBe(UNAVAILABLE);
      // It was closed, and a new one serves.
      expect((await take(ids, 1))[0]!.end - 10n).toBe((await take(counter(), 1))[0]!.start - 10n);
    }
  });

  test("F10: what is reserved outlives a crash, though the role does not wait for commits", async (context) => {
    if (!server) lacking(context, "PostgreSQL of Debian");
    const crashing = await startServer({}, (await find())!);
    await create(crashing.url);
    await crashing.query("CREATE TABLE naive AS SELECT 0::bigint AS mark");
    const pool = poolOn(crashing.url, { sessions: { synchronous_commit: "off" } });
    const ids = new PostgresCounter(pool);
    await ids.open(CLAIM);
    const naive = async () => {
      for (let i = 0; i < 5; i++) await pool.query("UPDATE naive SET mark = mark + 10");
    };
    await take(ids, 5);
    // What does not wait is lost, while nobody writes it out.
    const [{ pid }] = await crashing.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
    process.kill(pid, "SIGSTOP");
    await naive();
    const stopped = crashing.stop("immediate");
    await pause(100);
    process.kill(pid, "SIGCONT");
    await stopped;
    await crashing.start();
    expect((await pool.query("SELECT mark FROM naive")).rows[0].mark).toBe("0");
    expect(await take(ids, 1)).toEqual([{ start: 50n, end: 60n }]);
  });

  test("F11: isolation levels that others chose make no difference, and conflicts are tried again, then busy", async (context) => {
    const { table, query, opened, counter } = await setUp(context);
    for (const sessions of [
      { default_transaction_isolation: "serializable" },
      { default_transaction_isolation: "repeatable read" },
      { default_transaction_read_only: "on" },
    ]) {
      const pool = poolOn(server.url, { sessions });
      const ids = [counter({}, pool), counter({}, pool)];
      const blocks = await Promise.all(Array.from({ length: 30 }, (_, i) => ids[i % 2]!.reserve(3, CLAIM)));
      expect(new Set(blocks.map(({ start }) => start)).size).toBe(30);
    }

    const ids = await opened();
    for (const state of ["40001", "40P01"]) {
      await query(`CREATE SEQUENCE tries_${table}; CREATE FUNCTION conflict_${table}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('tries_${table}') <= 5 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '${state}'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER conflict BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION conflict_${table}()`);
      expect(await take(ids, 1)).toHaveLength(1);
      await query(`ALTER SEQUENCE tries_${table} INCREMENT -1 MINVALUE -1000000 RESTART 0`);
      expect(await codeOf(ids.reserve(1, CLAIM))).toBe(BUSY);
      const [{ tries }] = await query(`SELECT -last_value AS tries FROM tries_${table}`);
      expect(Number(tries)).toBeLessThan(100);
      await query(`DROP TRIGGER conflict ON ${table}; DROP FUNCTION conflict_${table}; DROP SEQUENCE tries_${table}`);
    }
  });

  test("F11: a lock that another holds is busy in the end, and a deadlock with another's transaction passes", async (context) => {
    const { table, counter } = await setUp(context);
    const other = new pg.Client(server.url);
    await other.connect();
    const ids = counter({ timeout: 1000 });
    await ids.open(CLAIM);
    await other.query(`BEGIN; SELECT * FROM ${table} FOR UPDATE`);
    expect(await codeOf(ids.reserve(10, CLAIM))).toBe(BUSY);
    await other.query("COMMIT");
    expect(await take(ids, 1)).toEqual([{ start: 0n, end: 10n }]);

    // Each waits for the other: theirs has the table, ours the space, through a trigger.
    await server.query(`SET deadlock_timeout = '100ms'; CREATE TABLE audit_${table} (at bigint); INSERT INTO audit_${table} VALUES (0);
      CREATE FUNCTION audit_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE audit_${table} SET at = NEW.mark; RETURN NEW; END $$;
      CREATE TRIGGER audited BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION audit_${table}()`);
    const patient = counter({ timeout: 20_000 });
    await patient.open(CLAIM);
    await other.query(`BEGIN; SET LOCAL deadlock_timeout = '10s'; UPDATE audit_${table} SET at = 1`);
    const reserved = patient.reserve(10, CLAIM);
    await server.query(
      `DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$`,
    );
    await other.query(`SELECT * FROM ${table} FOR UPDATE`);
    await other.query("COMMIT");
    expect(await reserved).toEqual({ start: 10n, end: 20n });
    await other.end();
  });

  test("F5: a connection that is cut between the commit and its answer: unavailable, and the numbers are a gap", async (context) => {
    const { table, counter } = await setUp(context);
    const proxy = await startProxy(server.port);
    const { client } = connect(through(proxy));
    const ids = counter({}, client);
    await ids.open(CLAIM);
    await take(ids, 1);
    // The answer tells of the commit: "C", then "Z" of a server that is ready.
    proxy.loseReplies();
    expect(await codeOf(ids.reserve(10, CLAIM))).toBe(UNAVAILABLE);
    proxy.mend();
    expect((await server.query(`SELECT mark FROM ${table}`))[0].mark).toBe("20");
    expect(await take(ids, 1)).toEqual([{ start: 20n, end: 30n }]);
  });

  test("a network gone silent: a timeout, the connection is closed and not used again", async (context) => {
    const { counter } = await setUp(context);
    const proxy = await startProxy(server.port);
    const pool = poolOn(through(proxy), { max: 1 });
    const ids = counter({ timeout: 500 }, pool);
    await ids.open(CLAIM);
    proxy.freeze();
    expect(await codeOf(ids.reserve(10, CLAIM))).toBe(TIMEOUT);
    expect(pool.totalCount).toBe(0);
    proxy.mend();
    expect([0n, 10n]).toContain((await ids.reserve(10, CLAIM)).start);
  });

  test("a statement that takes too long on the server is a timeout", async (context) => {
    const { table, query, counter, opened } = await setUp(context);
    const ids = await opened();
    await query(`CREATE FUNCTION slow_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION slow_${table}()`);
    const pool = poolOn(server.url, { statement_timeout: 200 });
    expect(await codeOf(counter({}, pool).reserve(10, CLAIM))).toBe(TIMEOUT);
    await query(`DROP TRIGGER slow ON ${table}`);
    expect(await take(ids, 1)).toEqual([{ start: 0n, end: 10n }]);
  });

  test("F40: a database made from another as its template is refused, by fresh counters too", async (context) => {
    if (!server) lacking(context, "PostgreSQL of Debian");
    await server.query("CREATE DATABASE original");
    const original = server.url.replace(/postgres$/, "original");
    const pool = poolOn(original);
    await PostgresCounter.create(pool, { instanceId });
    const ids = new PostgresCounter(pool);
    await take(ids, 3);
    await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'original'");
    await server.query("CREATE DATABASE staging TEMPLATE original");
    const staging = connect(server.url.replace(/postgres$/, "staging"));
    expect(await codeOf(new PostgresCounter(staging.client).reserve(1, CLAIM))).toBe(ROLLBACK);
    expect(await codeOf(PostgresCounter.leaseInstanceId(staging.client))).toBe(ROLLBACK);
    // And nobody's migration makes an instance there that the original may have.
    expect(await codeOf(PostgresCounter.create(staging.client, { instanceId: 9 }))).toBe(ROLLBACK);
    await PostgresCounter.create(staging.client, { instanceId: 900, acceptRestored: true });
    expect(await PostgresCounter.leaseInstanceId(staging.client)).toBe(901);
    // An operator says where it may go on.
    expect(await PostgresCounter.raise(staging.client, { instanceId, floor: 1000n })).toBe(1000n);
    expect(await take(new PostgresCounter(staging.client), 1)).toEqual([{ start: 1000n, end: 1010n }]);
  });

  test("int8 may arrive as whatever the user's parsers make of it", async (context) => {
    const { counter } = await setUp(context, 2n ** 47n + 1n);
    const parsers = { getTypeParser: (oid: number) => (value: string) => (oid === 20 ? Number(value) : value) };
    const pool = poolOn(server.url, { types: parsers as never });
    const sql = postgres(server.url, { types: { bigint: postgres.BigInt }, transform: postgres.camel });
    expect((await pool.query("SELECT 1::int8 AS n")).rows[0].n).toBe(1);
    expect((await sql`SELECT 1::int8 AS n`)[0]!.n).toBe(1n);
    expect(await take(counter({}, pool), 1)).toEqual([{ start: 2n ** 47n + 1n, end: 2n ** 47n + 11n }]);
    expect(await take(counter({}, sql), 1)).toEqual([{ start: 2n ** 47n + 11n, end: 2n ** 47n + 21n }]);
    await sql.end();
  });
}
