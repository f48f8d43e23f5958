import { checkBoolean, checkString, invalidType, show } from "../base/check.js";
import { CounterBusyError, CounterUnavailableError } from "../base/errors.js";
import type { OptionNames } from "../base/options.js";
import { after } from "../base/timers.js";
import { checkTimeout, lateAnswer } from "./deadline.js";
import { seenSoFar } from "./fence.js";
import { type CreateOptions, checkCreateOptions } from "./options.js";
import { Pace } from "./pace.js";
import type { Decision, Found, Live, RecordStore } from "./record.js";
import { decodeRecord, encodeRecord } from "./record-text.js";

/**
 * A store that can compare and swap texts, for a counter to run on.
 *
 * Both calls go to the current state, never to a replica that may lag behind. What they throw reaches the caller as a
 * CounterUnavailableError, which a generator retries, unless it is an error of this library.
 */
export interface CasStore {
  /** Names the store in error texts, such as `"the bucket orders"`. */
  readonly where?: string;
  /**
   * Reads a key.
   *
   * @param key A text of up to 129 characters, or as long as `prefix` makes it.
   * @param signal Aborts when the time is up. A store may ignore it.
   * @returns The value, undefined if the key does not exist; and a version of any type, which goes back to `swap`.
   */
  read(key: string, signal: AbortSignal): Promise<{ value: string | undefined; version: unknown }>;
  /**
   * Writes a key, in one atomic step, if nobody has written it since `version` was read.
   *
   * @returns Whether it was written. True promises that the value is durable: it outlives every crash and every failover
   *   that the store survives. An unknown outcome, such as a cut connection, is an error or false.
   */
  swap(key: string, version: unknown, value: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Tells which store answered a read, so that a restored or replaced one is noticed. A store that cannot tell leaves it out.
   *
   * @param version As `read` gave it.
   */
  identity?(version: unknown): string | Promise<string>;
  /**
   * Whether everything that was written on the store of identity `before` is there on that of identity `now`. By default,
   * they must be equal.
   */
  continues?(before: string, now: string): boolean;
}

export interface SwapOptions {
  /** The beginning of the key, before `/` and the name; default `"permid64"`. */
  prefix?: string;
  /** Milliseconds for one call, 1 to 600000; default 5000. */
  timeout?: number;
}

export const SWAP: OptionNames<SwapOptions> = { prefix: true, timeout: true };

export interface SwapCreateOptions extends CreateOptions, SwapOptions {
  /**
   * Consent to add to an id space that is on another store than before, as after a restore; default false. An instance of that
   * id may have been lost on the way: give an id above all that were ever used.
   */
  acceptRestored?: boolean;
}

export function checkSwapCreateOptions(options: SwapCreateOptions) {
  const instance = checkCreateOptions(options, { ...SWAP, acceptRestored: true });
  return { ...instance, acceptRestored: checkBoolean("acceptRestored", options.acceptRestored ?? false) };
}

export const swapTimeout = ({ timeout = 5000 }: SwapOptions) => checkTimeout(timeout);

/** Records in a store that compares and swaps. */
export class SwapStore implements RecordStore {
  readonly where: string;
  readonly #store: CasStore;
  readonly #prefix: string;
  readonly #timeout: number;
  readonly #pace = new Pace();
  /** Ends with the call before: calls on one counter would only be in each other's way. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(store: CasStore, options: SwapOptions) {
    if (typeof store?.read !== "function" || typeof store.swap !== "function") {
      throw invalidType("store", 'a store with "read" and "swap"', show(store));
    }
    this.#store = store;
    this.#prefix = checkString("prefix", options.prefix ?? "permid64");
    this.#timeout = swapTimeout(options);
    this.where = store.where ?? "the store";
  }

  /** A record that becomes durable after the time is up is a gap. */
  update<T>(name: string, decide: (found: Found) => Decision<T>): Promise<T> {
    const deadline = new AbortController();
    const { signal } = deadline;
    return new Promise((resolve, reject) => {
      let losses = 0;
      const cancel = after(this.#timeout, () => {
        deadline.abort();
        reject(losses > 0 ? crowdedStore(this.where, losses, this.#timeout) : lateAnswer(this.where, this.#timeout));
      });
      const work = this.#previous.then(async () => {
        for (; ; losses++) {
          await this.#pace.wait(losses);
          const won = await this.#attempt(`${this.#prefix}/${name}`, decide, signal);
          if (won) return won.result;
        }
      });
      // A call whose time is up lets the next one begin, though the store may never answer it.
      const ended = new Promise((end) => signal.addEventListener("abort", end));
      this.#previous = Promise.race([work, ended]).catch(() => {});
      work.then(resolve, (error) => reject(translateStoreError(error, this.where))).finally(cancel);
    });
  }

  /** Undefined if another writer came first. */
  async #attempt<T>(
    key: string,
    decide: (found: Found) => Decision<T>,
    signal: AbortSignal,
  ): Promise<Decision<T> | undefined> {
    signal.throwIfAborted();
    const seen = seenSoFar();
    const { value, version } = await this.#store.read(key, signal);
    const live = await this.#live(version);
    const decision = decide({
      stored: value === undefined ? undefined : decodeRecord(value),
      seen,
      ...(live && { live }),
    });
    if (!decision.record) return decision;
    signal.throwIfAborted();
    const text = encodeRecord(decision.record);
    const isSwapped = await this.#store.swap(key, version, text, signal);
    this.#pace.note(isSwapped);
    return isSwapped ? decision : undefined;
  }

  async #live(version: unknown): Promise<Live | undefined> {
    const incarnation = await this.#store.identity?.(version);
    if (incarnation === undefined) return undefined;
    const continues = (before: string) => this.#store.continues?.(before, incarnation) ?? before === incarnation;
    return { incarnation, continues };
  }
}

const crowdedStore = (where: string, losses: number, milliseconds: number) =>
  new CounterBusyError(`others wrote to ${where} first, ${losses} times within ${milliseconds} ms`);

/** Errors of ours pass, of arguments too; the store's own are transient. */
function translateStoreError(error: unknown, where: string): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string" && code.startsWith("ERR_PERMID64_")) return error;
  // An error may hold a request, and this one its password: only the text is kept.
  const text = String(message || error);
  return new CounterUnavailableError(`${where} cannot be used: ${text}`, { cause: new Error(text) });
}
