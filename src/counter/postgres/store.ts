import { checkBoolean, outOfRange, show } from "../../base/check.js";
import { CounterCorruptError, CounterTimeoutError } from "../../base/errors.js";
import type { OptionNames } from "../../base/options.js";
import { type Admission, markFrom, type StoredInstance } from "../admission.js";
import { max } from "../checks.js";
import { checkTimeout, withDeadline } from "../deadline.js";
import {
  aboveCeiling,
  existingInstance,
  idSpace,
  invalidMark,
  missingInstance,
  missingSpace,
  movedSpace,
  noInstanceIdLeft,
  otherLineage,
} from "../errors.js";
import { seenOf } from "../fence.js";
import { type CounterState, type SpaceOptions, spaceNameOf } from "../options.js";
import { type PostgresClient, type Row, type Send, senderOf } from "./client.js";
import { DUPLICATE_TABLE, isConflict, sqlStateOf, translatePostgresError } from "./errors.js";
import { checkTable, type Expected, Schema } from "./schema.js";

const DEFAULT_TABLE = "permid64_counter";
const DEFAULT_TIMEOUT = 5000;

/** Attempts at a transaction that another one got in the way of. */
const ATTEMPTS = 10;

export interface PostgresTableOptions {
  /** The table, with or without a schema and a dot before it; default `"permid64_counter"`. Another, `<table>_space`, goes with it. */
  table?: string;
  /** Milliseconds for one call, the way to the server included, 1 to 600000; default 5000. */
  timeout?: number;
  /**
   * Consent to a server that does not tell its system identifier and timeline, as some managed services do not; default
   * false. A process that starts after a failover which lost reservations will then not notice. Say the same everywhere.
   */
  allowUnknownServer?: boolean;
}

export const TABLE: OptionNames<PostgresTableOptions> = { table: true, timeout: true, allowUnknownServer: true };

/** The name and the tables of an id space. */
export function spaceOf(options: SpaceOptions & PostgresTableOptions): { name: string; schema: Schema } {
  const { table = DEFAULT_TABLE, allowUnknownServer = false } = options;
  const name = spaceNameOf(options);
  // Postgres cannot store it.
  if (name.includes("\0")) throw outOfRange("name", "characters other than NUL", show(name));
  checkBoolean("allowUnknownServer", allowUnknownServer);
  return { name, schema: new Schema(checkTable(table), { allowUnknownServer }) };
}

/** An id space in a table. Each method is one transaction on a connection of its own, unless it says otherwise. */
export class PostgresStore {
  readonly name: string;
  readonly where: string;
  readonly #schema: Schema;
  readonly #send: Send;
  readonly #timeout: number;

  constructor(client: PostgresClient, options: SpaceOptions & PostgresTableOptions) {
    const { name, schema } = spaceOf(options);
    this.name = name;
    this.where = idSpace(name, `table ${schema.table}`);
    this.#schema = schema;
    this.#timeout = checkTimeout(options.timeout ?? DEFAULT_TIMEOUT);
    this.#send = senderOf(client);
  }

  /** When a call that begins now has to end, by the monotonic clock. */
  deadline(): number {
    return performance.now() + this.#timeout;
  }

  /** Makes what is missing of the tables and the id space, in several transactions, and the instance. Returns the lineage. */
  async create(instanceId: number, mark: bigint, acceptRestored: boolean): Promise<string> {
    const schema = this.#schema;
    const deadline = this.deadline();
    const [found] = (await this.#run([schema.exists], deadline)).slice(-1);
    if (found!.length === 0) {
      await this.#run([schema.creationLock, ...schema.definition], deadline).catch((error) => {
        // Another process was faster.
        if (sqlStateOf((error as Error).cause) !== DUPLICATE_TABLE) throw error;
      });
    }
    const [space, row] = schema.insertion(this.name, instanceId, mark);
    const adoption = acceptRestored ? [schema.adoption(this.name)] : [];
    const statements = [space!, ...adoption, row!, schema.space(this.name)];
    const [[inserted], [stored]] = lastTwo(await this.#run(statements, deadline));
    if (!inserted) {
      this.#checkIncarnation(stored!);
      throw existingInstance(this.where, instanceId);
    }
    return stored!.lineage!;
  }

  async leaseInstanceId(maxInstanceId: number, lineage: string | undefined): Promise<number> {
    const { name, where } = this;
    const [[space], [leased]] = lastTwo(
      await this.#run([
        this.#schema.space(name, "FOR UPDATE"),
        this.#schema.leaseInstance(name, maxInstanceId, lineage),
      ]),
    );
    if (leased) return Number(leased.instance);
    if (!space) throw missingSpace(where);
    if (lineage !== undefined && space.lineage !== lineage) throw otherLineage(where, space.lineage!, lineage);
    this.#checkIncarnation(space);
    throw noInstanceIdLeft(where, maxInstanceId);
  }

  /** All id spaces of the table. */
  async list(): Promise<CounterState[]> {
    const [rows] = (await this.#run([this.#schema.list])).slice(-1);
    return rows!.map((row) => ({
      name: row.name!,
      instanceId: Number(row.instance),
      mark: this.#parse(row.mark),
      ceiling: this.#parse(row.ceiling),
      fingerprint: row.fingerprint!,
      lineage: row.lineage!,
    }));
  }

  async raise(instanceId: number, floor: bigint): Promise<bigint> {
    const { name, where } = this;
    const [[row], [raised]] = lastTwo(
      await this.#run([this.#schema.state(name, instanceId), this.#schema.raise(name, instanceId, floor)]),
    );
    if (!row) throw missingInstance(where, instanceId);
    if (!raised) throw aboveCeiling(row.ceiling!, floor);
    return this.#parse(raised.mark);
  }

  /** Throws unless the tables keep what is written to them. */
  async checkTables(allowFsyncOff: boolean, deadline: number, starting: boolean): Promise<void> {
    const tables = lastTwo(await this.#run(this.#schema.inspection, deadline, starting));
    this.#schema.check(
      tables.map(([row]) => row),
      { allowFsyncOff },
    );
  }

  async read(instanceId: number, deadline: number, starting: boolean): Promise<StoredInstance | undefined> {
    const statements = [this.#schema.space(this.name), this.#schema.state(this.name, instanceId)];
    const [[space], [row]] = lastTwo(await this.#run(statements, deadline, starting));
    return row ? storedIn(row) : space && { lineage: space.lineage!, fingerprint: undefined, mark: undefined };
  }

  /** Reserves if all is as expected. Otherwise, `block` is undefined and `stored` may tell why. */
  async reserve(count: number, expected: Expected, deadline: number) {
    const { instanceId, lineage } = expected;
    // As it is when the statement is sent: this process may receive numbers while it waits for a connection.
    const statements = () =>
      this.#schema.reservation(count, { ...expected, seen: max(expected.seen, seenOf(lineage, instanceId)) });
    const [[row], [reserved]] = lastTwo(await this.#run(statements, deadline, false));
    if (!row) return { stored: await this.read(instanceId, deadline, false) };
    if (!reserved) return { stored: storedIn(row) };
    const start = this.#parse(row.mark);
    const end = this.#parse(reserved.mark);
    if (start >= end || end - start > count) {
      throw new CounterCorruptError(`${this.where} went from ${start} to ${end} for ${count} numbers`);
    }
    return { block: { start, end } };
  }

  /** The statements that make of `stored` what was admitted, but for a block. */
  repairOf(
    stored: StoredInstance,
    { skipped }: Admission,
    expected: Expected,
    skipAhead: bigint | undefined,
  ): readonly string[] {
    if (skipped) return this.#schema.skip(skipAhead!, expected);
    return [
      ...(stored.fingerprint === undefined ? [this.#schema.pin(expected)] : []),
      ...(stored.ceiling === expected.ceiling ? [] : [this.#schema.setCeiling(expected)]),
    ];
  }

  async repair(statements: readonly string[], deadline: number, starting: boolean): Promise<void> {
    await this.#run(statements, deadline, starting);
  }

  /** Runs a transaction, and again if another one got in its way. */
  async #run(
    statements: readonly string[] | (() => readonly string[]),
    deadline = this.deadline(),
    starting = true,
  ): Promise<Row[][]> {
    const current = typeof statements === "function" ? statements : () => statements;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transaction(current, deadline);
      } catch (error) {
        if (isConflict(error) && attempt < ATTEMPTS) continue;
        throw translatePostgresError(error, this.where, starting);
      }
    }
  }

  /** Resolves once all is committed, with the rows of the statements that have columns: to be counted from the last. */
  async #transaction(statements: () => readonly string[], deadline: number): Promise<Row[][]> {
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    const { result, abandon } = this.#send(() => [...preamble(Math.ceil(0.9 * left)), ...statements()].join(";\n"));
    try {
      return await withDeadline(result, left, this.where);
    } catch (error) {
      if (error instanceof CounterTimeoutError) abandon();
      throw error;
    }
  }

  /** The schema promises a mark, but someone may have edited the schema. */
  #parse(text: string | null | undefined): bigint {
    const mark = markFrom(text);
    if (typeof mark !== "bigint") throw invalidMark(this.where, text);
    return mark;
  }

  #checkIncarnation({ incarnation, live }: Row): void {
    if (incarnation === live) return;
    const remedy = '"acceptRestored" of create adopts the id space: give an id above all that were ever used';
    throw movedSpace(this.where, incarnation, live, remedy);
  }
}

const storedIn = (row: Row): StoredInstance => ({
  lineage: row.lineage!,
  fingerprint: row.fingerprint || undefined,
  mark: markFrom(row.mark),
  ceiling: markFrom(row.ceiling),
  incarnation: row.incarnation!,
  live: row.live!,
});

/**
 * The defaults of a role or database do not matter: the commit is waited for, nothing is read-only, and a change by others
 * that came first is no failure. The server gives up on a lock before the counter gives up on the server, so that the counter
 * knows that nothing was reserved.
 * A pooler may pass on the `search_path` that another application set for its session. The tables are found by the one
 * that the connection began with.
 */
const preamble = (lockTimeout: number) => [
  ...OWN_TRANSACTION,
  "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
  "SET LOCAL search_path TO DEFAULT",
  "SET LOCAL synchronous_commit = on",
  "SET LOCAL client_min_messages = warning",
  `SET LOCAL lock_timeout = ${lockTimeout}`,
];

/**
 * Leaves the transaction in which the connection's last user may have given it back, since a ROLLBACK there would undo the
 * reservation. The first statement fails, by a division by zero, in a transaction that began earlier or has written. It misses
 * one that has written nothing and began within the same tick of the server's clock: the COMMIT ends that one, at no loss.
 * `postgres` refuses a BEGIN, but not a START TRANSACTION.
 */
const OWN_TRANSACTION = [
  "SELECT 1 / (now() = statement_timestamp() AND pg_current_xact_id_if_assigned() IS NULL)::integer",
  "START TRANSACTION",
  "COMMIT",
];

const lastTwo = (results: Row[][]) => results.slice(-2) as [Row[], Row[]];
