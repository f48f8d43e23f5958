import {
  checkBoolean,
  checkInteger,
  checkString,
  MAX_COUNT,
  outOfRange,
  show,
  type U64Like,
} from "../../base/check.js";
import { Closeable } from "../../base/dispose.js";
import { CounterCorruptError } from "../../base/errors.js";
import { checkObject } from "../../base/options.js";
import { warn } from "../../base/runtime.js";
import type { Block, Claim, Counter } from "../counter.js";
import * as fence from "../fence.js";
import { DEFAULT_NAME, max, min } from "../fence.js";
import { StateFile } from "./store.js";

const DEFAULT_BUSY_TIMEOUT = 5000;

export interface SqliteCounterOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
  /** Whether a missing file or instance may be created, at 0; default true. Creating a file without a `floor` emits a process warning. */
  create?: boolean;
  /** Raises the mark to this number when a generator opens, and never lowers it: after restoring a backup, or to migrate. */
  floor?: U64Like;
  /**
   * Consent to go on where the counter would refuse, because this process sees that the store went back, or because it
   * was used under other parameters: the mark is raised by this many numbers, 1 to 2^63 - 1, and the generator's
   * parameters become the store's. A process that did not see the store before cannot tell that it went back: there,
   * only `floor` helps.
   */
  skipAhead?: U64Like;
  /** Milliseconds to wait for another process's lock, 0 to 600000; default 5000. The wait blocks the thread. */
  busyTimeout?: number;
}

/** One instance of one id space in a state file. */
export interface SqliteCounterState {
  readonly name: string;
  readonly instanceId: number;
  /** The first number not yet reserved. */
  readonly mark: bigint;
  /** The mark at which the instance is exhausted. */
  readonly ceiling: bigint;
  /** Stands for the layout and permutation. */
  readonly fingerprint: string;
}

/**
 * A counter in a SQLite file, which any number of processes and threads on one machine may share: what `stateFile`
 * means. A block is committed and synced before it is used. Needs `node:sqlite`: Node from 22.13, Deno or Bun.
 *
 * @param path The state file. Keep it on a local disk: SQLite's locks do not hold on most network file systems.
 * @param options See {@link SqliteCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments;
 *   CounterNotInitializedError if the file or the instance is missing and `create` is false;
 *   CounterCorruptError if the file is empty, damaged, edited, foreign, or the Python original's;
 *   CounterConfigError if it was used under another layout or permutation;
 *   CounterRollbackError if it was restored, replaced or deleted while in use;
 *   CounterBusyError and CounterUnavailableError, which may pass, if it is locked or cannot be written.
 * @example
 * ```ts
 * import { Id64, SqliteCounter } from "permid64";
 *
 * using counter = new SqliteCounter("shop.state", { name: "orders", floor: 1_000_000n });
 * using ids = Id64.feistel({ instanceId: 0, key: 0x1234_5678_9abc_def0n, counter });
 * ids.decode(ids.nextU64()).sequence; // => 1000000n
 * ```
 */
export class SqliteCounter extends Closeable implements Counter {
  readonly #name: string;
  readonly #create: boolean;
  readonly #floor: bigint;
  readonly #skipAhead: bigint | undefined;
  readonly #file: StateFile;
  #closed = false;
  readonly #exhaustion = new fence.ExhaustionWarning();

  constructor(path: string, options: SqliteCounterOptions = {}) {
    super();
    checkPath(path);
    const {
      name = DEFAULT_NAME,
      create = true,
      floor = 0n,
      skipAhead,
      busyTimeout = DEFAULT_BUSY_TIMEOUT,
    } = checkObject("options", options);
    this.#name = fence.checkName(name);
    this.#create = checkBoolean("create", create);
    this.#floor = fence.checkMark("floor", floor, 0n);
    this.#skipAhead = fence.checkSkipAhead(skipAhead);
    checkInteger("busyTimeout", busyTimeout, 0, 600_000);
    this.#file = new StateFile(path, { create, busyTimeout });
    if (this.#file.created && floor === 0n) {
      warn(
        "PERMID64_STATE_CREATED",
        `State file ${this.#file.path} did not exist, and has been created at 0. If ids have been issued before, they will ` +
          'repeat: stop, and restore the file, or pass "floor" (permid64 state raise). "create: false" (--no-create) makes this an error.',
      );
    }
  }

  /**
   * Every instance of every id space in a state file, for operators.
   *
   * @throws As the constructor with `create: false`.
   */
  static inspect(path: string): SqliteCounterState[] {
    return withFile(path, (file) =>
      file.list().map(({ name, instanceId, mark, ceiling, fingerprint }) => ({
        name,
        instanceId: Number(instanceId),
        mark,
        ceiling,
        fingerprint,
      })),
    );
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a backup was restored, for a service that is stopped.
   *
   * @param options The `instanceId`, the `floor` to raise the mark to, and the `name` of the id space.
   * @returns The mark as it is now.
   * @throws As the constructor with `create: false`; CounterNotInitializedError if there is no such instance;
   *   RangeError if `floor` is above the instance's ceiling.
   */
  static raise(path: string, options: { instanceId: number; floor: U64Like; name?: string }): bigint {
    const { instanceId, name = DEFAULT_NAME } = checkObject("options", options);
    fence.checkInstanceId(instanceId);
    const floor = fence.checkMark("floor", options.floor, 0n);
    fence.checkName(name);
    return withFile(path, (file) =>
      file.transaction(() => {
        const row = file.counter(name, instanceId);
        if (!row) throw fence.missing(fence.idSpace(name, path), instanceId);
        if (floor > row.ceiling) throw fence.aboveCeiling(row.ceiling, floor);
        const mark = max(row.mark, floor);
        file.setCounter(name, instanceId, { mark, ceiling: row.ceiling });
        return mark;
      }),
    );
  }

  /** Makes the instance's row if there is none, compares parameters, and applies `floor` and `skipAhead`. */
  open(claim: Claim): void {
    this.#checkOpen();
    const { instanceId, fingerprint } = claim;
    const ceiling = fence.ceilingOf(claim);
    const file = this.#file;
    file.transaction(() => {
      const row = file.counter(this.#name, instanceId);
      if (!row && !this.#create) throw fence.missing(this.#where, instanceId);
      const known = file.space(this.#name);
      if (row && !known)
        throw new CounterCorruptError(`${file.path} has been edited: id space "${this.#name}" is gone`);
      const space = known ?? file.addSpace(this.#name, fingerprint);
      const processFloor = fence.floorOf(space.lineage, instanceId);
      let mark = row?.mark ?? 0n;
      if (this.#skipAhead !== undefined && (space.fingerprint !== fingerprint || mark < processFloor)) {
        mark = max(mark, processFloor) + this.#skipAhead;
        file.setFingerprint(this.#name, fingerprint);
      } else {
        fence.checkFingerprint(this.#where, space.fingerprint, claim);
      }
      mark = max(mark, this.#floor);
      fence.checkFloor(this.#where, space.lineage, instanceId, mark);
      if (mark > ceiling) throw fence.exhausted(this.#where, instanceId, ceiling);
      if (row) file.setCounter(this.#name, instanceId, { mark, ceiling });
      else file.addCounter(this.#name, instanceId, { mark, ceiling });
    });
  }

  /**
   * Reserves numbers; they are durable when it returns.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim For whom; `open` it first.
   * @throws ClosedError, CounterExhaustedError, and as the constructor.
   */
  reserve(count: number, claim: Claim): Block {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId } = checkObject("claim", claim);
    this.#checkOpen();
    const file = this.#file;
    const { block, space, ceiling } = file.transaction(() => {
      const space = file.space(this.#name);
      const row = file.counter(this.#name, instanceId);
      if (!space || !row) throw fence.missing(this.#where, instanceId);
      fence.checkFingerprint(this.#where, space.fingerprint, claim);
      const { mark: start, ceiling } = row;
      fence.checkFloor(this.#where, space.lineage, instanceId, start);
      if (start === ceiling) throw fence.exhausted(this.#where, instanceId, ceiling);
      const end = min(start + BigInt(count), ceiling);
      file.setCounter(this.#name, instanceId, { mark: end, ceiling });
      return { block: { start, end }, space, ceiling };
    });
    fence.raiseFloor(space.lineage, instanceId, block.end);
    this.#exhaustion.consider(this.#where, instanceId, block.end, ceiling);
    return block;
  }

  /** Closes the file. Generators on this counter issue what they hold, then throw. Closing again does nothing. */
  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw fence.closed(this.#file.path);
  }

  get #where(): string {
    return fence.idSpace(this.#name, this.#file.path);
  }
}

function checkPath(path: string): string {
  if (checkString("path", path) === "" || path.includes("\0"))
    throw outOfRange("path", "the path of a file", show(path));
  return path;
}

/** Opens an existing file for one task of an operator's. */
function withFile<T>(path: string, work: (file: StateFile) => T): T {
  const file = new StateFile(checkPath(path), { create: false, busyTimeout: DEFAULT_BUSY_TIMEOUT });
  try {
    return work(file);
  } finally {
    file.close();
  }
}
