import { spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { Id64Decoder } from "../../support/library.ts";
import { type Example, examplesWith, Page, Workshop } from "../support/examples.ts";
import { embedded, PostgresServer } from "./server.ts";

// docs/postgres.md: all of its examples and commands run, and the runbook mends what it says it does.

const page = new Page("docs/postgres.md");
const [create, byHand, issue, lease, inMemory, inspect, raise, createAbove, createAgain, holders] = page.blocks;

const KEY = "000102030405060708090a0b0c0d0e0f";
const decoder = Id64Decoder.speck({ key: KEY });
const sequenceOf = (printed: string) => decoder.decodeBase62(printed.trim()).sequence;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m;
const hasPsql = spawnSync("psql", ["--version"]).status === 0;

let server: PostgresServer;
let workshop: Workshop;
let databases = 0;
/** What the service is given: the one that was printed last. */
let lineage: string;
beforeAll(async () => {
  workshop = new Workshop();
  server = await PostgresServer.create(await embedded());
  await server.query("CREATE ROLE app LOGIN");
});
afterAll(async () => {
  workshop?.remove();
  await server?.remove();
});

beforeEach(() => {
  lineage = crypto.randomUUID();
});

/** A database of its own, a copy of another's or empty, and what runs on it. */
async function database(template = "template1") {
  const name = `docs${databases++}`;
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const urlOf = (role: string) => `postgres://${role}@127.0.0.1:${server.port}/${name}`;
  const run = async (example: Example | undefined, { role = "postgres" } = {}) => {
    const printed = await workshop.run(page, example, {
      DATABASE_URL: urlOf(role),
      PERMID64_KEY: KEY,
      ORDERS_LINEAGE: lineage,
    });
    lineage = UUID.exec(printed)?.[0] ?? lineage;
    return printed;
  };
  const query = async (text: string) => {
    const client = new pg.Client(urlOf("postgres"));
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  return { name, url: urlOf("postgres"), run, query };
}

const needsPsql = (context: Parameters<typeof lacking>[0]) => {
  if (!hasPsql) lacking(context, "psql");
};

describe("set-up and issuing", () => {
  test("by create, as a role with the grants that are named", async (context) => {
    needsPsql(context);
    const { run } = await database();
    expect(await run(create)).toMatch(UUID);
    await expect(run(issue, { role: "app" })).rejects.toThrow("ERR_PERMID64_COUNTER_CONFIG");
    await run(page.command("GRANT SELECT"));
    expect(sequenceOf(await run(issue, { role: "app" }))).toBe(0n);
    expect(sequenceOf(await run(issue, { role: "app" }))).toBeGreaterThanOrEqual(4096n);
  });

  test("by SQL", async (context) => {
    needsPsql(context);
    const { run } = await database();
    expect(await run(byHand)).toMatch(UUID);
    expect(sequenceOf(await run(issue, { role: "app" }))).toBe(0n);
    lineage = crypto.randomUUID();
    await expect(run(issue, { role: "app" })).rejects.toThrow("ERR_PERMID64_COUNTER_ROLLBACK");
  });

  test("with leased instance ids", async () => {
    const { run, query } = await database();
    await run(create);
    await query("GRANT SELECT, UPDATE ON permid64_counter, permid64_counter_space TO app");
    await query("GRANT INSERT ON permid64_counter TO app");
    const [first, second] = [await run(lease, { role: "app" }), await run(lease, { role: "app" })];
    expect([first, second].map((printed) => printed.split(" ")[0])).toEqual(["43", "44"]);
    expect(sequenceOf(second.split(" ")[1]!)).toBe(0n);
  });

  test("without a server", async () => {
    expect(sequenceOf(await workshop.run(page, inMemory, { PERMID64_KEY: KEY }))).toBe(0n);
  });
});

describe("the runbook", () => {
  test("ROLLBACK: a copy of the database", async () => {
    const original = await database();
    await original.run(create);
    await original.run(issue);
    const copy = await database(original.name);
    await expect(copy.run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_ROLLBACK");
    expect(await copy.run(inspect)).toMatch(/'orders' .* 42 .* [1-9]\d*n/);
    await copy.run(raise);
    expect(sequenceOf(await copy.run(issue))).toBe(5_000_000n);
    await expect(copy.run(lease)).rejects.toThrow("ERR_PERMID64_COUNTER_ROLLBACK");
    await copy.run(createAbove);
    expect(await copy.run(lease)).toMatch(/^1043 /);
  });

  test("NOT_INITIALIZED", async () => {
    const { run } = await database();
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_NOT_INITIALIZED");
    await run(createAgain);
    expect(sequenceOf(await run(issue))).toBe(5_000_000n);
    await run(createAbove);
    expect(await run(lease)).toMatch(/^1043 /);
  });

  test.for([
    "permid64_counter",
    "permid64_counter, permid64_counter_space",
  ])("NOT_INITIALIZED: %s dropped", async (tables, context) => {
    needsPsql(context);
    const { run, query } = await database();
    await run(create);
    await query(`DROP TABLE ${tables}`);
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_NOT_INITIALIZED");
    if (tables === "permid64_counter") await run(page.command("DROP TABLE"));
    await run(createAgain);
    expect(sequenceOf(await run(issue))).toBe(5_000_000n);
  });

  test.for([
    ["ALTER TABLE permid64_counter SET UNLOGGED", ["ALTER TABLE"]],
    ["REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC", ["GRANT EXECUTE"]],
    ["ALTER SYSTEM SET fsync = off", ["ALTER SYSTEM", "SELECT pg_reload_conf"]],
  ] as const)("CONFIG: %s", async ([harm, cure], context) => {
    needsPsql(context);
    const { run, query } = await database();
    await run(create);
    await query("GRANT SELECT, UPDATE ON permid64_counter, permid64_counter_space TO app");
    await query(harm);
    await query("SELECT pg_reload_conf()");
    await expect
      .poll(() => run(issue, { role: "app" }).catch(String), { timeout: 30_000 })
      .toContain("ERR_PERMID64_COUNTER_CONFIG");
    for (const beginning of cure) await run(page.command(beginning));
    await expect
      .poll(() => run(issue, { role: "app" }).catch(String), { timeout: 30_000 })
      .toMatch(/^[0-9A-Za-z]{11}\n$/);
  });

  test("CORRUPT: what there is", async (context) => {
    needsPsql(context);
    const { run, query } = await database();
    await run(create);
    await query("ALTER TABLE permid64_counter DISABLE TRIGGER ALL");
    await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_CORRUPT");
    expect(await run(page.command("SELECT *"))).toContain("orders|42|0|");
  });

  test("BUSY: who holds the row", async (context) => {
    needsPsql(context);
    const { url, run } = await database();
    await run(create);
    const client = new pg.Client(url);
    await client.connect();
    try {
      await client.query("BEGIN; SELECT * FROM permid64_counter FOR UPDATE");
      await expect(run(issue)).rejects.toThrow("ERR_PERMID64_COUNTER_TIMEOUT");
      const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
      expect(await run(holders)).toContain(`${rows[0].pid}|`);
    } finally {
      await client.end();
    }
  });
});

test("other pages show an instance that was created before", async () => {
  const examples = ["pg", "postgres"].flatMap((client) => examplesWith(client, "docs/postgres.md"));
  expect(examples.length).toBeGreaterThan(0);
  for (const [page, example] of examples) {
    const { url, run } = await database();
    await run(create);
    expect(sequenceOf(await workshop.run(page, example, { DATABASE_URL: url, PERMID64_KEY: KEY }))).toBe(0n);
  }
});

test("nothing of the page was left out", (context) => {
  needsPsql(context);
  expect(page.left).toEqual([]);
});
