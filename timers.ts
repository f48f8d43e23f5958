import { vi } from "vitest";

/** The `timeout` of the generators, in milliseconds. */
export const TIMEOUT = 1000;

interface Timer {
  readonly owner: number;
  readonly delay: number;
  readonly task: () => void;
  /** Deadlines of calls keep the process alive. */
  isUnref: boolean;
}

type Kind = "expire" | "timeout" | "retry";

/** Stand in for the clock and the timers of the platform. A timer may be late, so each fires when the trace says so. */
export class Timers {
  readonly #pending = new Set<Timer>();
  #now = 0;
  #owner = 0;
  readonly #immediate = setImmediate;

  install(): void {
    vi.spyOn(performance, "now").mockImplementation(() => this.#now);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((task: () => void, delay: number) => {
      const timer = { owner: this.#owner, delay, task, isUnref: false };
      this.#pending.add(timer);
      return Object.assign(timer, {
        unref: () => {
          timer.isUnref = true;
        },
      });
    }) as unknown as typeof setTimeout);
    vi.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => void this.#pending.delete(timer as never));
  }

  restore(): void {
    vi.restoreAllMocks();
  }

  /** Runs what a generator does; timers that it sets until the next `settle` are its own. */
  as(owner: number, task: () => void): void {
    this.#owner = owner;
    task();
  }

  /** Waits until all that follows has happened. */
  settle(): Promise<void> {
    return new Promise((resolve) => this.#immediate(resolve));
  }

  /** Fires the newest timer of a kind. */
  fire(owner: number, kind: Kind): void {
    const timer = [...this.#pending].findLast((timer) => timer.owner === owner && kindOf(timer) === kind);
    if (!timer) throw new Error(`generator ${owner} has no timer for ${kind}`);
    this.#pending.delete(timer);
    this.#now += TIMEOUT;
    this.as(owner, timer.task);
  }

  /** Forgets the timers of a process that crashed. */
  forget(owner: number): void {
    for (const timer of this.#pending) if (timer.owner === owner) this.#pending.delete(timer);
  }
}

const kindOf = ({ delay, isUnref }: Timer): Kind => (!isUnref ? "expire" : delay === TIMEOUT ? "timeout" : "retry");
