import { checkBoolean, checkInteger, MAX_COUNT } from "../../base/check.js";
import { CounterBusyError } from "../../base/errors.js";
import { admit, type StoredInstance } from "../admission.js";
import { ceilingOf, checkClaim } from "../checks.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import { ExhaustionWarning } from "../exhaustion.js";
import { noteSeen, seenOf } from "../fence.js";
import {
  type CounterOptions,
  type CounterState,
  type CreateOptions,
  checkCounterOptions,
  checkCreateOptions,
  checkInspectOptions,
  checkLeaseOptions,
  checkRaiseOptions,
  type LeaseInstanceOptions,
  type RaiseOptions,
  type SpaceOptions,
} from "../options.js";
import type { PostgresClient } from "./client.js";
import type { Expected } from "./schema.js";
import { PostgresStore, type PostgresTableOptions, spaceOf, TABLE } from "./store.js";

/** How often a row is read again that others changed meanwhile. */
const ATTEMPTS = 10;

/**
 * Without a synchronous standby, two failovers in quick succession may lose the mark that `skipAhead` raised after the
 * first, and no number is enough: a process that saw the mark stops or goes on above it, but a fresh process cannot know.
 */
export interface PostgresCounterOptions extends CounterOptions, PostgresTableOptions {
  /** Consent to a server that runs with fsync off, as PGlite does: a power cut may then repeat numbers. Default false. */
  allowFsyncOff?: boolean;
}

export interface PostgresCreateOptions extends CreateOptions, PostgresTableOptions {
  /**
   * Consent to add to an id space that a restore or a failover brought to this database; default false. An instance of that
   * id may have been lost on the way: give an id above all that were ever used.
   */
  acceptRestored?: boolean;
}

/**
 * A counter in a Postgres table, from version 13 on, for any number of processes on any number of machines. It runs on your
 * own client. Each reservation is a transaction of its own, which is committed and flushed before a number is used.
 *
 * {@link PostgresCounter.create} or a migration makes the rows, never a generator. The counter refuses a database where its
 * row was not last used: a promoted standby, a restored dump or archive, a copy made as a template. It compares the
 * server's system identifier, the live timeline and the ids of database and table. Any role may read them;
 * `allowUnknownServer` is for services that refuse. Two events stay unnoticed, unless this process saw higher numbers: an
 * older copy of the data folder in place of the folder, and a clone of the machine.
 *
 * Grant the role SELECT and UPDATE on both tables. Listen to the `error` event of a `pg` Pool, as `pg` asks for.
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
 *   CounterBusyError, CounterTimeoutError and CounterUnavailableError, where a retry may succeed. The numbers that were being
 *   reserved are then a gap.
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
  readonly #store: PostgresStore;
  readonly #skipAhead: bigint | undefined;
  readonly #allowFsyncOff: boolean;
  /** As pinned, or as first found. */
  #lineage: string | undefined;
  readonly #opened = new Set<number>();
  readonly #exhaustion = new ExhaustionWarning();

  constructor(client: PostgresClient, options: PostgresCounterOptions = {}) {
    const { lineage, skipAhead } = checkCounterOptions(options, { ...TABLE, allowFsyncOff: true });
    this.#store = new PostgresStore(client, options);
    this.#lineage = lineage;
    this.#skipAhead = skipAhead;
    this.#allowFsyncOff = checkBoolean("allowFsyncOff", options.allowFsyncOff ?? false);
  }

  /**
   * The SQL that {@link PostgresCounter.create} runs, for migrations by hand: the tables and one row.
   *
   * @param options The `name`, the `table`, the `instanceId`, and the first number `startAt`, default 0n.
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
  static sql(options: CreateOptions & Omit<PostgresTableOptions, "timeout">): string {
    const { instanceId, mark } = checkCreateOptions(options, { table: true, allowUnknownServer: true });
    const { name, schema } = spaceOf(options);
    return [...schema.definition, ...schema.insertion(name, instanceId, mark)]
      .map((statement) => `${statement};\n`)
      .join("\n");
  }

  /**
   * Makes the tables and the id space if they are missing, and this instance's row. Run it once, from a migration.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, 0 to 2^63 - 1, default 0n; the `name`;
   *   `acceptRestored`; and {@link PostgresTableOptions}.
   * @returns A promise of the id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws TypeError or RangeError for wrong arguments. Rejects with CounterConfigError if the instance exists,
   *   CounterRollbackError without `acceptRestored` where it is needed, and as the constructor says.
   */
  static async create(client: PostgresClient, options: PostgresCreateOptions): Promise<string> {
    const { instanceId, mark } = checkCreateOptions(options, { ...TABLE, acceptRestored: true });
    const acceptRestored = checkBoolean("acceptRestored", options.acceptRestored ?? false);
    return new PostgresStore(client, options).create(instanceId, mark, acceptRestored);
  }

  /**
   * Lists every instance in a table, for operators.
   *
   * @param client As the constructor's.
   * @param options The `name` of an id space, default all of them; and {@link PostgresTableOptions}.
   * @throws TypeError or RangeError for wrong arguments. Rejects as the constructor says.
   */
  static async inspect(
    client: PostgresClient,
    options: SpaceOptions & PostgresTableOptions = {},
  ): Promise<CounterState[]> {
    const name = checkInspectOptions(options, TABLE);
    const states = await new PostgresStore(client, options).list();
    return states.filter((state) => name === undefined || state.name === name);
  }

  /**
   * Raises the mark of an instance, and never lowers it; and consents to the database that it is in now. For a service
   * that is stopped: after a restore or a failover, to above every number that was issued.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`; and
   *   {@link PostgresTableOptions}.
   * @returns A promise of the mark as it is now.
   * @throws TypeError or RangeError for wrong arguments. Rejects with RangeError if `floor` is above the instance's
   *   ceiling, and as the constructor says.
   */
  static async raise(client: PostgresClient, options: RaiseOptions & PostgresTableOptions): Promise<bigint> {
    const { instanceId, floor } = checkRaiseOptions(options, TABLE);
    return new PostgresStore(client, options).raise(instanceId, floor);
  }

  /**
   * Makes an instance with an id that none ever had in this id space, for processes that have no id of their own. The id
   * is never given to another process.
   *
   * @param client As the constructor's.
   * @param options The `layout`, as the generator's; the `lineage` and the `name` of the id space; and
   *   {@link PostgresTableOptions}.
   * @returns A promise of an instance id: one above the highest.
   * @throws TypeError or RangeError for wrong arguments. Rejects with CounterExhaustedError if the layout has no higher id;
   *   CounterNotInitializedError if the id space is missing; CounterRollbackError if a restore or a failover brought it here, so
   *   that leased ids may be unknown: `create` with `acceptRestored`; and as the constructor says.
   */
  static async leaseInstanceId(
    client: PostgresClient,
    options: LeaseInstanceOptions & PostgresTableOptions = {},
  ): Promise<number> {
    const { maxInstanceId, lineage } = checkLeaseOptions(options, TABLE);
    return new PostgresStore(client, options).leaseInstanceId(maxInstanceId, lineage);
  }

  /**
   * Checks that the tables keep what is written to them, compares lineage, parameters and database, and applies `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects as the constructor says.
   */
  async open(claim: Claim): Promise<void> {
    await this.#open(checkClaim(claim), this.#store.deadline());
  }

  /**
   * Reserves numbers; they are durable when the promise resolves. The counter opens the instance first, if nobody did.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects as the constructor says.
   */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId, limit } = checkClaim(claim);
    const store = this.#store;
    const deadline = store.deadline();
    if (!this.#opened.has(instanceId)) await this.#open(claim, deadline);
    return this.#untilSettled(async () => {
      const expected = this.#expect(claim, this.#lineage!);
      const { block, stored } = await store.reserve(count, expected, deadline);
      if (!block) {
        await this.#settle(stored, expected, claim, deadline, count);
        return undefined;
      }
      const { lineage, ceiling } = expected;
      noteSeen(lineage, instanceId, block.end);
      this.#exhaustion.consider(store.where, instanceId, block.end, ceiling);
      return ceiling < limit ? { ...block, ceiling } : block;
    });
  }

  async #open(claim: Claim, deadline: number): Promise<void> {
    const { instanceId } = claim;
    const store = this.#store;
    await store.checkTables(this.#allowFsyncOff, deadline, true);
    let lineage = this.#lineage;
    await this.#untilSettled(async () => {
      // As it is now: an answer to a later question may be the first to come.
      const expected = this.#expect(claim, lineage ?? "");
      const stored = await store.read(instanceId, deadline, true);
      const isKnown = lineage !== undefined;
      lineage ??= stored?.lineage;
      // The highest end that this process received depends on the lineage, which is known now.
      if (!isKnown && lineage !== undefined) return undefined;
      return (await this.#settle(stored, expected, claim, deadline)) || undefined;
    });
    this.#lineage = lineage;
    this.#opened.add(instanceId);
  }

  /** Throws unless the claim is admitted. Resolves with whether the row is as it has to be; if not, it was repaired. */
  async #settle(
    stored: StoredInstance | undefined,
    expected: Expected,
    claim: Claim,
    deadline: number,
    count?: number,
  ): Promise<boolean> {
    const store = this.#store;
    const opening = count === undefined;
    const admission = admit(stored, claim, {
      where: store.where,
      lineage: expected.lineage,
      seen: expected.seen,
      skipAhead: this.#skipAhead,
      ...(!opening && { count }),
    });
    const repair = store.repairOf(stored!, admission, expected, this.#skipAhead);
    if (repair.length === 0) return true;
    // It is another server, or set up otherwise.
    if (!opening) await store.checkTables(this.#allowFsyncOff, deadline, false);
    await store.repair(repair, deadline, opening);
    return false;
  }

  #expect(claim: Claim, lineage: string): Expected {
    const { instanceId, fingerprint } = claim;
    const { name } = this.#store;
    return { name, instanceId, lineage, fingerprint, ceiling: ceilingOf(claim), seen: seenOf(lineage, instanceId) };
  }

  /** Others may change the row between a read and a write. */
  async #untilSettled<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < ATTEMPTS; i++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new CounterBusyError(`${this.#store.where} changes faster than it can be read`);
  }
}
