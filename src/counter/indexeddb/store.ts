import { checkString, outOfRange, show } from "../../base/check.js";
import { CounterConfigError, CounterNotInitializedError } from "../../base/errors.js";
import { checkTimeout, lateAnswer } from "../deadline.js";
import { closedCounter } from "../errors.js";
import { seenSoFar } from "../fence.js";
import type { Decision, Found, RecordStore } from "../record.js";
import { translateIndexedDbError } from "./errors.js";
import { FORMAT, SPACES } from "./schema.js";

const DEFAULT_TIMEOUT = 10_000;

/** The part of an `IDBFactory` that a counter uses: the global `indexedDB`, or the one of a storage bucket. */
export interface IndexedDbFactory {
  open(name: string, version?: number): object;
}

export interface IndexedDbOptions {
  /** Milliseconds to wait for other tabs and the disk, 1 to 600000; default 10000. */
  timeout?: number;
  /** In place of the global `indexedDB`, such as the one of a storage bucket. */
  factory?: IndexedDbFactory;
}

/** A database of counters. It connects when it is needed, and again after another tab made it let go. */
export class IndexedDbStore implements RecordStore {
  readonly where: string;
  readonly #name: string;
  readonly #create: boolean;
  readonly #factory: IndexedDbFactory;
  readonly #timeout: number;
  #connection: Promise<IDBDatabase> | undefined;
  #closed = false;

  /** `create` makes a missing database. */
  constructor(name: string, options: IndexedDbOptions, create: boolean) {
    if (checkString("database", name) === "") throw outOfRange("database", "at least 1 character", show(name));
    const { timeout = DEFAULT_TIMEOUT, factory = globalThis.indexedDB } = options;
    this.#timeout = checkTimeout(timeout);
    this.where = `IndexedDB database ${name}`;
    if (!factory) {
      throw new CounterConfigError(
        `${this.where} needs a browser: this runtime has no "indexedDB". Make the counter in the browser, or use another one`,
      );
    }
    this.#name = name;
    this.#create = create;
    this.#factory = factory;
  }

  /** A record that becomes durable after the time is up is a gap. */
  update<T>(key: string, decide: (found: Found) => Decision<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = new AbortController();
      const timer = setTimeout(() => {
        deadline.abort();
        reject(lateAnswer(this.where, this.#timeout));
      }, this.#timeout);
      this.#transact(key, decide, deadline.signal)
        .then(resolve, (error) => reject(translateIndexedDbError(error, this.where)))
        .finally(() => clearTimeout(timer));
    });
  }

  /** Calls that have begun are finished first. */
  close(): void {
    this.#closed = true;
    this.#connection?.then((database) => database.close()).catch(() => {}); // Whoever waits for it is told.
  }

  async #transact<T>(key: string, decide: (found: Found) => Decision<T>, deadline: AbortSignal): Promise<T> {
    if (this.#closed) throw closedCounter(this.where);
    this.#connection ??= this.#connect();
    const database = await this.#connection;
    deadline.throwIfAborted();
    const transaction = database.transaction(SPACES, "readwrite", { durability: "strict" });
    if (transaction.durability !== "strict") {
      throw new CounterConfigError(`${this.where} needs a browser that knows transactions of strict durability`);
    }
    return new Promise((resolve, reject) => {
      const spaces = transaction.objectStore(SPACES);
      const seen = seenSoFar();
      const request = spaces.get(key);
      let decision: Decision<T>;
      let failure: unknown;
      request.onsuccess = () => {
        try {
          deadline.throwIfAborted();
          decision = decide({ stored: request.result, seen });
          if (decision.record) spaces.put(decision.record, key);
        } catch (error) {
          failure = error;
          transaction.abort();
        }
      };
      // Not the success of a request, after which the transaction can still fail.
      transaction.oncomplete = () => resolve(decision.result);
      transaction.onabort = () => reject(failure ?? transaction.error);
    });
  }

  #connect(): Promise<IDBDatabase> {
    const forget = () => {
      this.#connection = undefined;
    };
    const connection = new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.#factory.open(this.#name, FORMAT) as IDBOpenDBRequest;
      let missing = false;
      request.onupgradeneeded = () => {
        missing = !this.#create;
        // An upgrade that is undone leaves no database behind.
        if (missing) request.transaction!.abort();
        else request.result.createObjectStore(SPACES);
      };
      request.onerror = () => {
        reject(missing ? new CounterNotInitializedError(`${this.where} does not exist`) : request.error);
      };
      request.onsuccess = () => {
        const database = request.result;
        // Someone deletes or has deleted the database: that must not wait for us.
        database.onversionchange = () => {
          database.close();
          forget();
        };
        database.onclose = forget;
        resolve(database);
      };
    });
    connection.catch(forget);
    return connection;
  }
}
