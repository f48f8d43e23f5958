import { checkString, outOfRange, show } from "../../base/check.js";
import { Closeable } from "../../base/dispose.js";
import { checkObject } from "../../base/options.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import { checkTimeout } from "../deadline.js";
import { createInstance, RecordCounter, type RecordCounterOptions, type RecordCreateOptions } from "../record.js";
import { Database, type IndexedDbFactory } from "./store.js";

const DEFAULT_TIMEOUT = 10_000;

export interface IndexedDbOptions {
  /** Milliseconds to wait for other tabs and the disk, 1 to 600000; default 10000. */
  timeout?: number;
  /** In place of the global `indexedDB`: that of a storage bucket, for one. */
  factory?: IndexedDbFactory;
}

/**
 * A counter in the browser, for all tabs and workers of one site: an IndexedDB database. A block is on disk before it is
 * used. Each profile of each browser is a store of its own and needs an instance id of its own, which a server gives out.
 *
 * @param database The database's name, at least 1 character. It holds counters only.
 * @param options The `name` of the id space, its `lineage`, and `skipAhead`: see {@link RecordCounterOptions}; `timeout` and
 *   `factory`: see {@link IndexedDbOptions}.
 * @throws TypeError or RangeError for wrong arguments; see also {@link open} and {@link reserve}.
 * @example
 * ```ts
 * import { IndexedDbCounter } from "permid64/indexeddb";
 *
 * using counter = new IndexedDbCounter("orders"); // connects when a generator opens it
 *
 * // Once in each profile, with an instance id that a server gives to this profile only.
 * async function setUp(instanceId: number) {
 *   await IndexedDbCounter.create("orders", { instanceId });
 *   navigator.storage?.persist(); // may ask the user, so it is not awaited
 * }
 * ```
 */
export class IndexedDbCounter extends Closeable implements AsyncCounter {
  readonly #database: Database;
  readonly #record: RecordCounter;

  constructor(database: string, options: RecordCounterOptions & IndexedDbOptions = {}) {
    super();
    this.#database = databaseOf(database, options, false);
    this.#record = new RecordCounter(
      (key, decide) => this.#database.update(key, decide),
      this.#database.where,
      options,
    );
  }

  /**
   * Makes an instance, and the database and the id space if it is the first.
   *
   * @param database The database's name, at least 1 character.
   * @param options The `instanceId`; the first number `startAt`, default 0n; the `name`, default `"default"`; `timeout` and
   *   `factory`.
   * @returns The id space's lineage, a random UUID, which the constructor may be given from then on.
   * @throws CounterConfigError if there is such an instance already; CounterCorruptError, CounterUnavailableError,
   *   CounterTimeoutError; TypeError or RangeError for wrong arguments.
   */
  static async create(database: string, options: RecordCreateOptions & IndexedDbOptions): Promise<string> {
    const store = databaseOf(database, options, true);
    try {
      return await createInstance((key, decide) => store.update(key, decide), store.where, options);
    } finally {
      store.close();
    }
  }

  /**
   * Compares parameters, and applies `skipAhead`.
   *
   * @throws CounterNotInitializedError if there is no such instance, as after the site's data were cleared; CounterConfigError if
   *   it was used under another layout or permutation; CounterRollbackError if the database went back, or is not of the
   *   `lineage` that was expected; CounterCorruptError, CounterExhaustedError, ClosedError; CounterUnavailableError and
   *   CounterTimeoutError, which may pass.
   */
  open(claim: Claim): Promise<void> {
    return this.#record.open(claim);
  }

  /**
   * Reserves numbers; they are on disk when it resolves, as far as the browser can tell.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim For whom.
   * @throws CounterExhaustedError, and as {@link open}.
   */
  reserve(count: number, claim: Claim): Promise<Block> {
    return this.#record.reserve(count, claim);
  }

  /** Lets go of the database. Generators on this counter issue what they hold, then throw. Closing again does nothing. */
  override close(): void {
    this.#database.close();
  }
}

function databaseOf(name: string, options: IndexedDbOptions, create: boolean): Database {
  if (checkString("database", name) === "") throw outOfRange("database", "at least 1 character", show(name));
  const { timeout = DEFAULT_TIMEOUT, factory } = checkObject("options", options);
  return new Database(name, { create, factory, timeout: checkTimeout(timeout) });
}
