import { checkBoolean, checkInteger, MAX_COUNT, outOfRange, show, type U64Like } from "../../base/check.js";
import { CounterBusyError, CounterCorruptError, CounterRollbackError } from "../../base/errors.js";
import { Layout64 } from "../../base/layout.js";
import { checkObject } from "../../base/options.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import { checkTimeout } from "../deadline.js";
import * as fence from "../fence.js";
import { DEFAULT_NAME, max } from "../fence.js";
import { Database, type PostgresClient, type Row } from "./client.js";
import { DUPLICATE_TABLE, isConflict, sqlStateOf, translate } from "./errors.js";
import { checkTable, type Expected, Schema } from "./schema.js";

const DEFAULT_TABLE = "permid64_counter";
const DEFAULT_TIMEOUT = 5000;

/** How often a transaction that another one got in the way of is tried, and a state that others changed meanwhile. */
const ATTEMPTS = 10;

/** Where the rows are, and how long to wait for them. */
export interface PostgresTableOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
  /** The table, with its schema and a dot before it or not; default `"permid64_counter"`. Another, `<table>_space`, goes with it. */
  table?: string;
  /** Milliseconds for one call, the way to the server included, 1 to 600000; default 5000. */
  timeout?: number;
  /**
   * Consent to a server that does not tell its system identifier and timeline, as some managed services do not; default
   * false. A process that starts after a failover which lost reservations will then not notice. Say the same everywhere.
   */
  allowUnknownServer?: boolean;
}

export interface PostgresCounterOptions extends PostgresTableOptions {
  /**
   * The lineage that `create` resolved with: another store under the same name is refused. Leave it out to take the first;
   * a variable that is not set does not pass for that.
   */
  lineage?: string | undefined;
  /**
   * Consent to go on where the counter would refuse, by raising the mark by this many numbers, 1 to 2^63 - 1: when the
   * database has failed over, was restored or copied, at any time; and when a generator opens and this process sees that
   * the mark went back, or that the store was used under other parameters, which its own then replace. At least
   * all that may have been lost, and two blocks of each process. Without a synchronous standby, two events in quick succession
   * may lose the raised mark of the first as well, and no number is enough: a process that saw it stops or goes on above, a fresh
   * one cannot know.
   */
  skipAhead?: U64Like;
  /** Consent to a server that runs with fsync off, as PGlite does: a power cut may then repeat numbers. Default false. */
  allowFsyncOff?: boolean;
}

/** One instance of one id space in a table. */
export interface PostgresCounterState {
  readonly name: string;
  readonly instanceId: number;
  /** The first number not yet reserved. */
  readonly mark: bigint;
  /** The mark at which the instance is exhausted. */
  readonly ceiling: bigint;
  /** Stands for the layout and permutation; empty until the first generator opens. */
  readonly fingerprint: string;
  /** Tells the id space from any other of that name. */
  readonly lineage: string;
}

/**
 * A counter in a Postgres table, from version 13 on, for any number of processes on any number of machines. It runs on the
 * user's own client, each reservation in a transaction of its own, which is committed and flushed before a number is used.
 *
 * Rows are made by {@link PostgresCounter.create} or by hand, never by a generator. A counter refuses a database that
 * is not the one its row was last used in: a standby promoted, a dump or an archive restored, a copy made as a template. It knows
 * by the system identifier and the live timeline of the server and the ids of database and table; any role may
 * ask for them, and `allowUnknownServer` is for services that refuse. What it cannot know: that the data folder was
 * replaced by an older copy of itself, or that its machine is a clone of another, unless this process saw higher numbers.
 *
 * Grant the role SELECT and UPDATE on both tables. Listen to the `error` event of a `pg` Pool, as that asks for.
 *
 * @param client A Pool of `pg`, the `sql` of `postgres`, or a PGlite (with `allowFsyncOff`). Never a single
 *   connection or the handle of a transaction.
 * @param options See {@link PostgresCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments. The methods reject with
 *   CounterNotInitializedError if the table or the row is missing;
 *   CounterCorruptError if the table was edited;
 *   CounterConfigError if it was used under another layout or permutation, is on a standby or a server without fsync, is
 *   unlogged, or is not granted;
 *   CounterRollbackError if the store is another or went back;
 *   CounterExhaustedError if all numbers of the instance are reserved;
 *   CounterBusyError, CounterTimeoutError and CounterUnavailableError, which may pass. What was being reserved then
 *   is a gap.
 * @example
 * ```js
 * import pg from "pg";
 * import { PostgresCounter } from "permid64/postgres";
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * pool.on("error", console.error);
 *
 * // once, in a migration
 * const lineage = await PostgresCounter.create(pool, { name: "orders", instanceId: 42 });
 *
 * const counter = new PostgresCounter(pool, { name: "orders", lineage });
 * ```
 */
export class PostgresCounter implements AsyncCounter {
  readonly #store: Store;
  readonly #pinned: string | undefined;
  readonly #skipAhead: bigint | undefined;
  readonly #allowFsyncOff: boolean;
  /** That of the store, once it is known. */
  #lineage: string | undefined;
  readonly #opened = new Set<number>();
  readonly #exhaustion = new fence.ExhaustionWarning();

  constructor(client: PostgresClient, options: PostgresCounterOptions = {}) {
    this.#store = new Store(client, options);
    const { skipAhead, allowFsyncOff = false } = options;
    this.#pinned = fence.checkPinned(options);
    this.#skipAhead = fence.checkSkipAhead(skipAhead);
    this.#allowFsyncOff = checkBoolean("allowFsyncOff", allowFsyncOff);
  }

  /**
   * The SQL that {@link PostgresCounter.create} runs, for migrations by hand: the tables and one row.
   *
   * @param options The `name`, the `table`, the `instanceId`, and where to start, `startAt`; default 0n.
   * @returns Statements, each ended by a semicolon.
   * @throws TypeError or RangeError for wrong arguments.
   * @example
   * ```ts
   * import { PostgresCounter } from "permid64/postgres";
   *
   * const sql = PostgresCounter.sql({ name: "orders", instanceId: 42 });
   * sql.includes('CREATE TABLE "permid64_counter"'); // => true
   * ```
   */
  static sql(options: Omit<PostgresTableOptions, "timeout"> & { instanceId: number; startAt?: U64Like }): string {
    const { name, schema } = checkTableOptions(options);
    const { instanceId, startAt } = checkRow(options);
    return [...schema.definition, ...schema.insertion(name, instanceId, startAt)]
      .map((statement) => `${statement};\n`)
      .join("\n");
  }

  /**
   * Makes the tables and the id space if they are missing, and this instance's row. Run it once, from a migration.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`, 0 to 2^32 - 1; `startAt`, the first number, 0 to 2^63 - 1, default 0n; `acceptRestored`,
   *   consent to add to an id space that a restore or a failover brought to this database, where an instance of that id may have
   *   been lost: give an id above all that were ever used; and {@link PostgresTableOptions}.
   * @returns A promise of the id space's lineage, a UUID.
   * @throws TypeError or RangeError for wrong arguments. Rejects with CounterConfigError if the instance exists,
   *   CounterRollbackError without `acceptRestored` where it is needed, and as the constructor says.
   */
  static async create(
    client: PostgresClient,
    options: PostgresTableOptions & { instanceId: number; startAt?: U64Like; acceptRestored?: boolean },
  ): Promise<string> {
    const store = new Store(client, options);
    const { name, schema } = store;
    const { instanceId, startAt } = checkRow(options);
    const acceptRestored = checkBoolean("acceptRestored", options.acceptRestored ?? false);
    const deadline = store.deadline();
    const [found] = (await store.run([schema.exists], deadline)).slice(-1);
    if (found!.length === 0) {
      await store.run([schema.creationLock, ...schema.definition], deadline).catch((error) => {
        // Another process was faster.
        if (sqlStateOf((error as Error).cause) !== DUPLICATE_TABLE) throw error;
      });
    }
    const [space, row] = schema.insertion(name, instanceId, startAt);
    const adoption = acceptRestored ? [schema.adoption(name)] : [];
    const [[inserted], [stored]] = lastTwo(await store.run([space!, ...adoption, row!, schema.space(name)], deadline));
    if (!inserted) {
      checkIncarnation(store.where, stored!);
      throw fence.exists(store.where, instanceId);
    }
    return stored!.lineage!;
  }

  /**
   * Makes a row with an instance id that none ever had in this id space, and resolves with it: for processes that have
   * no number of their own. It is theirs for good, and nobody else's after they are gone.
   *
   * @param client As the constructor's.
   * @param options The `layout`, as the generator's; and {@link PostgresTableOptions}.
   * @returns A promise of an instance id: one above the highest.
   * @throws TypeError or RangeError for wrong arguments. Rejects with CounterExhaustedError if the layout has no higher id;
   *   CounterNotInitializedError if the id space is missing; CounterRollbackError if a restore or a failover brought it here, so
   *   that leased ids may be unknown: `create` with `acceptRestored`; and as the constructor says.
   */
  static async leaseInstanceId(
    client: PostgresClient,
    options: PostgresTableOptions & { layout?: { instanceBits?: number; sequenceBits?: number } } = {},
  ): Promise<number> {
    const store = new Store(client, options);
    const { name, schema, where } = store;
    const { maxInstanceId } = new Layout64(options.layout);
    const [[space], [leased]] = lastTwo(
      await store.run([schema.space(name, "FOR UPDATE"), schema.leaseInstance(name, maxInstanceId)]),
    );
    if (leased) return Number(leased.instance);
    if (!space) throw fence.missingSpace(where);
    checkIncarnation(where, space);
    throw fence.noInstanceIdLeft(where, maxInstanceId);
  }

  /**
   * Every instance of every id space in a table, for operators.
   *
   * @param client As the constructor's.
   * @param options The `table` and the `timeout`.
   * @throws TypeError or RangeError for wrong arguments. Rejects as the constructor says.
   */
  static async inspect(
    client: PostgresClient,
    options: Pick<PostgresTableOptions, "table" | "timeout"> = {},
  ): Promise<PostgresCounterState[]> {
    const store = new Store(client, options);
    const [rows] = (await store.run([store.schema.list])).slice(-1);
    return rows!.map((row) => ({
      name: row.name!,
      instanceId: Number(row.instance),
      mark: store.parse(row.mark),
      ceiling: store.parse(row.ceiling),
      fingerprint: row.fingerprint!,
      lineage: row.lineage!,
    }));
  }

  /**
   * Raises the mark of an instance, and never lowers it; and consents to the database that it is in now. For a service
   * that is stopped: after a restore or a failover, to above every number that was issued.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`, the `floor` to raise the mark to, 0 to 2^63 - 1; and {@link PostgresTableOptions}.
   * @returns A promise of the mark as it is now.
   * @throws TypeError or RangeError for wrong arguments. Rejects with RangeError if `floor` is above the instance's
   *   ceiling, and as the constructor says.
   */
  static async raise(
    client: PostgresClient,
    options: PostgresTableOptions & { instanceId: number; floor: U64Like },
  ): Promise<bigint> {
    const store = new Store(client, options);
    const { name, schema, where } = store;
    const instanceId = fence.checkInstanceId(options.instanceId);
    const floor = fence.checkMark("floor", options.floor, 0n);
    const [[row], [raised]] = lastTwo(
      await store.run([schema.state(name, instanceId), schema.raise(name, instanceId, floor)]),
    );
    if (!row) throw fence.missing(where, instanceId);
    if (!raised) throw fence.aboveCeiling(row.ceiling!, floor);
    return store.parse(raised.mark);
  }

  /**
   * Looks whether the tables keep what is written to them, compares parameters, lineage and database, and applies `skipAhead`.
   *
   * @throws Rejects as the constructor says.
   */
  async open(claim: Claim): Promise<void> {
    const { instanceId } = fence.checkClaim(claim);
    const { name, schema } = this.#store;
    const deadline = this.#store.deadline();
    await this.#inspect(deadline, true);
    await this.#untilSettled(async () => {
      const expected = this.#expect(claim);
      const [rows] = (await this.#store.run([schema.state(name, instanceId)], deadline)).slice(-1);
      const repair = this.#repair(rows![0], expected, claim, true);
      if (repair.length > 0) await this.#store.run(repair, deadline);
      // What was expected depends on the lineage, and so does the floor.
      return repair.length === 0 && expected.lineage === this.#lineage ? true : undefined;
    });
    this.#opened.add(instanceId);
  }

  /**
   * Reserves numbers; they are durable when it resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim For whom.
   * @throws Rejects as the constructor says.
   */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId } = fence.checkClaim(claim);
    if (!this.#opened.has(instanceId)) await this.open(claim);
    const store = this.#store;
    const deadline = store.deadline();
    return this.#untilSettled(async () => {
      const expected = this.#expect(claim);
      const [[row], [reserved]] = lastTwo(await store.run(store.schema.reservation(count, expected), deadline, false));
      if (!row || !reserved) {
        const repair = this.#repair(row, expected, claim, false);
        if (repair.length > 0) {
          // It is another server, or set up otherwise.
          await this.#inspect(deadline, false);
          await store.run(repair, deadline, false);
        }
        return undefined;
      }
      const start = store.parse(row.mark);
      const end = store.parse(reserved.mark);
      if (start >= end || end - start > count) {
        throw new CounterCorruptError(`${store.where} went from ${start} to ${end} for ${count} numbers`);
      }
      fence.raiseFloor(expected.lineage, instanceId, end);
      this.#exhaustion.consider(store.where, instanceId, end, expected.ceiling);
      return { start, end };
    });
  }

  /** Throws unless the tables keep what is written to them. */
  async #inspect(deadline: number, starting: boolean): Promise<void> {
    const { schema } = this.#store;
    const tables = lastTwo(await this.#store.run(schema.inspection, deadline, starting));
    schema.check(
      tables.map(([row]) => row),
      { allowFsyncOff: this.#allowFsyncOff },
    );
  }

  #expect(claim: Claim): Expected {
    const { instanceId, fingerprint } = claim;
    const known = this.#lineage ?? "";
    return {
      name: this.#store.name,
      instanceId,
      lineage: known,
      fingerprint,
      ceiling: fence.ceilingOf(claim),
      // As it is now: an answer to a later question may be the first to come.
      floor: fence.floorOf(known, instanceId),
    };
  }

  /**
   * What has to be written before numbers may be reserved from a row in this state: nothing, where others have changed it
   * since. Throws for a state that is not to be repaired.
   */
  #repair(row: Row | undefined, expected: Expected, claim: Claim, opening: boolean): string[] {
    const { schema, where } = this.#store;
    const { instanceId, fingerprint, ceiling, floor } = expected;
    if (!row) throw fence.missing(where, instanceId);
    this.#checkClaim(row.lineage!);
    const mark = this.#store.parse(row.mark);
    const rowCeiling = this.#store.parse(row.ceiling);
    const pinned = row.fingerprint !== "" || !opening;
    const differs = pinned && row.fingerprint !== fingerprint;
    if (mark > rowCeiling || (rowCeiling !== ceiling && !opening && !differs)) {
      throw new CounterCorruptError(`${where} has been edited: the mark is ${mark} and the ceiling ${rowCeiling}`);
    }
    const moved = row.incarnation !== row.live;
    if (this.#skipAhead !== undefined && (opening ? moved || differs || mark < floor : moved && !differs)) {
      if (max(mark, floor) + this.#skipAhead > ceiling) throw fence.exhausted(where, instanceId, ceiling);
      return schema.skip(this.#skipAhead, expected);
    }
    if (differs) fence.checkFingerprint(where, row.fingerprint!, claim);
    checkIncarnation(`instance ${instanceId} of ${where}`, row);
    fence.checkFloor(where, expected.lineage, instanceId, mark, floor);
    if (mark > ceiling || (mark === ceiling && !opening)) throw fence.exhausted(where, instanceId, ceiling);
    return [
      ...(pinned ? [] : [schema.pin(expected)]),
      ...(rowCeiling === ceiling ? [] : [schema.setCeiling(expected)]),
    ];
  }

  #checkClaim(found: string): void {
    const wanted = this.#pinned ?? this.#lineage ?? found;
    if (found !== wanted) throw fence.foreign(this.#store.where, found, wanted);
    this.#lineage = found;
  }

  /** Others may change the row between what we read and what we write. */
  async #untilSettled<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < ATTEMPTS; i++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new CounterBusyError(`${this.#store.where} changes faster than it can be read`);
  }
}

/** An id space in a table: runs statements over it, and names what goes wrong. */
class Store {
  readonly name: string;
  readonly schema: Schema;
  readonly where: string;
  readonly #database: Database;

  constructor(client: PostgresClient, options: PostgresTableOptions) {
    const { name, schema } = checkTableOptions(options);
    this.name = name;
    this.schema = schema;
    this.where = fence.idSpace(name, `table ${schema.table}`);
    const timeout = checkTimeout(options.timeout ?? DEFAULT_TIMEOUT);
    this.#database = new Database(client, timeout);
  }

  deadline(): number {
    return this.#database.deadline();
  }

  /** As Database.transaction does; tried again if it met another one. */
  async run(statements: readonly string[], deadline = this.deadline(), starting = true): Promise<Row[][]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#database.transaction(statements, deadline, this.where);
      } catch (error) {
        if (isConflict(error) && attempt < ATTEMPTS) continue;
        throw translate(error, this.where, starting);
      }
    }
  }

  /** A mark, which the schema promises to be one; but it can be edited. */
  parse(text: string | null | undefined): bigint {
    if (!/^[0-9]{1,19}$/.test(text ?? "")) throw fence.invalidMark(this.where, text);
    return BigInt(text!);
  }
}

function checkTableOptions(options: PostgresTableOptions): { name: string; schema: Schema } {
  const { name = DEFAULT_NAME, table = DEFAULT_TABLE, allowUnknownServer = false } = checkObject("options", options);
  fence.checkName(name);
  // Which Postgres has no place for.
  if (name.includes("\0")) throw outOfRange("name", "characters other than NUL", show(name));
  checkBoolean("allowUnknownServer", allowUnknownServer);
  return { name, schema: new Schema(checkTable(table), { allowUnknownServer }) };
}

function checkRow(options: { instanceId: number; startAt?: U64Like }): { instanceId: number; startAt: bigint } {
  return {
    instanceId: fence.checkInstanceId(options.instanceId),
    startAt: fence.checkMark("startAt", options.startAt ?? 0n, 0n),
  };
}

function checkIncarnation(where: string, { incarnation, live }: Row): void {
  if (incarnation === live) return;
  throw new CounterRollbackError(
    `${where} was last used in database ${incarnation}, and is in ${live} now: it was restored, copied, or failed over, ` +
      "and reservations may be lost",
  );
}

const lastTwo = (results: Row[][]) => results.slice(-2) as [Row[], Row[]];
