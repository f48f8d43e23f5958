import { MAX_COUNT } from "../../base/check.js";
import { type CounterRollbackError, CounterTimeoutError } from "../../base/errors.js";
import { after, inTime } from "../../base/timers.js";
import type { AsyncCounter, Block, Claim, Counter } from "../../counter/counter.js";
import { isRollback } from "../../counter/errors.js";
import { isNearlyExhausted } from "../../counter/exhaustion.js";
import { BlockSize } from "./size.js";
import { BlockStock, type Run } from "./stock.js";
import { WaitingLine } from "./waiting-line.js";

/** A block that was reserved. */
export interface Lease extends Block {
  readonly instanceId: number;
  /** The duration of the reservation, by the monotonic clock. */
  readonly milliseconds: number;
}

/** Events for an operator. Errors of a hook are ignored. */
export interface LeaseHooks {
  /** A block has been reserved. */
  onLease?: (lease: Lease) => void;
  /** A reservation has failed. Unless the error's `retryable` is false, it will be tried again. */
  onLeaseError?: (error: unknown) => void;
  /** The counter went back. Nothing more is issued. */
  onRollback?: (error: CounterRollbackError) => void;
  /** Nine tenths of the numbers of the instance are reserved. Called once, with the number of those left. */
  onLowHeadroom?: (headroom: bigint) => void;
}

export interface LeaseSettings extends LeaseHooks {
  readonly minBlock: number;
  readonly maxBlock: number;
  readonly timeout: number;
  readonly maxWaiting: number;
}

/** The owner of the queue: it issues the numbers, and may hold some more of them. */
interface Consumer {
  available(): number;
  drop(): void;
}

/** The next block is reserved once no more than this share of the newest is left. */
const ENOUGH = 0.9;

/** Milliseconds of the exponential backoff: after a first failure, and at most. */
const FIRST_DELAY = 50;
const MAX_DELAY = 2000;

/** Blocks from a counter that answers later. The next one is reserved while one is being issued. */
export class AsyncBlockQueue extends BlockStock {
  readonly #counter: AsyncCounter | Counter;
  readonly #settings: LeaseSettings;
  readonly #consumer: Consumer;
  readonly #line: WaitingLine;
  readonly #size: BlockSize;
  #opened = false;
  /** Stands for the reservation under way. An abandoned reservation finds another object here, or none. */
  #flight: object | undefined;
  #cancelRetry: (() => void) | undefined;
  /** Failures since the last success, and the last of them. */
  #failures = 0;
  #failure: unknown;
  /** The error that stopped the queue for good. */
  #stopped: unknown;
  /** Numbers in the newest block; 0 if none is at hand. */
  #newest = 0;
  /** The time at which the newest block was queued behind another. */
  #queuedAt: number | undefined;
  #received = 0;
  /** Numbers in the counter's answers, those included that came too late. */
  #answered = 0;
  #leases = 0;
  readonly #failed = new Map<string, number>();
  #lastLease: { readonly at: number; readonly milliseconds: number } | undefined;
  #warned = false;
  /** The first number that cannot be reserved: the claim's limit, or before it the end of the store. */
  #ceiling: bigint;

  constructor(counter: AsyncCounter | Counter, claim: Claim, settings: LeaseSettings, consumer: Consumer) {
    super(claim);
    this.#ceiling = claim.limit;
    const { minBlock, maxBlock, timeout, maxWaiting } = settings;
    this.#counter = counter;
    this.#settings = settings;
    this.#consumer = consumer;
    this.#size = new BlockSize(minBlock, maxBlock);
    this.#line = new WaitingLine(maxWaiting, timeout, () => this.#late("no numbers for", this.#failure));
  }

  /** Does nothing: a synchronous call cannot wait, so its caller has asked `available` before. */
  override ensure(): void {}

  /** Resolves with the result of `issue`, called once `count` numbers are at hand: see WaitingLine.join. */
  wait<T>(count: number, issue: () => T, since?: number): Promise<T> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    const issued = this.#line.join(count, issue, since);
    this.#prefetch();
    return issued;
  }

  override take(max: number): Run {
    const run = super.take(max);
    this.#prefetch();
    return run;
  }

  /** Drops the blocks, and the block that may be on its way. Calls that wait get other blocks. */
  override drop(): void {
    super.drop();
    this.#newest = 0;
    this.#queuedAt = undefined;
    this.#flight = undefined;
    this.#prefetch();
  }

  /** Stops reserving. Calls that wait now or later fail with `error`. The numbers at hand stay. */
  stop(error: unknown): void {
    this.#stopped = error;
    this.#cancelRetry?.();
    this.#line.fail(error);
  }

  stats() {
    const available = this.#consumer.available();
    const next = available > this.#newest ? this.#newest : 0;
    return {
      received: this.#received,
      missed: this.#answered - this.#received,
      remaining: { current: available - next, next },
      blockSize: this.#size.current,
      leases: { ok: this.#leases, failed: Object.fromEntries(this.#failed), last: this.#lastLease },
      waits: { now: this.#line.length, total: this.#line.joined, longest: this.#line.longest },
      headroom: this.#leases === 0 ? undefined : this.#ceiling - this.received,
    };
  }

  /** Starts a reservation, if one is due and none is under way. */
  #prefetch(): void {
    const due = this.#line.length > 0 || (this.#newest > 0 && this.available <= ENOUGH * this.#newest);
    if (due && !this.#flight && !this.#cancelRetry && this.#stopped === undefined) void this.#reserve();
  }

  async #reserve(): Promise<void> {
    const flight = {};
    this.#flight = flight;
    if (this.#queuedAt !== undefined) this.#size.lasted(performance.now() - this.#queuedAt);
    this.#queuedAt = undefined;
    // Not within the caller's own call. All calls of one turn of the event loop count as demand.
    await undefined;
    try {
      if (!this.#opened && this.#flight === flight) await this.#ask((counter) => counter.open?.(this.claim));
      if (this.#flight !== flight) return;
      this.#opened = true;
      const wanted = Math.min(Math.max(this.#size.current, this.#line.demand), MAX_COUNT);
      const begin = performance.now();
      const block = await this.#ask(async (counter) => {
        const block = await counter.reserve(wanted, this.claim);
        this.#answered += sizeOf(block);
        return block;
      });
      if (this.#flight !== flight) return;
      this.#ceiling = block?.ceiling ?? this.claim.limit;
      this.#install(this.add(block, wanted), performance.now() - begin);
    } catch (error) {
      if (this.#flight === flight) this.#fail(error);
    }
  }

  #ask<T>(question: (counter: AsyncCounter | Counter) => T | Promise<T>): Promise<T> {
    return inTime(
      () => question(this.#counter),
      this.#settings.timeout,
      () => this.#late("no answer from the counter of"),
    );
  }

  #install({ start, count }: Run, milliseconds: number): void {
    const { instanceId } = this.claim;
    const now = performance.now();
    this.#failures = 0;
    this.#failure = undefined;
    if (this.#newest > 0) this.#queuedAt = now;
    this.#newest = count;
    this.#received += count;
    this.#leases++;
    this.#lastLease = { at: now, milliseconds };
    tell(this.#settings.onLease, { instanceId, start, end: this.received, milliseconds });
    if (!this.#warned && isNearlyExhausted(this.received, this.#ceiling)) {
      this.#warned = true;
      tell(this.#settings.onLowHeadroom, this.#ceiling - this.received);
    }
    this.#line.serve(() => this.#consumer.available());
    // After all are served: only then is it known whether another block is due.
    this.#flight = undefined;
    this.#prefetch();
  }

  #fail(error: unknown): void {
    this.#flight = undefined;
    const { code, name, retryable } = (error ?? {}) as { code?: unknown; name?: unknown; retryable?: unknown };
    // The code of a DOMException is a number, which tells less than its name.
    const kind = [code, name].find((it) => typeof it === "string") ?? "undefined";
    this.#failed.set(kind, (this.#failed.get(kind) ?? 0) + 1);
    tell(this.#settings.onLeaseError, error);
    if (retryable === false) {
      this.stop(error);
      if (isRollback(error)) {
        // Other processes may hold the same numbers.
        this.#consumer.drop();
        tell(this.#settings.onRollback, error as CounterRollbackError);
      }
      return;
    }
    this.#failure = error;
    // Shorter than a call waits, so that each call sees a retry; with jitter, so that processes do not retry in step.
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures++, MAX_DELAY, this.#settings.timeout / 2);
    this.#cancelRetry = after((delay * (1 + Math.random())) / 2, () => {
      this.#cancelRetry = undefined;
      this.#prefetch();
    });
  }

  #late(what: string, cause?: unknown): CounterTimeoutError {
    const { instanceId, fingerprint } = this.claim;
    const text = `${what} instance ${instanceId} (${fingerprint}) within ${this.#settings.timeout} ms`;
    return new CounterTimeoutError(text, cause === undefined ? {} : { cause });
  }
}

/** The numbers in a block; 0 where a counter of the user's answers with anything else. */
function sizeOf(block: Block): number {
  const { start, end } = block ?? {};
  return typeof start === "bigint" && typeof end === "bigint" && end > start ? Number(end - start) : 0;
}

/** Calls a hook in a later turn, so that it may call the generator. Its errors are ignored. */
function tell<T>(hook: ((event: T) => void) | undefined, event: T): void {
  if (hook)
    Promise.resolve(event)
      .then(hook)
      .then(undefined, () => {});
}
