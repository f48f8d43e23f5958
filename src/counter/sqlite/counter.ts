import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkString,
  checkU64,
  MAX_COUNT,
  outOfRange,
  show,
} from "../../check.js";
import { Closeable } from "../../dispose.js";
import {
  ClosedError,
  CounterConfigError,
  CounterCorruptError,
  CounterExhaustedError,
  CounterNotInitializedError,
  CounterRollbackError,
} from "../../errors.js";
import { warn } from "../../node.js";
import type { Block, Counter, Lineage } from "../counter.js";
import { type SpaceRow, StateFile } from "./state-file.js";

/** SQLite's integers are signed. Layouts with 63 or 64 sequence bits end here. */
const MAX_MARK = 2n ** 63n - 1n;

const DEFAULT_NAME = "default";
const DEFAULT_BUSY_TIMEOUT = 5000;

export interface SqliteCounterOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
  /** Whether a missing file or instance may be created, at 0; default true. Creating a file without a `floor` emits a process warning. */
  create?: boolean;
  /** Raises the mark to this number when a generator opens, and never lowers it: after restoring a backup, or to migrate. */
  floor?: bigint;
  /**
   * Consent to go on where the counter would refuse, because this process sees that the store went back, or because it
   * was used under other parameters: the mark is raised by this many numbers, 1 to 2^63 - 1, and the generator's
   * parameters become the store's. A process that did not see the store before cannot tell that it went back: there,
   * only `floor` helps.
   */
  skipAhead?: bigint;
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
 * The highest end that this process received of each lineage, whichever file it came from: a copy of the file that
 * was put back, or that is opened beside it, offers numbers below.
 */
const processFloors = new Map<string, bigint>();

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
  #warned = false;

  constructor(path: string, options: SqliteCounterOptions = {}) {
    super();
    checkPath(path);
    const {
      name = DEFAULT_NAME,
      create = true,
      floor = 0n,
      skipAhead,
      busyTimeout = DEFAULT_BUSY_TIMEOUT,
    } = checkOptions("options", options);
    this.#name = checkName(name);
    this.#create = checkBoolean("create", create);
    this.#floor = checkMark("floor", floor, 0n);
    this.#skipAhead = skipAhead === undefined ? undefined : checkMark("skipAhead", skipAhead, 1n);
    checkInteger("busyTimeout", busyTimeout, 0, 600_000);
    this.#file = new StateFile(path, { create, busyTimeout });
    if (this.#file.created && floor === 0n) {
      warn(
        "PERMID64_STATE_CREATED",
        `State file ${this.#file.path} did not exist, and has been created at 0. If ids have been issued before, they will ` +
          'repeat: stop, and restore the file or pass "floor". "create: false" makes this an error.',
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
  static raise(path: string, options: { instanceId: number; floor: bigint; name?: string }): bigint {
    const { instanceId, floor, name = DEFAULT_NAME } = checkOptions("options", options);
    checkInteger("instanceId", instanceId, 0, 2 ** 32 - 1);
    checkMark("floor", floor, 0n);
    checkName(name);
    return withFile(path, (file) =>
      file.transaction(() => {
        const row = file.counter(name, instanceId);
        if (!row) throw new CounterNotInitializedError(`id space "${name}" in ${path} has no instance ${instanceId}`);
        if (floor > row.ceiling) throw outOfRange("floor", `at most ${row.ceiling}`, show(floor));
        const mark = max(row.mark, floor);
        file.setCounter(name, instanceId, { mark, ceiling: row.ceiling });
        return mark;
      }),
    );
  }

  /** Makes the instance's row if there is none, compares parameters, and applies `floor` and `skipAhead`. */
  open(lineage: Lineage): void {
    this.#checkOpen();
    const { instanceId, fingerprint } = lineage;
    const ceiling = ceilingOf(lineage);
    const file = this.#file;
    file.transaction(() => {
      const row = file.counter(this.#name, instanceId);
      if (!row && !this.#create) throw this.#missing(instanceId);
      const known = file.space(this.#name);
      if (row && !known)
        throw new CounterCorruptError(`${file.path} has been edited: id space "${this.#name}" is gone`);
      const space = known ?? file.addSpace(this.#name, fingerprint);
      const processFloor = processFloors.get(floorKey(space, instanceId)) ?? 0n;
      let mark = row?.mark ?? 0n;
      if (this.#skipAhead !== undefined && (space.fingerprint !== fingerprint || mark < processFloor)) {
        mark = max(mark, processFloor) + this.#skipAhead;
        file.setFingerprint(this.#name, fingerprint);
      } else {
        this.#checkFingerprint(space, lineage);
      }
      mark = max(mark, this.#floor);
      this.#checkMark(mark, processFloor, ceiling, instanceId);
      if (row) file.setCounter(this.#name, instanceId, { mark, ceiling });
      else file.addCounter(this.#name, instanceId, { mark, ceiling });
    });
  }

  /**
   * Reserves numbers; they are durable when it returns.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param lineage For whom; `open` it first.
   * @throws ClosedError, CounterExhaustedError, and as the constructor.
   */
  reserve(count: number, lineage: Lineage): Block {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId } = checkOptions("lineage", lineage);
    this.#checkOpen();
    const file = this.#file;
    const { start, end, ceiling, key } = file.transaction(() => {
      const space = file.space(this.#name);
      const row = file.counter(this.#name, instanceId);
      if (!space || !row) throw this.#missing(instanceId);
      this.#checkFingerprint(space, lineage);
      const { mark: start, ceiling } = row;
      const key = floorKey(space, instanceId);
      this.#checkMark(start, processFloors.get(key) ?? 0n, ceiling, instanceId);
      if (start === ceiling) {
        throw new CounterExhaustedError(
          `instance ${instanceId} has issued all its numbers, up to ${ceiling - 1n}: move to a fresh instance id`,
        );
      }
      const end = min(start + BigInt(count), ceiling);
      file.setCounter(this.#name, instanceId, { mark: end, ceiling });
      return { start, end, ceiling, key };
    });
    processFloors.set(key, end);
    if (end * 10n > ceiling * 9n) this.#warnOfExhaustion(instanceId, ceiling - end);
    return { start, end };
  }

  /** Closes the file. Generators on this counter issue what they hold, then throw. Closing again does nothing. */
  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError(`the counter on ${this.#file.path} is closed`);
  }

  #checkFingerprint({ fingerprint }: SpaceRow, lineage: Lineage): void {
    if (fingerprint === lineage.fingerprint) return;
    const [layout] = fingerprint.split(":");
    const what = lineage.fingerprint.startsWith(`${layout}:`) ? "permutation" : "layout";
    throw new CounterConfigError(
      `id space "${this.#name}" in ${this.#file.path} was used under another ${what} (${fingerprint}, not ` +
        `${lineage.fingerprint}): ids could collide`,
    );
  }

  #checkMark(mark: bigint, processFloor: bigint, ceiling: bigint, instanceId: number): void {
    if (mark < processFloor) {
      throw new CounterRollbackError(
        `instance ${instanceId} in ${this.#file.path} went back to ${mark}: this process was given all below ${processFloor}`,
      );
    }
    if (mark > ceiling) {
      throw new CounterExhaustedError(
        `instance ${instanceId} in ${this.#file.path} has ${ceiling} numbers, got mark ${mark}`,
      );
    }
  }

  #missing(instanceId: number): CounterNotInitializedError {
    return new CounterNotInitializedError(
      `id space "${this.#name}" in ${this.#file.path} has no instance ${instanceId}`,
    );
  }

  #warnOfExhaustion(instanceId: number, left: bigint): void {
    if (this.#warned) return;
    this.#warned = true;
    warn("PERMID64_NEARLY_EXHAUSTED", `Instance ${instanceId} in ${this.#file.path} has ${left} numbers left.`);
  }
}

const min = (a: bigint, b: bigint) => (a < b ? a : b);
const max = (a: bigint, b: bigint) => (a > b ? a : b);

const ceilingOf = ({ limit }: Lineage) => min(limit, MAX_MARK);

const floorKey = ({ lineage }: SpaceRow, instanceId: number) => `${lineage}:${instanceId}`;

function checkPath(path: string): string {
  if (checkString("path", path) === "" || path.includes("\0"))
    throw outOfRange("path", "the path of a file", show(path));
  return path;
}

function checkName(name: string): string {
  const { length } = checkString("name", name);
  if (length < 1 || length > 64) throw outOfRange("name", "1 to 64 characters", `${length}`);
  return name;
}

function checkMark(name: string, value: bigint, least: bigint): bigint {
  if (checkU64(name, value) < least || value > MAX_MARK) {
    throw outOfRange(name, `a bigint from ${least} to 2^63 - 1`, show(value));
  }
  return value;
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
