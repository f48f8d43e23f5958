import { describe, expect, test } from "vitest";
import { lacking } from "../../support/lacking.ts";
import { PostgresCounter } from "../../support/library.ts";
import { codeOf, MISSING, ROLLBACK } from "../support/host.ts";
import { CLAIM } from "./clients.ts";
import { testConfiguration } from "./configuration.ts";
import { connect, countOn, create, startServer, take } from "./host.ts";
import { debian } from "./server.ts";

// What the server of the npm package cannot do: an older version, and its tools.

describe("an older server", () => testConfiguration(async () => debian()));

test.for([
  "the same database",
  "another server",
])("F14: a dump restored to %s is refused, by those that are live and by fresh ones", async (where, context) => {
  const binaries = debian() ?? lacking(context, "PostgreSQL of Debian");
  const server = await startServer({}, binaries);
  await create(server.url);
  const live = await countOn(server.url);
  await take(live, 3);
  const dump = server.tool("pg_dump", ["--table", "permid64_*", "postgres"]);
  const functions = server.tool("pg_dump", ["--schema-only", "postgres"]);
  expect(functions).toContain("permid64_counter_refuse");
  const whole = server.tool("pg_dump", ["--clean", "--if-exists", "postgres"]);
  expect(dump).toContain("30");
  await take(live, 3);

  const target = where === "another server" ? await startServer({}, binaries) : server;
  if (target === server) {
    await server.query("DROP TABLE permid64_counter, permid64_counter_space");
    expect(await codeOf(live.reserve(1, CLAIM))).toBe(MISSING);
  }
  target.tool("psql", ["--quiet", "--set", "ON_ERROR_STOP=1", "postgres"], whole);
  const { client } = connect(target.url);
  expect(await codeOf(new PostgresCounter(client).reserve(1, CLAIM))).toBe(ROLLBACK);
  if (target === server) expect(await codeOf(live.reserve(1, CLAIM))).toBe(ROLLBACK);
  expect(await PostgresCounter.raise(client, { instanceId: CLAIM.instanceId, floor: 1000n })).toBe(1000n);
  expect(await take(new PostgresCounter(client), 1)).toEqual([{ start: 1000n, end: 1010n }]);
});
