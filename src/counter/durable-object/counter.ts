import type { AsyncCounter, Block, Claim } from "../counter.js";
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
import { createRecord, inspectRecord, leaseRecord, RecordCounter, raiseRecord } from "../record.js";
import { type DurableObjectStorage, DurableObjectStore } from "./store.js";

/**
 * A counter in the storage of a Cloudflare Durable Object whose class is backed by SQLite. A block is confirmed to be on
 * disk before it is used. Ids are made inside the object, or by any Worker that reserves blocks from it by RPC.
 *
 * @param storage The object's `ctx.storage`.
 * @param options The `name` of the id space, its `lineage`, and `skipAhead`: see {@link CounterOptions}.
 * @throws TypeError or RangeError for wrong arguments. The methods reject as {@link open} and {@link reserve} say.
 * @example
 * ```ts
 * import type { Claim } from "permid64";
 * import { DurableObjectCounter, type DurableObjectStorage } from "permid64/durable-object";
 *
 * // In a Worker: `extends DurableObject`, of "cloudflare:workers".
 * class OrderNumbers {
 *   readonly #storage: DurableObjectStorage;
 *   readonly #counter: DurableObjectCounter;
 *
 *   constructor(ctx: { storage: DurableObjectStorage }) {
 *     this.#storage = ctx.storage;
 *     this.#counter = new DurableObjectCounter(ctx.storage);
 *   }
 *
 *   // Once, by whoever sets the service up.
 *   create(instanceId: number) {
 *     return DurableObjectCounter.create(this.#storage, { instanceId });
 *   }
 *
 *   // A generator in a Worker calls these two.
 *   open(claim: Claim) {
 *     return this.#counter.open(claim);
 *   }
 *
 *   reserve(count: number, claim: Claim) {
 *     return this.#counter.reserve(count, claim);
 *   }
 * }
 * ```
 */
export class DurableObjectCounter implements AsyncCounter {
  readonly #record: RecordCounter;

  constructor(storage: DurableObjectStorage, options: CounterOptions = {}) {
    this.#record = new RecordCounter(new DurableObjectStore(storage), checkCounterOptions(options, {}));
  }

  /**
   * Makes an instance, and its id space if it is the first.
   *
   * @param storage The object's `ctx.storage`.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, default 0n; the `name`, default `"default"`.
   * @returns A promise of the id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws Rejects with CounterConfigError if the instance exists; CounterCorruptError; CounterUnavailableError; TypeError or
   *   RangeError for wrong arguments.
   */
  static async create(storage: DurableObjectStorage, options: CreateOptions): Promise<string> {
    return createRecord(new DurableObjectStore(storage), checkCreateOptions(options, {}));
  }

  /**
   * Lists every instance of an id space, for operators.
   *
   * @param storage The object's `ctx.storage`.
   * @param options The `name` of the id space, default `"default"`.
   * @throws Rejects with CounterNotInitializedError if the id space does not exist; else as {@link create}.
   */
  static async inspect(storage: DurableObjectStorage, options: SpaceOptions = {}): Promise<CounterState[]> {
    return inspectRecord(new DurableObjectStore(storage), checkInspectOptions(options, {}));
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a restore, for a service that is stopped.
   *
   * @param storage The object's `ctx.storage`.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`, default `"default"`.
   * @returns A promise of the mark as it is now.
   * @throws Rejects with CounterNotInitializedError if there is no such instance; RangeError if `floor` is above the instance's
   *   ceiling; else as {@link create}.
   */
  static async raise(storage: DurableObjectStorage, options: RaiseOptions): Promise<bigint> {
    return raiseRecord(new DurableObjectStore(storage), checkRaiseOptions(options, {}));
  }

  /**
   * Makes an instance with an id that none ever had in this id space, for processes that have no id of their own. The id
   * is never given to another process. After a restore, `create` an instance above all ids that were given before.
   *
   * @param storage The object's `ctx.storage`.
   * @param options The `layout`, as the generator's; the `lineage` and the `name` of the id space.
   * @returns A promise of an instance id: one above the highest.
   * @throws Rejects with CounterNotInitializedError if the id space does not exist; CounterExhaustedError if the layout has no
   *   higher id; CounterRollbackError if the lineage is another; else as {@link create}.
   */
  static async leaseInstanceId(storage: DurableObjectStorage, options: LeaseInstanceOptions = {}): Promise<number> {
    return leaseRecord(new DurableObjectStore(storage), checkLeaseOptions(options, {}));
  }

  /**
   * Compares lineage and parameters, and applies `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterNotInitializedError if there is no such instance; CounterConfigError if it was used under
   *   another layout or permutation; CounterRollbackError if the storage went back or has another lineage;
   *   CounterCorruptError; CounterExhaustedError; CounterUnavailableError, where a retry may succeed.
   */
  open(claim: Claim): Promise<void> {
    return this.#record.open(claim);
  }

  /**
   * Reserves numbers; they are on disk when the promise resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterExhaustedError if all numbers are reserved; else as {@link open}.
   */
  reserve(count: number, claim: Claim): Promise<Block> {
    return this.#record.reserve(count, claim);
  }
}
