/// <reference lib="esnext.disposable" preserve="true" />

import { closeByUsing } from "../../base/dispose.js";
import type { OptionNames } from "../../base/options.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import {
  type CounterOptions,
  type CounterState,
  type CreateOptions,
  checkCounterOptions,
  checkCreateOptions,
  checkInspectOptions,
  checkRaiseOptions,
  type RaiseOptions,
  type SpaceOptions,
} from "../options.js";
import { createRecord, inspectRecord, RecordCounter, raiseRecord } from "../record.js";
import { type IndexedDbOptions, IndexedDbStore } from "./store.js";

export interface IndexedDbCounterOptions extends CounterOptions, IndexedDbOptions {}

const DATABASE: OptionNames<IndexedDbOptions> = { timeout: true, factory: true };

/**
 * A counter in the browser, for all tabs and workers of one site: an IndexedDB database. A block is on disk before it is
 * used. Each profile of each browser is a store of its own. It needs an instance id of its own, which a server gives out.
 *
 * @param database The database's name, at least 1 character. It holds counters only.
 * @param options The `name` of the id space, its `lineage`, and `skipAhead`: see {@link CounterOptions}; `timeout` and
 *   `factory`: see {@link IndexedDbOptions}.
 * @throws TypeError or RangeError for wrong arguments; CounterConfigError where there is no IndexedDB. The methods reject as
 *   {@link open} and {@link reserve} say.
 * @example
 * ```ts
 * import { AsyncId64 } from "permid64";
 * import { IndexedDbCounter } from "permid64/indexeddb";
 *
 * // Once in each profile, with an instance id that a server gives to this profile only.
 * async function setUp(instanceId: number) {
 *   await IndexedDbCounter.create("orders", { instanceId });
 *   navigator.storage?.persist(); // may ask the user, so it is not awaited
 * }
 *
 * const generatorOf = (instanceId: number) =>
 *   AsyncId64.multiplicative({ instanceId, counter: new IndexedDbCounter("orders") });
 * ```
 */
export class IndexedDbCounter implements AsyncCounter {
  readonly #store: IndexedDbStore;
  readonly #record: RecordCounter;

  constructor(database: string, options: IndexedDbCounterOptions = {}) {
    closeByUsing(this);
    const own = checkCounterOptions(options, DATABASE);
    this.#store = new IndexedDbStore(database, options, false);
    this.#record = new RecordCounter(this.#store, own);
  }

  /**
   * Makes an instance, and the database and the id space if it is the first.
   *
   * @param database The database's name, at least 1 character.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, default 0n; the `name`, default `"default"`;
   *   `timeout` and `factory`.
   * @returns A promise of the id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws Rejects with CounterConfigError if the instance exists, or where there is no IndexedDB; CounterCorruptError;
   *   CounterUnavailableError; CounterTimeoutError; TypeError or RangeError for wrong arguments.
   */
  static async create(database: string, options: CreateOptions & IndexedDbOptions): Promise<string> {
    const instance = checkCreateOptions(options, DATABASE);
    return withStore(database, options, true, (store) => createRecord(store, instance));
  }

  /**
   * Lists every instance of an id space, for operators.
   *
   * @param database The database's name.
   * @param options The `name` of the id space, default `"default"`; `timeout` and `factory`.
   * @throws Rejects with CounterNotInitializedError if the database or the id space does not exist; else as {@link create}.
   */
  static async inspect(database: string, options: SpaceOptions & IndexedDbOptions = {}): Promise<CounterState[]> {
    const name = checkInspectOptions(options, DATABASE);
    return withStore(database, options, false, (store) => inspectRecord(store, name));
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a profile was restored from a backup.
   *
   * @param database The database's name.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`, default `"default"`;
   *   `timeout` and `factory`.
   * @returns A promise of the mark as it is now.
   * @throws Rejects with CounterNotInitializedError if there is no such instance; RangeError if `floor` is above the instance's
   *   ceiling; else as {@link create}.
   */
  static async raise(database: string, options: RaiseOptions & IndexedDbOptions): Promise<bigint> {
    const instance = checkRaiseOptions(options, DATABASE);
    return withStore(database, options, false, (store) => raiseRecord(store, instance));
  }

  /**
   * Compares lineage and parameters, and applies `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterNotInitializedError if there is no such instance, as after the site's data were cleared;
   *   CounterConfigError if it was used under another layout or permutation; CounterRollbackError if the database went back
   *   or has another lineage; CounterCorruptError; CounterExhaustedError; ClosedError; CounterUnavailableError and
   *   CounterTimeoutError, where a retry may succeed.
   */
  open(claim: Claim): Promise<void> {
    return this.#record.open(claim);
  }

  /**
   * Reserves numbers; they are on disk when the promise resolves, as far as the browser can tell.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterExhaustedError if all numbers are reserved; else as {@link open}.
   */
  reserve(count: number, claim: Claim): Promise<Block> {
    return this.#record.reserve(count, claim);
  }

  /** Lets go of the database. Generators on this counter issue what they hold, then throw. Closing again does nothing. */
  close(): void {
    this.#store.close();
  }

  /** Calls `close`, for `using counter = …`. */
  declare [Symbol.dispose]: () => void;
}

/** Runs an operator's task on a connection that ends with it. */
async function withStore<T>(
  database: string,
  options: IndexedDbOptions,
  create: boolean,
  task: (store: IndexedDbStore) => Promise<T>,
): Promise<T> {
  const store = new IndexedDbStore(database, options, create);
  try {
    return await task(store);
  } finally {
    store.close();
  }
}
