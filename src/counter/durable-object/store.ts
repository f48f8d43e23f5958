import { invalidType, show } from "../../base/check.js";
import { PermId64Error } from "../../base/errors.js";
import { seenSoFar } from "../fence.js";
import type { Decision, Found, RecordStore } from "../record.js";
import { translateStorageError } from "./errors.js";

/** The part of `ctx.storage` that a {@link DurableObjectCounter} uses, in an object whose class is backed by SQLite. */
export interface DurableObjectStorage {
  readonly kv: { get(key: string): unknown; put(key: string, value: unknown): void };
  sync(): Promise<void>;
}

/** Records in the key-value storage of a Durable Object. The SQL interface would give integers as doubles. */
export class DurableObjectStore implements RecordStore {
  readonly where = "this Durable Object";
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    if (typeof storage?.kv?.get !== "function") {
      throw invalidType("storage", "the storage of a Durable Object whose class is backed by SQLite", show(storage));
    }
    this.#storage = storage;
  }

  async update<T>(name: string, decide: (found: Found) => Decision<T>): Promise<T> {
    const { kv } = this.#storage;
    // Leaves a `transactionSync` of the caller's, which could still be undone.
    await undefined;
    try {
      const key = `permid64:${name}`;
      // These calls are synchronous, so nobody comes in between.
      const { record, result } = decide({ stored: kv.get(key), seen: seenSoFar() });
      if (record) {
        kv.put(key, record);
        // https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/#sync
        await this.#storage.sync();
      }
      return result;
    } catch (error) {
      if (error instanceof PermId64Error || error instanceof RangeError) throw error;
      throw translateStorageError(error, this.where);
    }
  }
}
