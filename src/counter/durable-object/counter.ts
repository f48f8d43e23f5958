import { invalidType, show } from "../../base/check.js";
import { CounterUnavailableError, PermId64Error } from "../../base/errors.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import {
  createInstance,
  RecordCounter,
  type RecordCounterOptions,
  type RecordCreateOptions,
  type Update,
} from "../record.js";

/** What a {@link DurableObjectCounter} needs of `ctx.storage`, in an object whose class is backed by SQLite. */
export interface DurableObjectStore {
  readonly kv: { get(key: string): unknown; put(key: string, value: unknown): void };
  sync(): Promise<void>;
}

const STORE = "this Durable Object";

/**
 * A counter in the storage of a Cloudflare Durable Object, whose class is backed by SQLite. A block is confirmed to be on disk
 * before it is used. Ids are made inside the object, or by any Worker that reserves blocks from it by RPC.
 *
 * @param storage The object's `ctx.storage`.
 * @param options The `name` of the id space, its `lineage`, and `skipAhead`: see {@link RecordCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments; see also {@link open} and {@link reserve}.
 * @example
 * ```ts
 * import { type Claim } from "permid64";
 * import { DurableObjectCounter, type DurableObjectStore } from "permid64/durable-object";
 *
 * // In a Worker: `extends DurableObject`, of "cloudflare:workers".
 * class OrderNumbers {
 *   readonly #storage: DurableObjectStore;
 *   readonly #counter: DurableObjectCounter;
 *
 *   constructor(ctx: { storage: DurableObjectStore }) {
 *     this.#storage = ctx.storage;
 *     this.#counter = new DurableObjectCounter(ctx.storage);
 *   }
 *
 *   // Once, by whoever sets up. The other two are what a generator asks for.
 *   create(instanceId: number) {
 *     return DurableObjectCounter.create(this.#storage, { instanceId });
 *   }
 *
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

  constructor(storage: DurableObjectStore, options: RecordCounterOptions = {}) {
    this.#record = new RecordCounter(updateIn(storage), STORE, options);
  }

  /**
   * Makes an instance, and its id space if it is the first.
   *
   * @param storage The object's `ctx.storage`.
   * @param options The `instanceId`; the first number `startAt`, default 0n; the `name`, default `"default"`.
   * @returns The id space's lineage, a random UUID, which the constructor may be given from then on.
   * @throws CounterConfigError if there is such an instance already; CounterCorruptError, CounterUnavailableError;
   *   TypeError or RangeError for wrong arguments.
   */
  static async create(storage: DurableObjectStore, options: RecordCreateOptions): Promise<string> {
    return createInstance(updateIn(storage), STORE, options);
  }

  /**
   * Compares parameters, and applies `skipAhead`.
   *
   * @throws CounterNotInitializedError if there is no such instance; CounterConfigError if it was used under another layout
   *   or permutation; CounterRollbackError if the storage went back, or is not of the `lineage` that was expected;
   *   CounterCorruptError, CounterExhaustedError; CounterUnavailableError, which may pass.
   */
  open(claim: Claim): Promise<void> {
    return this.#record.open(claim);
  }

  /**
   * Reserves numbers; they are on disk when it resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim For whom.
   * @throws CounterExhaustedError, and as {@link open}.
   */
  reserve(count: number, claim: Claim): Promise<Block> {
    return this.#record.reserve(count, claim);
  }
}

/**
 * The synchronous calls leave no moment for anyone to come in between, whatever else the object has going on. Not the SQL
 * ones, which give integers as doubles.
 */
function updateIn(storage: DurableObjectStore): Update {
  const { kv } = storage ?? {};
  if (typeof kv?.get !== "function") {
    throw invalidType("storage", "the storage of a Durable Object whose class is backed by SQLite", show(storage));
  }
  return async (name, decide) => {
    // Out of a `transactionSync` of the caller's, which could still be undone.
    await undefined;
    try {
      const key = `permid64:${name}`;
      const { record, result } = decide(kv.get(key));
      kv.put(key, record);
      // https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/#sync
      await storage.sync();
      return result;
    } catch (error) {
      if (error instanceof PermId64Error) throw error;
      const { message } = error as Error;
      throw new CounterUnavailableError(`the storage of ${STORE} cannot be used: ${message}`, { cause: error });
    }
  };
}
