import { checkInteger, invalidType, MAX_COUNT, show } from "../base/check.js";
import { joinNames, type OptionNames } from "../base/options.js";
import type { AsyncCounter, Counter } from "../counter/counter.js";
import { checkTimeout } from "../counter/deadline.js";
import type { LeaseHooks, LeaseSettings } from "./blocks/async-queue.js";
import { checkBlockSize, GENERATOR_OPTIONS, type GeneratorOptions } from "./options.js";

/** The options of an {@link AsyncId64}, beside its permutation. */
export interface AsyncId64Options<Prefix extends string = string> extends GeneratorOptions<Prefix>, LeaseHooks {
  /** The source of sequence numbers. Closing it is up to you. */
  counter: AsyncCounter | Counter;
  /** Numbers reserved at a time, at least and to begin with: 1 to 2^32 - 1; default 4096. */
  minBlock?: number;
  /**
   * Numbers reserved at a time, at most: `minBlock` to 2^32 - 1; default 2^20, or `minBlock` if that is more. Blocks grow
   * where they last less than a minute. A crash or `close` of this generator loses two of them at most. A call that needs
   * more reserves what it needs.
   */
  maxBlock?: number;
  /** Milliseconds that a call waits for numbers, and that a reservation may take: 1 to 600000; default 5000. */
  timeout?: number;
  /** Calls that may wait at the same time, 1 to 2^32 - 1; default 65536. */
  maxWaiting?: number;
}

const HOOKS: OptionNames<LeaseHooks> = { onLease: true, onLeaseError: true, onRollback: true, onLowHeadroom: true };

export const ASYNC_ID64_OPTIONS: OptionNames<AsyncId64Options> = /* @__PURE__ */ joinNames(
  GENERATOR_OPTIONS,
  /* @__PURE__ */ joinNames(HOOKS, { counter: true, minBlock: true, maxBlock: true, timeout: true, maxWaiting: true }),
);

const DEFAULT_MAX_BLOCK = 2 ** 20;
const DEFAULT_TIMEOUT = 5000;
const DEFAULT_MAX_WAITING = 2 ** 16;

/** Checks the options that say how to reserve. */
export function leaseSettings(options: AsyncId64Options): LeaseSettings {
  const { maxBlock, timeout = DEFAULT_TIMEOUT, maxWaiting = DEFAULT_MAX_WAITING } = options;
  const minBlock = checkBlockSize("minBlock", options.minBlock);
  return {
    minBlock,
    maxBlock: checkInteger("maxBlock", maxBlock ?? Math.max(minBlock, DEFAULT_MAX_BLOCK), minBlock, MAX_COUNT),
    timeout: checkTimeout(timeout),
    maxWaiting: checkInteger("maxWaiting", maxWaiting, 1, MAX_COUNT),
    ...checkHooks(options),
  };
}

function checkHooks(options: LeaseHooks): LeaseHooks {
  const hooks = Object.keys(HOOKS).map((name) => [name, options[name as keyof LeaseHooks]] as const);
  for (const [name, hook] of hooks) {
    if (hook !== undefined && typeof hook !== "function") throw invalidType(name, "a function", show(hook));
  }
  return Object.fromEntries(hooks);
}

/** The statistics of a generator. Times are milliseconds of the monotonic clock, `performance.now()`. */
export interface AsyncId64Stats {
  /** Numbers issued. */
  readonly issued: number;
  /** Numbers that were reserved and dropped, by `discardLeases`, `close` or a rollback. */
  readonly discarded: number;
  /**
   * Numbers that were reserved and never came to hand: the counter answered after a timeout, `discardLeases` or `close`, or its
   * block was refused. A block whose answer never comes is not counted.
   */
  readonly missed: number;
  /** Numbers at hand: in the block being issued, and in the block behind it. */
  readonly remaining: { readonly current: number; readonly next: number };
  /** Numbers that will be reserved next, unless callers wait for more. */
  readonly blockSize: number;
  /** Reservations that succeeded; those that failed, by `code`; when the last success came, and how long it took. */
  readonly leases: {
    readonly ok: number;
    readonly failed: Readonly<Record<string, number>>;
    readonly last: { readonly at: number; readonly milliseconds: number } | undefined;
  };
  /** Calls that wait now, calls that ever waited, and the longest wait. */
  readonly waits: { readonly now: number; readonly total: number; readonly longest: number };
  /** Numbers that this instance had left at the last reservation; undefined before the first. */
  readonly headroom: bigint | undefined;
}
