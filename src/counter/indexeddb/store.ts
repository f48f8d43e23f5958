import {
  CounterConfigError,
  CounterCorruptError,
  CounterNotInitializedError,
  CounterTimeoutError,
  CounterUnavailableError,
  PermId64Error,
} from "../../base/errors.js";
import { closed } from "../fence.js";
import type { Decision } from "../record.js";

/** What is needed of an `IDBFactory`: the global `indexedDB`, or that of a storage bucket. */
export interface IndexedDbFactory {
  open(name: string, version?: number): object;
}

const FORMAT = 1;
/** The one object store: records of id spaces, under their names. */
const SPACES = "permid64";

/** A database of counters. It is connected when it is needed, and again after another tab made us let go of it. */
export class Database {
  /** For messages. */
  readonly where: string;
  readonly #name: string;
  readonly #create: boolean;
  readonly #factory: IndexedDbFactory | undefined;
  readonly #timeout: number;
  #connection: Promise<IDBDatabase> | undefined;
  #closed = false;

  constructor(name: string, options: { create: boolean; factory: IndexedDbFactory | undefined; timeout: number }) {
    this.where = `IndexedDB database ${name}`;
    this.#name = name;
    this.#create = options.create;
    this.#factory = options.factory;
    this.#timeout = options.timeout;
  }

  /** As `Update` in ../record.ts. What becomes durable after the time is up is a gap: nobody hears of it. */
  update<T>(key: string, decide: (stored: unknown) => Decision<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = new AbortController();
      const timer = setTimeout(() => {
        deadline.abort();
        reject(new CounterTimeoutError(`${this.where} did not answer within ${this.#timeout} ms`));
      }, this.#timeout);
      this.#transact(key, decide, deadline.signal)
        .then(resolve, (error) => reject(this.#translate(error)))
        .finally(() => clearTimeout(timer));
    });
  }

  /** What has begun is finished first. */
  close(): void {
    this.#closed = true;
    this.#connection?.then((database) => database.close()).catch(() => {}); // Whoever waits for it is told.
  }

  async #transact<T>(key: string, decide: (stored: unknown) => Decision<T>, deadline: AbortSignal): Promise<T> {
    if (this.#closed) throw closed(this.where);
    this.#connection ??= this.#connect();
    const database = await this.#connection;
    deadline.throwIfAborted();
    const transaction = database.transaction(SPACES, "readwrite", { durability: "strict" });
    if (transaction.durability !== "strict") {
      throw new CounterConfigError(`${this.where} needs a browser that knows transactions of strict durability`);
    }
    return new Promise((resolve, reject) => {
      const spaces = transaction.objectStore(SPACES);
      const request = spaces.get(key);
      let decision: Decision<T>;
      let failure: unknown;
      request.onsuccess = () => {
        try {
          deadline.throwIfAborted();
          decision = decide(request.result);
          spaces.put(decision.record, key);
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
      const factory = this.#factory ?? globalThis.indexedDB;
      if (!factory) throw new CounterUnavailableError(`${this.where} needs a browser: there is no "indexedDB" here`);
      const request = factory.open(this.#name, FORMAT) as IDBOpenDBRequest;
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
        // Someone wants to delete it, or has: that must not wait for us.
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

  /** https://www.w3.org/TR/IndexedDB/#exceptions */
  #translate(error: unknown): unknown {
    if (error instanceof PermId64Error) return error;
    const { name, message } = (error ?? { name: "AbortError", message: "no reason given" }) as Error;
    const options = { cause: error };
    switch (name) {
      case "QuotaExceededError":
        return new CounterUnavailableError(
          `${this.where} cannot be written: this site has used up its storage`,
          options,
        );
      case "NotFoundError":
      case "VersionError":
        return new CounterCorruptError(`${this.where} is not one of counters, or of a later version`, options);
      case "NotReadableError":
        return new CounterCorruptError(`${this.where} is damaged: ${message}`, options);
      default:
        return new CounterUnavailableError(`${this.where} cannot be used: ${name}: ${message}`, options);
    }
  }
}
