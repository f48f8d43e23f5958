import { afterAll, beforeAll, test } from "vitest";
import { PostgresCounter } from "../../support/library.ts";
import { checkAdmission, INSTANCE_ID } from "../admission.ts";
import { PG, PGLITE } from "./clients.ts";
import { connect } from "./host.ts";
import { embedded, PostgresServer } from "./server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.create(await embedded());
});
afterAll(() => server?.remove());

test.each([PG, PGLITE])("on $name, the counter decides as the pure function, in any state", async (kind) => {
  const { client, query } = connect(server.url, kind, 1);
  const table = "admission";
  await PostgresCounter.create(client, { table, name: "made", instanceId: INSTANCE_ID });
  // Past the rules that the table itself has.
  await query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_check`);
  const [{ live }] = (await query(`SELECT incarnation AS live FROM ${table}`)) as [{ live: string }];
  await checkAdmission({
    ceiling: "always",
    tellsIncarnation: true,
    takesFloor: false,
    opensFirst: true,
    counter: (name, options) => new PostgresCounter(client, { table, name, ...kind.options, ...options }),
    async write(name, state) {
      // So no trigger fires.
      await query("SET session_replication_role = replica");
      await query(`DELETE FROM ${table} WHERE space = '${name}'`);
      await query(`DELETE FROM ${table}_space WHERE name = '${name}'`);
      if (state) {
        const { lineage, fingerprint = "", mark, ceiling, moved } = state;
        await query(`INSERT INTO ${table}_space VALUES ('${name}', '${lineage}', '${fingerprint}', '${live}')`);
        if (mark !== undefined) {
          const incarnation = moved ? "before" : live;
          const row = `'${name}', ${INSTANCE_ID}, ${mark}, ${ceiling}, '${incarnation}'`;
          await query(`INSERT INTO ${table} VALUES (${row})`);
        }
      }
      await query("RESET session_replication_role");
    },
    async read(name) {
      const [row] = await query(
        `SELECT s.lineage::text, s.fingerprint, c.mark::text, c.ceiling::text, c.incarnation
          FROM ${table}_space s LEFT JOIN ${table} c ON c.space = s.name WHERE s.name = '${name}'`,
      );
      if (!row) return undefined;
      const { lineage, fingerprint, mark, ceiling, incarnation } = row as Record<string, string | null>;
      const parse = (text: string | null | undefined) => (text === null ? undefined : BigInt(text!));
      const moved = incarnation !== null && incarnation !== live;
      const own = { lineage: lineage!, fingerprint: fingerprint || undefined };
      return { ...own, mark: parse(mark), ceiling: parse(ceiling), moved };
    },
  });
});
