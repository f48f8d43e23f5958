import { setTimeout as sleep } from "node:timers/promises";
import { type AsyncCounter, type Block, type Claim, CounterExhaustedError } from "permid64";
import { afterEach, beforeEach, expect } from "vitest";

/** A store in memory. Counters share it as processes share a database. */
export class Store {
  mark: bigint;
  /** Every block it gave, in order, whether or not anyone heard of it. */
  readonly given: Block[] = [];

  constructor(mark = 0n) {
    this.mark = mark;
  }

  take(count: number, limit = 2n ** 64n): Block {
    const start = this.mark;
    if (start >= limit) throw new CounterExhaustedError(`nothing is left below ${limit}`);
    const end = start + BigInt(count);
    this.mark = end < limit ? end : limit;
    const block = { start, end: this.mark };
    this.given.push(block);
    return block;
  }
}

type Reserve = (count: number, claim: Claim, call: number) => Block | Promise<Block>;

/** A counter that does as its test says, and keeps count. */
export class TestCounter implements AsyncCounter {
  readonly #reserve: Reserve;
  /** When each reservation was asked for, in milliseconds since the counter was made, and for how many numbers. */
  readonly calls: { readonly at: number; readonly count: number }[] = [];
  readonly opened: Claim[] = [];
  /** Reservations under way, and the most there ever were. */
  pending = 0;
  mostPending = 0;
  readonly #begin = performance.now();

  constructor(reserve: Reserve) {
    this.#reserve = reserve;
  }

  async open(claim: Claim): Promise<void> {
    this.opened.push(claim);
  }

  async reserve(count: number, claim: Claim): Promise<Block> {
    this.calls.push({ at: performance.now() - this.#begin, count });
    this.pending++;
    this.mostPending = Math.max(this.mostPending, this.pending);
    try {
      return await this.#reserve(count, claim, this.calls.length);
    } finally {
      this.pending--;
    }
  }
}

/** Takes `milliseconds` for each reservation. */
export const slow = (store: Store, milliseconds: number) =>
  new TestCounter(async (count, { limit }) => {
    await sleep(milliseconds);
    return store.take(count, limit);
  });

export const quick = (store: Store) => new TestCounter((count, { limit }) => store.take(count, limit));

export const never = () => new Promise<never>(() => {});

/** A promise, and what settles it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export const code = (suffix: string) => expect.objectContaining({ code: `ERR_PERMID64_${suffix}` });

export const unique = (numbers: readonly bigint[]) => new Set(numbers).size === numbers.length;

export const within = (blocks: readonly Block[]) => (number: bigint) =>
  blocks.some(({ start, end }) => start <= number && number < end);

/** Fails each test of the file after which a rejection was left to nobody. */
export function watchRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    process.on("unhandledRejection", note);
  });
  afterEach(async () => {
    await sleep(5); // Node tells a tick after the fact.
    process.off("unhandledRejection", note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}
