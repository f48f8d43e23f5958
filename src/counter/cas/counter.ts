import type { AsyncCounter, Block, Claim } from "../counter.js";
import {
  type CounterOptions,
  type CounterState,
  checkCounterOptions,
  checkInspectOptions,
  checkLeaseOptions,
  checkRaiseOptions,
  type LeaseInstanceOptions,
  type RaiseOptions,
  type SpaceOptions,
} from "../options.js";
import { createRecord, inspectRecord, leaseRecord, RecordCounter, raiseRecord } from "../record.js";
import {
  type CasStore,
  checkSwapCreateOptions,
  SWAP,
  type SwapCreateOptions,
  type SwapOptions,
  SwapStore,
} from "../swap.js";

export interface CasCounterOptions extends CounterOptions, SwapOptions {}

/**
 * A counter in any store that can compare and swap: you bring two functions. Any number
 * of processes may share it. A block is durable before it is used, if the store keeps its word.
 *
 * @param store See {@link CasStore}.
 * @param options The `name` of the id space, its `lineage`, and `skipAhead`: see {@link CounterOptions}; `prefix` and
 *   `timeout`: see {@link SwapOptions}.
 * @throws TypeError or RangeError for wrong arguments. The methods reject as {@link reserve} says.
 * @example
 * ```ts
 * import { AsyncId64 } from "permid64";
 * import { CasCounter, type CasStore } from "permid64/cas";
 *
 * // In place of a database: a value and its version, under each key.
 * const rows = new Map<string, { value: string; version: number }>();
 * const store: CasStore = {
 *   async read(key) {
 *     const { value, version } = rows.get(key) ?? { value: undefined, version: 0 };
 *     return { value, version };
 *   },
 *   async swap(key, version, value) {
 *     if ((rows.get(key)?.version ?? 0) !== version) return false;
 *     rows.set(key, { value, version: Number(version) + 1 }); // a database makes it durable here
 *     return true;
 *   },
 * };
 *
 * await CasCounter.create(store, { name: "orders", instanceId: 42 }); // once
 * const ids = AsyncId64.identity({ instanceId: 42, counter: new CasCounter(store, { name: "orders" }) });
 * await ids.nextU64(); // => 11821949021847552n
 * ```
 */
export class CasCounter implements AsyncCounter {
  readonly #record: RecordCounter;

  constructor(store: CasStore, options: CasCounterOptions = {}) {
    const own = checkCounterOptions(options, SWAP);
    this.#record = new RecordCounter(new SwapStore(store, options), own);
  }

  /**
   * Makes an instance, and its id space if it is the first. Run it once, from a deployment step.
   *
   * @param store As the constructor's.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, default 0n; the `name`, default `"default"`;
   *   `acceptRestored`: see {@link SwapCreateOptions}; `prefix` and `timeout`.
   * @returns A promise of the id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws Rejects with CounterConfigError if the instance exists; CounterRollbackError without `acceptRestored` where it is
   *   needed; TypeError or RangeError for wrong arguments; else as {@link reserve}.
   */
  static async create(store: CasStore, options: SwapCreateOptions): Promise<string> {
    const { acceptRestored, ...instance } = checkSwapCreateOptions(options);
    return createRecord(new SwapStore(store, options), instance, acceptRestored);
  }

  /**
   * Lists every instance of an id space, for operators.
   *
   * @param store As the constructor's.
   * @param options The `name` of the id space, default `"default"`; `prefix` and `timeout`.
   * @throws Rejects with CounterNotInitializedError if the id space does not exist; else as {@link create}.
   */
  static async inspect(store: CasStore, options: SpaceOptions & SwapOptions = {}): Promise<CounterState[]> {
    const name = checkInspectOptions(options, SWAP);
    return inspectRecord(new SwapStore(store, options), name);
  }

  /**
   * Raises the mark of an instance, and never lowers it; and consents to the store as it is now. For a service that is
   * stopped: after a restore, to above every number that was issued.
   *
   * @param store As the constructor's.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`, default `"default"`;
   *   `prefix` and `timeout`.
   * @returns A promise of the mark as it is now.
   * @throws Rejects with CounterNotInitializedError if there is no such instance; RangeError if `floor` is above the instance's
   *   ceiling; else as {@link create}.
   */
  static async raise(store: CasStore, options: RaiseOptions & SwapOptions): Promise<bigint> {
    const instance = checkRaiseOptions(options, SWAP);
    return raiseRecord(new SwapStore(store, options), instance);
  }

  /**
   * Makes an instance with an id that none ever had in this id space, for processes that have no id of their own. The id
   * is never given to another process. All instances of a space share one record: lease one per deployment, not per process.
   *
   * @param store As the constructor's.
   * @param options The `layout`, as the generator's; the `lineage` and the `name` of the id space; `prefix` and `timeout`.
   * @returns A promise of an instance id: one above the highest.
   * @throws Rejects with CounterNotInitializedError if the id space does not exist; CounterExhaustedError if the layout has no
   *   higher id; CounterRollbackError if the lineage is another, or the store went back; else as {@link create}.
   */
  static async leaseInstanceId(store: CasStore, options: LeaseInstanceOptions & SwapOptions = {}): Promise<number> {
    const instance = checkLeaseOptions(options, SWAP);
    return leaseRecord(new SwapStore(store, options), instance);
  }

  /**
   * Compares lineage, parameters and store, and applies `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects as {@link reserve}.
   */
  open(claim: Claim): Promise<void> {
    return this.#record.open(claim);
  }

  /**
   * Reserves numbers; they are durable when the promise resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterNotInitializedError if there is no such instance;
   *   CounterConfigError if it was used under another layout or permutation;
   *   CounterRollbackError if the store went back, or is another;
   *   CounterCorruptError if the record was edited;
   *   CounterExhaustedError if all numbers are reserved;
   *   CounterUnavailableError, CounterBusyError and CounterTimeoutError, where a retry may succeed. The numbers that were
   *   being reserved are then a gap.
   */
  reserve(count: number, claim: Claim): Promise<Block> {
    return this.#record.reserve(count, claim);
  }
}
