import { checkString, outOfRange, show } from "../../base/check.js";
import { CounterConfigError, CounterCorruptError, CounterNotInitializedError } from "../../base/errors.js";
import { MAX_MARK } from "../checks.js";
import type { Row } from "./client.js";

/** Names of ours are longer than the table's, and Postgres cuts names at 63. */
const TABLE = /^([A-Za-z_][A-Za-z0-9_]{0,47}\.)?[A-Za-z_][A-Za-z0-9_]{0,47}$/;

export function checkTable(table: string): string {
  if (!TABLE.test(checkString("table", table))) {
    throw outOfRange("table", "up to 48 letters, digits and _, with or without a schema and a dot before", show(table));
  }
  return table;
}

const quoted = (name: string) => name.replaceAll(/\w+/g, '"$&"');

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE */
export const sqlLiteral = (text: string) =>
  text.includes("\\") ? `E'${text.replaceAll(/['\\]/g, "$&$&")}'` : `'${text.replaceAll("'", "''")}'`;

/** The state of a row from which numbers may be reserved. */
export interface Expected {
  readonly name: string;
  readonly instanceId: number;
  readonly lineage: string;
  readonly fingerprint: string;
  readonly ceiling: bigint;
  /** The highest end that this process received. */
  readonly seen: bigint;
}

/**
 * The tables, and the statements on them. An id space shares one layout and permutation, and so one fingerprint, which is
 * empty until the first generator opens. Each of its instances has one mark, the first number not yet reserved.
 *
 * `lineage` is random: it tells this store from any other with the same names. `incarnation` names the database where a row
 * was last used. It differs after a copy, a restore or a promotion. Each row has its own incarnation, since each may have lost
 * reservations on the way. The one of a space stands for the instances that the space may have lost.
 */
export class Schema {
  readonly table: string;
  readonly #counter: string;
  readonly #space: string;
  readonly #live: string;

  constructor(table: string, { allowUnknownServer }: { allowUnknownServer: boolean }) {
    this.table = table;
    this.#counter = quoted(table);
    this.#space = quoted(`${table}_space`);
    // The timeline is the one of the WAL being written: pg_control_checkpoint() has the one of the last checkpoint. The timeline
    // changes when a standby is promoted and after a point-in-time recovery. The other parts change when a dump is restored,
    // on the same server too, or when a database is made from another as its template.
    const server = allowUnknownServer
      ? "'unknown'"
      : "(SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8)";
    this.#live =
      `concat_ws('/', ${server}, (SELECT oid FROM pg_database WHERE datname = current_database()), ` +
      `${sqlLiteral(this.#counter)}::regclass::oid)`;
  }

  get definition(): string[] {
    const refuse = quoted(`${this.table}_refuse`);
    return [
      `CREATE TABLE ${this.#space} (
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  lineage uuid NOT NULL DEFAULT gen_random_uuid(),
  fingerprint text NOT NULL DEFAULT '',
  incarnation text NOT NULL
)`,
      `CREATE TABLE ${this.#counter} (
  space text NOT NULL REFERENCES ${this.#space},
  instance_id bigint NOT NULL CHECK (instance_id BETWEEN 0 AND 4294967295),
  mark bigint NOT NULL DEFAULT 0 CHECK (mark BETWEEN 0 AND ceiling),
  ceiling bigint NOT NULL DEFAULT ${MAX_MARK},
  incarnation text NOT NULL,
  PRIMARY KEY (space, instance_id)
) WITH (fillfactor = 50)`,
      // A DROP of the tables leaves the function behind.
      `CREATE OR REPLACE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$`,
      `CREATE TRIGGER mark_never_falls BEFORE UPDATE ON ${this.#counter} FOR EACH ROW
  WHEN (NEW.mark < OLD.mark OR NEW.space <> OLD.space OR NEW.instance_id <> OLD.instance_id)
  EXECUTE FUNCTION ${refuse}('the mark never moves down')`,
      `CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON ${this.#counter}
  EXECUTE FUNCTION ${refuse}('a counter is never deleted')`,
      `CREATE TRIGGER lineage_never_changes BEFORE UPDATE ON ${this.#space} FOR EACH ROW
  WHEN (NEW.lineage <> OLD.lineage)
  EXECUTE FUNCTION ${refuse}('the lineage of an id space never changes')`,
      `CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON ${this.#space}
  EXECUTE FUNCTION ${refuse}('an id space is never deleted')`,
    ];
  }

  get exists(): string {
    return `SELECT 1 WHERE to_regclass(${sqlLiteral(this.#counter)}) IS NOT NULL`;
  }

  /** Of several processes that create the tables at the same time, all but one wait, and find the tables there. */
  get creationLock(): string {
    return `SELECT pg_advisory_xact_lock(hashtext(${sqlLiteral(`permid64 ${this.table}`)}))`;
  }

  /** Adds an instance and its space, if they are missing. */
  insertion(name: string, instanceId: number, startAt: bigint): string[] {
    return [
      `INSERT INTO ${this.#space} (name, incarnation)
  VALUES (${sqlLiteral(name)}, ${this.#live})
  ON CONFLICT DO NOTHING`,
      `INSERT INTO ${this.#counter} (space, instance_id, mark, incarnation)
  SELECT name, ${instanceId}, ${startAt}, incarnation
  FROM ${this.#space} WHERE name = ${sqlLiteral(name)} AND incarnation = ${this.#live}
  ON CONFLICT DO NOTHING RETURNING 1`,
    ];
  }

  /** Makes an id space one of this database, where a restore or a failover brought it. */
  adoption(name: string): string {
    return `UPDATE ${this.#space} SET incarnation = ${this.#live} WHERE name = ${sqlLiteral(name)}`;
  }

  space(name: string, lock = ""): string {
    return `SELECT lineage::text, incarnation, ${this.#live} AS live
  FROM ${this.#space} WHERE name = ${sqlLiteral(name)} ${lock}`;
  }

  state(name: string, instanceId: number, lock = ""): string {
    return `SELECT s.lineage::text, s.fingerprint, c.mark::text, c.ceiling::text, c.incarnation, ${this.#live} AS live
  FROM ${this.#counter} c JOIN ${this.#space} s ON s.name = c.space
  WHERE c.space = ${sqlLiteral(name)} AND c.instance_id = ${instanceId} ${lock}`;
  }

  /** Locks the row, then reserves if the row is as expected. The last two statements return the row before and the mark after. */
  reservation(count: number, expected: Expected): string[] {
    const { name, instanceId, lineage, fingerprint, ceiling, seen } = expected;
    return [
      this.state(name, instanceId, "FOR UPDATE OF c"),
      `UPDATE ${this.#counter} c SET mark = c.mark + least(${count}, c.ceiling - c.mark)
  FROM ${this.#space} s
  WHERE c.space = ${sqlLiteral(name)} AND c.instance_id = ${instanceId} AND s.name = c.space
    AND s.lineage = ${sqlLiteral(lineage)} AND s.fingerprint = ${sqlLiteral(fingerprint)} AND c.incarnation = ${this.#live}
    AND c.ceiling = ${ceiling} AND c.mark >= ${seen} AND c.mark < c.ceiling
  RETURNING c.mark::text`,
    ];
  }

  /** Consent: raises the mark above all that this process received, unless another process has done so already. */
  skip(skipAhead: bigint, { name, instanceId, fingerprint, ceiling, seen }: Expected): string[] {
    return [
      `UPDATE ${this.#counter} c SET mark = greatest(c.mark, ${seen}) + ${skipAhead}, ceiling = ${ceiling}, incarnation = ${this.#live}
  FROM ${this.#space} s
  WHERE c.space = ${sqlLiteral(name)} AND c.instance_id = ${instanceId} AND s.name = c.space
    AND (c.incarnation <> ${this.#live} OR s.fingerprint <> ${sqlLiteral(fingerprint)} OR c.mark < ${seen})`,
      `UPDATE ${this.#space} SET fingerprint = ${sqlLiteral(fingerprint)} WHERE name = ${sqlLiteral(name)}`,
    ];
  }

  /** The first generator sets the parameters, unless another was faster: that one may have others. */
  pin({ name, fingerprint }: Expected): string {
    return `UPDATE ${this.#space} SET fingerprint = ${sqlLiteral(fingerprint)} WHERE name = ${sqlLiteral(name)} AND fingerprint = ''`;
  }

  /** Only under the generator's own parameters, as `pin`. */
  setCeiling({ name, instanceId, fingerprint, ceiling }: Expected): string {
    return `UPDATE ${this.#counter} c SET ceiling = ${ceiling}
  FROM ${this.#space} s
  WHERE c.space = ${sqlLiteral(name)} AND c.instance_id = ${instanceId} AND s.name = c.space AND s.fingerprint = ${sqlLiteral(fingerprint)}`;
  }

  /** One above the highest, which is never used again, since rows are never deleted. Lock the space before. */
  leaseInstance(name: string, maxInstanceId: number, lineage: string | undefined): string {
    const pin = lineage === undefined ? "" : ` AND s.lineage::text = ${sqlLiteral(lineage)}`;
    return `INSERT INTO ${this.#counter} (space, instance_id, incarnation)
  SELECT s.name, next.id, s.incarnation
  FROM ${this.#space} s, (SELECT coalesce(max(instance_id) + 1, 0) AS id FROM ${this.#counter} WHERE space = ${sqlLiteral(name)}) next
  WHERE s.name = ${sqlLiteral(name)} AND s.incarnation = ${this.#live} AND next.id <= ${maxInstanceId}${pin}
  RETURNING instance_id::text AS instance`;
  }

  raise(name: string, instanceId: number, floor: bigint): string {
    return `UPDATE ${this.#counter} SET mark = greatest(mark, ${floor}), incarnation = ${this.#live}
  WHERE space = ${sqlLiteral(name)} AND instance_id = ${instanceId} AND ${floor} <= ceiling RETURNING mark::text`;
  }

  get list(): string {
    return `SELECT s.name, s.lineage::text, s.fingerprint, c.instance_id::text AS instance, c.mark::text, c.ceiling::text
  FROM ${this.#space} s JOIN ${this.#counter} c ON c.space = s.name ORDER BY s.name, c.instance_id`;
  }

  /** The statements whose rows `check` looks at. */
  get inspection(): string[] {
    const table = (name: string, { columns }: { columns: readonly string[] }) => `SELECT
  current_setting('fsync') AS fsync,
  relkind::text AS kind,
  relpersistence::text AS persistence,
  (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'UPDATE'))::text AS granted,
  (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END), ', ' ORDER BY attname)
    FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN (${columns.map((column) => sqlLiteral(column.split(" ")[0]!))})) AS columns,
  (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'p') AS key,
  (SELECT string_agg(tgname, ', ' ORDER BY tgname)
    FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal AND tgenabled IN ('O', 'A')) AS triggers
FROM pg_class WHERE oid = to_regclass(${sqlLiteral(name)})`;
    return [table(this.#space, SPACE), table(this.#counter, COUNTER)];
  }

  /** Throws unless the `rows` of `inspection` describe tables that keep what is written to them. */
  check(rows: readonly (Row | undefined)[], { allowFsyncOff }: { allowFsyncOff: boolean }): void {
    [SPACE, COUNTER].forEach((expected, i) => {
      const row = rows[i];
      const table = i === 0 ? `${this.table}_space` : this.table;
      if (!row) throw new CounterNotInitializedError(`table ${table} does not exist: create it first`);
      const config = (problem: string) => new CounterConfigError(`table ${table} ${problem}`);
      if (row.fsync !== "on" && !allowFsyncOff) {
        throw config(
          'is on a server that runs with fsync off, so a power cut may repeat numbers: "allowFsyncOff" consents to that',
        );
      }
      if (row.kind !== "r") throw config("is not a plain table");
      if (row.persistence !== "p") throw config("is unlogged or temporary: a crash would empty it");
      if (row.granted !== "true") throw config("needs grants of SELECT and UPDATE to the role that is connected");
      const triggers = new Set(row.triggers?.split(", "));
      if (
        row.columns !== expected.columns.join(", ") ||
        row.key !== expected.key ||
        expected.triggers.some((name) => !triggers.has(name))
      ) {
        throw new CounterCorruptError(`table ${table} has been edited, or is not permid64's: its schema is another`);
      }
    });
  }
}

const SPACE = {
  columns: ["fingerprint text not null", "incarnation text not null", "lineage uuid not null", "name text not null"],
  key: "PRIMARY KEY (name)",
  triggers: ["lineage_never_changes", "never_deleted"],
};

const COUNTER = {
  columns: [
    "ceiling bigint not null",
    "incarnation text not null",
    "instance_id bigint not null",
    "mark bigint not null",
    "space text not null",
  ],
  key: "PRIMARY KEY (space, instance_id)",
  triggers: ["mark_never_falls", "never_deleted"],
};
