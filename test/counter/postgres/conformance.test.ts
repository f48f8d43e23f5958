import { afterAll, beforeAll, describe } from "vitest";
import { PostgresCounter } from "../../support/library.ts";
import { testConformance } from "../support/conformance.ts";
import { PG, PGLITE, POSTGRES } from "./clients.ts";
import { connect } from "./host.ts";
import { embedded, PostgresServer } from "./server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.create(await embedded());
});
afterAll(() => server?.remove());

let tables = 0;

describe.each([PG, POSTGRES, PGLITE])("on $name", (kind) => {
  testConformance(["damage", "close"], async () => {
    const { client, query } = connect(server.url, kind);
    const own = { table: `conformance_${tables++}` };
    await PostgresCounter.create(client, { ...own, name: "none", instanceId: 0 });
    // Past the rules that the tables themselves have.
    await query(`ALTER TABLE ${own.table} DROP CONSTRAINT ${own.table}_check`);
    const edit = async (statement: string) => {
      for (const table of [own.table, `${own.table}_space`]) await query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      await query(statement);
      for (const table of [own.table, `${own.table}_space`]) await query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    };
    return {
      counter: (name, options) => new PostgresCounter(client, { ...own, ...kind.options, name, ...options }),
      create: (name, options) => PostgresCounter.create(client, { ...own, name, ...options }),
      inspect: (name) => PostgresCounter.inspect(client, { ...own, name }),
      raise: (name, options) => PostgresCounter.raise(client, { ...own, name, ...options }),
      leaseInstanceId: (name, options) => PostgresCounter.leaseInstanceId(client, { ...own, name, ...options }),
      setMark: (name, instanceId, mark) =>
        edit(`UPDATE ${own.table} SET mark = ${mark} WHERE space = '${name}' AND instance_id = ${instanceId}`),
      badMarks: [-1n, 2n ** 63n - 1n],
      async drop(name) {
        await edit(`DELETE FROM ${own.table} WHERE space = '${name}'`);
        await edit(`DELETE FROM ${own.table}_space WHERE name = '${name}'`);
      },
    };
  });
});
