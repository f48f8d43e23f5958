/// <reference lib="esnext.disposable" preserve="true" />

import { checkBoolean, checkInteger, MAX_COUNT, type U64Like } from "../../base/check.js";
import { closeByUsing } from "../../base/dispose.js";
import type { OptionNames } from "../../base/options.js";
import { warn } from "../../base/runtime.js";
import { type Admission, admit, type StoredInstance } from "../admission.js";
import { checkClaim, checkMark, max } from "../checks.js";
import type { Block, Claim, Counter } from "../counter.js";
import {
  aboveCeiling,
  closedCounter,
  existingInstance,
  idSpace,
  invalidMark,
  missingInstance,
  missingSpace,
  noInstanceIdLeft,
  otherLineage,
} from "../errors.js";
import { ExhaustionWarning } from "../exhaustion.js";
import { noteSeen, seenOf } from "../fence.js";
import {
  type CounterOptions,
  type CounterState,
  type CreateOptions,
  checkCounterOptions,
  checkCreateOptions,
  checkInspectOptions,
  checkLeaseOptions,
  checkRaiseOptions,
  type LeaseInstanceOptions,
  type RaiseOptions,
  type SpaceOptions,
} from "../options.js";
import { type SqliteOptions, SqliteStore } from "./store.js";

export interface SqliteCounterOptions extends CounterOptions, SqliteOptions {
  /**
   * Whether a missing file or instance may be created, at 0; default true. The creation of a file emits one process warning,
   * unless a `floor` is given.
   */
  create?: boolean;
  /** Raises the mark to this number when a generator opens, and never lowers it: after restoring a backup, or to migrate. */
  floor?: U64Like;
}

const FILE: OptionNames<SqliteOptions> = { timeout: true };

/**
 * A counter in a SQLite file, which any number of processes and threads on one machine may share: what `stateFile`
 * means. A block is committed and synced before it is used. Needs `node:sqlite`: Node from 22.13, Deno or Bun.
 *
 * `skipAhead` helps only a process that saw the higher numbers. After a restored backup, a fresh process needs `floor`.
 *
 * @param path The state file. Keep it on a local disk: SQLite's locks do not hold on most network file systems.
 * @param options See {@link SqliteCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments;
 *   CounterNotInitializedError if the file or the instance is missing and `create` is false;
 *   CounterCorruptError if the file is empty, damaged, edited, foreign, or the Python original's;
 *   CounterConfigError if it was used under another layout or permutation, if it has a second name or is a mount of its
 *   own, if its folder refuses hard links, or if the runtime has no `node:sqlite`;
 *   CounterRollbackError if it was restored, replaced or deleted while in use, or has another lineage;
 *   CounterBusyError and CounterUnavailableError, where a retry may succeed, if it is locked or cannot be written.
 * @example
 * ```ts
 * import { Id64, SqliteCounter } from "permid64";
 *
 * using counter = new SqliteCounter("shop.state", { name: "orders", floor: 1_000_000n });
 * using ids = Id64.multiplicative({ instanceId: 0, counter });
 * ids.decode(ids.nextU64()).sequence; // => 1000000n
 * ```
 */
export class SqliteCounter implements Counter {
  readonly #name: string;
  readonly #create: boolean;
  readonly #floor: bigint;
  readonly #skipAhead: bigint | undefined;
  readonly #store: SqliteStore;
  readonly #where: string;
  /** As pinned, or as first found. */
  #lineage: string | undefined;
  #closed = false;
  readonly #exhaustion = new ExhaustionWarning();

  constructor(path: string, options: SqliteCounterOptions = {}) {
    closeByUsing(this);
    const { name, lineage, skipAhead } = checkCounterOptions(options, { ...FILE, create: true, floor: true });
    this.#name = name;
    this.#lineage = lineage;
    this.#skipAhead = skipAhead;
    this.#create = checkBoolean("create", options.create ?? true);
    this.#floor = checkMark("floor", options.floor ?? 0n);
    this.#store = new SqliteStore(path, options, this.#create);
    this.#where = idSpace(name, this.#store.path);
    if (this.#store.created && this.#floor === 0n) {
      warn(
        "PERMID64_STATE_CREATED",
        `Created the state file ${this.#store.path}: its ids start at 0. If ids were issued before, restore their file or pass ` +
          '"floor" (permid64 state raise). With "create: false" (--no-create), a missing file is an error.',
      );
    }
  }

  /**
   * Makes an instance, and the file and the id space if they are missing. Run it once, then open with `create: false`.
   *
   * @param path The state file.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, default 0n; the `name`, default `"default"`;
   *   `timeout`.
   * @returns The id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws CounterConfigError if the instance exists; else as the constructor.
   * @example
   * ```ts
   * import { SqliteCounter } from "permid64";
   *
   * const lineage = SqliteCounter.create("orders.state", { instanceId: 42 });
   * using counter = new SqliteCounter("orders.state", { lineage, create: false });
   * ```
   */
  static create(path: string, options: CreateOptions & SqliteOptions): string {
    const { name, instanceId, mark } = checkCreateOptions(options, FILE);
    return SqliteStore.with(path, options, true, (store) =>
      store.transaction(() => {
        if (store.read(name, instanceId)?.mark !== undefined) {
          throw existingInstance(idSpace(name, store.path), instanceId);
        }
        return store.add(name, instanceId, mark);
      }),
    );
  }

  /**
   * Lists every instance in a state file, for operators.
   *
   * @param path The state file.
   * @param options The `name` of an id space, default all of them; `timeout`.
   * @throws As the constructor with `create: false`.
   */
  static inspect(path: string, options: SpaceOptions & SqliteOptions = {}): CounterState[] {
    const name = checkInspectOptions(options, FILE);
    const states = SqliteStore.with(path, options, false, (store) => store.list());
    return states.filter((state) => name === undefined || state.name === name);
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a backup was restored, for a service that is stopped.
   *
   * @param path The state file.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`, default `"default"`;
   *   `timeout`.
   * @returns The mark as it is now.
   * @throws As the constructor with `create: false`; CounterNotInitializedError if there is no such instance;
   *   RangeError if `floor` is above the instance's ceiling.
   */
  static raise(path: string, options: RaiseOptions & SqliteOptions): bigint {
    const { name, instanceId, floor } = checkRaiseOptions(options, FILE);
    return SqliteStore.with(path, options, false, (store) =>
      store.transaction(() => {
        const where = idSpace(name, store.path);
        const { mark, ceiling } = store.read(name, instanceId) ?? {};
        if (mark === undefined) throw missingInstance(where, instanceId);
        if (typeof mark !== "bigint" || typeof ceiling !== "bigint" || mark < 0n || mark > ceiling) {
          throw invalidMark(where, mark);
        }
        if (floor > ceiling) throw aboveCeiling(ceiling, floor);
        store.setMark(name, instanceId, max(mark, floor), ceiling);
        return max(mark, floor);
      }),
    );
  }

  /**
   * Makes an instance with an id that none ever had in this id space, for processes that have no id of their own. The id
   * is never given to another process. After a restore, `create` an instance above all ids that were given before.
   *
   * @param path The state file.
   * @param options The `layout`, as the generator's; the `lineage` and the `name` of the id space; `timeout`.
   * @returns An instance id: one above the highest.
   * @throws As the constructor with `create: false`; CounterNotInitializedError if the id space does not exist;
   *   CounterExhaustedError if the layout has no higher id.
   */
  static leaseInstanceId(path: string, options: LeaseInstanceOptions & SqliteOptions = {}): number {
    const { name, lineage, maxInstanceId } = checkLeaseOptions(options, FILE);
    return SqliteStore.with(path, options, false, (store) =>
      store.transaction(() => {
        const where = idSpace(name, store.path);
        const instanceId = store.highestInstance(name) + 1;
        const space = store.read(name, instanceId);
        if (!space) throw missingSpace(where);
        if (lineage !== undefined && space.lineage !== lineage) throw otherLineage(where, space.lineage, lineage);
        if (instanceId > maxInstanceId) throw noInstanceIdLeft(where, maxInstanceId);
        store.add(name, instanceId, 0n);
        return instanceId;
      }),
    );
  }

  /**
   * Makes the instance if there is none, compares lineage and parameters, and applies `floor` and `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws ClosedError, CounterExhaustedError, and as the constructor.
   */
  open(claim: Claim): void {
    const { instanceId } = checkClaim(claim);
    this.#admit(claim, undefined, () => {
      const stored = this.#store.read(this.#name, instanceId);
      if (!this.#create || stored?.mark !== undefined) return stored;
      // A space that is pinned or was known is not made again: it is gone.
      if (!stored && this.#lineage !== undefined) return stored;
      this.#store.add(this.#name, instanceId, 0n);
      return this.#store.read(this.#name, instanceId);
    });
  }

  /**
   * Reserves numbers; they are durable when it returns.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint; `open` it first.
   * @throws ClosedError, CounterExhaustedError, and as the constructor.
   */
  reserve(count: number, claim: Claim): Block {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId } = checkClaim(claim);
    const { block, ceiling } = this.#admit(claim, count, () => this.#store.read(this.#name, instanceId));
    noteSeen(this.#lineage!, instanceId, block.end);
    this.#exhaustion.consider(this.#where, instanceId, block.end, ceiling);
    return block;
  }

  #admit(claim: Claim, count: number | undefined, read: () => StoredInstance | undefined): Admission {
    if (this.#closed) throw closedCounter(this.#store.path);
    const { instanceId } = claim;
    const store = this.#store;
    const { admission, lineage } = store.transaction(() => {
      const stored = read();
      const admission = admit(stored, claim, {
        where: this.#where,
        lineage: this.#lineage,
        seen: stored ? seenOf(stored.lineage, instanceId) : 0n,
        skipAhead: this.#skipAhead,
        floor: this.#floor,
        ...(count !== undefined && { count }),
      });
      const { fingerprint, ceiling, block } = admission;
      if (stored!.fingerprint !== fingerprint) store.setFingerprint(this.#name, fingerprint);
      if (stored!.mark !== block.end || stored!.ceiling !== ceiling) {
        store.setMark(this.#name, instanceId, block.end, ceiling);
      }
      return { admission, lineage: stored!.lineage };
    });
    this.#lineage = lineage;
    return admission;
  }

  /** Closes the file. Generators on this counter issue what they hold, then throw. Closing again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#store.close();
  }

  /** Calls `close`, for `using counter = …`. */
  declare [Symbol.dispose]: () => void;
}
