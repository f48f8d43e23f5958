import { CounterBusyError } from "../../base/errors.js";

interface Waiter {
  readonly count: number;
  readonly since: number;
  readonly issue: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for numbers: first come, first served, each until its deadline. */
export class WaitingLine {
  readonly #limit: number;
  readonly #timeout: number;
  readonly #late: () => Error;
  #waiters: Waiter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #joined = 0;
  #longest = 0;

  /** At most `limit` calls wait. After `timeout` milliseconds, a call fails with `late()`. */
  constructor(limit: number, timeout: number, late: () => Error) {
    this.#limit = limit;
    this.#timeout = timeout;
    this.#late = late;
  }

  get length(): number {
    return this.#waiters.length;
  }

  /** The sum of the numbers that all calls wait for. */
  get demand(): number {
    return this.#waiters.reduce((sum, { count }) => sum + count, 0);
  }

  /** The number of calls that ever waited. */
  get joined(): number {
    return this.#joined;
  }

  /** The longest wait, in milliseconds, including waits that have not ended. */
  get longest(): number {
    const [first] = this.#waiters;
    return first ? Math.max(this.#longest, performance.now() - first.since) : this.#longest;
  }

  /**
   * Resolves with the result of `issue`, called once `count` numbers are at hand. A call that joins again passes the time
   * `since` which it waits, and keeps its place.
   */
  join<T>(count: number, issue: () => T, since = performance.now()): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#waiters.length >= this.#limit) {
        throw new CounterBusyError(
          `"maxWaiting" expected at most ${this.#limit} calls to wait for numbers, got another`,
        );
      }
      this.#joined++;
      const place = this.#waiters.findLastIndex((other) => other.since <= since) + 1;
      this.#waiters.splice(place, 0, { count, since, issue, resolve: resolve as (value: unknown) => void, reject });
      if (place === 0) this.#watch();
    });
  }

  /** Serves every call that the numbers suffice for. A small request need not wait behind a large one. */
  serve(available: () => number): void {
    this.#leave(
      ({ count }) => count <= available(),
      ({ issue, resolve, reject }) => {
        try {
          resolve(issue());
        } catch (error) {
          reject(error);
        }
      },
    );
  }

  fail(error: unknown): void {
    this.#leave(
      () => true,
      ({ reject }) => reject(error),
    );
  }

  #expire(): void {
    const now = performance.now();
    this.#leave(
      ({ since }) => now - since >= this.#timeout,
      ({ reject }) => reject(this.#late()),
    );
  }

  #leave(which: (waiter: Waiter) => boolean, settle: (waiter: Waiter) => void): void {
    const now = performance.now();
    const waiters = this.#waiters;
    // Calls may join meanwhile: a permutation is the user's code.
    this.#waiters = [];
    const staying = waiters.filter((waiter) => {
      if (!which(waiter)) return true;
      settle(waiter);
      this.#longest = Math.max(this.#longest, now - waiter.since);
      return false;
    });
    this.#waiters = [...staying, ...this.#waiters];
    this.#watch();
  }

  /**
   * Sets one timer, for the first in line: all wait equally long. Unlike other timers it keeps the process alive, since
   * without it Node would end while a call waits.
   */
  #watch(): void {
    clearTimeout(this.#timer);
    const [first] = this.#waiters;
    if (!first) return;
    const left = this.#timeout - (performance.now() - first.since);
    this.#timer = setTimeout(() => this.#expire(), Math.max(left, 1));
  }
}
