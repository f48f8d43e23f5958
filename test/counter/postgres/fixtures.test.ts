import { PGlite } from "@electric-sql/pglite";
import { expect, onTestFinished, test } from "vitest";
import {
  asyncGeneratorOf,
  checkGoesOn,
  type Entry,
  markAfter,
  readText,
  withOwnLineages,
} from "../../support/fixtures.ts";
import { PostgresCounter } from "../../support/library.ts";
import { type OpenClient, PG, PGLITE } from "./clients.ts";
import { connect, startServer } from "./host.ts";

// Tables that permid64 0.1.0 left, loaded into fresh databases.

interface Table {
  options: { table?: string; allowUnknownServer?: boolean };
  entries: Entry[];
  nextLease: number;
  sql: { options: Parameters<typeof PostgresCounter.sql>[0]; text: string };
}

async function checkTables(open: OpenClient, load: (sql: string) => Promise<unknown>, kind = PG): Promise<void> {
  const [sql, json] = withOwnLineages(readText("postgres.sql"), readText("postgres-expected.json"));
  const { tables }: { tables: Table[] } = JSON.parse(json!);
  await load(sql!);
  for (const { options, entries, nextLease } of tables) {
    for (const entry of entries) {
      const { name, lineage, config } = entry;
      const counter = new PostgresCounter(open.client, { ...options, ...kind.options, name, lineage });
      await using ids = asyncGeneratorOf(config, counter);
      await checkGoesOn(ids, entry);
    }
    expect(await PostgresCounter.inspect(open.client, options)).toEqual(
      expect.arrayContaining(
        entries.map((entry) => ({
          name: entry.name,
          instanceId: entry.instanceId,
          lineage: entry.lineage,
          mark: markAfter(entry),
          ceiling: BigInt(entry.opened.ceiling),
          fingerprint: entry.opened.fingerprint,
        })),
      ),
    );
    expect(await PostgresCounter.leaseInstanceId(open.client, options)).toBe(nextLease);
  }
}

test("on a server: each instance goes on where it stopped", async () => {
  const server = await startServer();
  await checkTables(connect(server.url), (sql) => server.query(sql));
});

test("on PGlite: each instance goes on where it stopped", async () => {
  const client = new PGlite();
  onTestFinished(() => client.close());
  const open = { client, query: async () => [], end: async () => {} };
  await checkTables(open, (sql) => client.exec(sql), PGLITE);
});

test("the SQL that makes the tables is the same", () => {
  const { tables }: { tables: Table[] } = JSON.parse(readText("postgres-expected.json"));
  for (const { sql } of tables) {
    const { startAt, ...options } = sql.options;
    expect(PostgresCounter.sql({ ...options, startAt: BigInt(startAt!) })).toBe(sql.text);
  }
});
