import { checkInteger, MAX_COUNT } from "../base/check.js";
import { CounterCorruptError } from "../base/errors.js";
import { type Admission, admit, type StoredInstance } from "./admission.js";
import { checkClaim, MAX_MARK, max } from "./checks.js";
import type { AsyncCounter, Block, Claim } from "./counter.js";
import {
  aboveCeiling,
  existingInstance,
  idSpace,
  invalidMark,
  missingInstance,
  missingSpace,
  noInstanceIdLeft,
  otherLineage,
} from "./errors.js";
import { noteSeen, seenOf } from "./fence.js";
import type { CounterState } from "./options.js";

// Counters on stores that keep whole JavaScript values and let us decide in JavaScript: IndexedDB and Durable Objects. Both
// clone bigints exactly, so a stored mark is a bigint.

/** An id space as it is stored, under its name. */
interface SpaceRecord {
  readonly lineage: string;
  /** Null until the first generator opens. */
  readonly fingerprint: string | null;
  /** By instance, the first number not yet reserved. */
  readonly marks: Readonly<Record<number, bigint>>;
}

/** The record to store, if any, and the result for the caller. */
export interface Decision<T> {
  readonly record?: SpaceRecord;
  readonly result: T;
}

export interface RecordStore {
  /** Names the store in error texts. */
  readonly where: string;
  /**
   * Gives `decide` what is stored under `name`, or undefined, and stores what it decides, with nobody in between. Resolves
   * when that is durable. If `decide` throws, nothing is stored.
   */
  update<T>(name: string, decide: (stored: unknown) => Decision<T>): Promise<T>;
}

/** As the counters' `create`. */
export async function createRecord(
  store: RecordStore,
  { name, instanceId, mark }: { name: string; instanceId: number; mark: bigint },
): Promise<string> {
  const where = idSpace(name, store.where);
  return store.update(name, (stored) => {
    const space =
      stored === undefined
        ? { lineage: crypto.randomUUID(), fingerprint: null, marks: {} }
        : parseRecord(where, stored);
    if (Object.hasOwn(space.marks, instanceId)) throw existingInstance(where, instanceId);
    return { record: withMark(space, instanceId, mark), result: space.lineage };
  });
}

/** As the counters' `inspect`. */
export async function inspectRecord(store: RecordStore, name = "default"): Promise<CounterState[]> {
  const where = idSpace(name, store.where);
  return store.update(name, (stored) => {
    if (stored === undefined) throw missingSpace(where);
    const space = parseRecord(where, stored);
    const result = Object.keys(space.marks).map((key) => ({
      name,
      instanceId: Number(key),
      mark: markIn(where, space, Number(key)),
      ceiling: ceilingIn(space),
      fingerprint: space.fingerprint ?? "",
      lineage: space.lineage,
    }));
    return { result };
  });
}

/** As the counters' `raise`. */
export async function raiseRecord(
  store: RecordStore,
  { name, instanceId, floor }: { name: string; instanceId: number; floor: bigint },
): Promise<bigint> {
  const where = idSpace(name, store.where);
  return store.update(name, (stored) => {
    if (stored === undefined) throw missingInstance(where, instanceId);
    const space = parseRecord(where, stored);
    if (!Object.hasOwn(space.marks, instanceId)) throw missingInstance(where, instanceId);
    if (floor > ceilingIn(space)) throw aboveCeiling(ceilingIn(space), floor);
    const mark = max(markIn(where, space, instanceId), floor);
    return { record: withMark(space, instanceId, mark), result: mark };
  });
}

/** As the counters' `leaseInstanceId`: one above the highest, since instances are never deleted. */
export async function leaseRecord(
  store: RecordStore,
  { name, lineage, maxInstanceId }: { name: string; lineage: string | undefined; maxInstanceId: number },
): Promise<number> {
  const where = idSpace(name, store.where);
  return store.update(name, (stored) => {
    if (stored === undefined) throw missingSpace(where);
    const space = parseRecord(where, stored);
    if (lineage !== undefined && space.lineage !== lineage) throw otherLineage(where, space.lineage, lineage);
    const instanceId = Math.max(-1, ...Object.keys(space.marks).map(Number)) + 1;
    if (instanceId > maxInstanceId) throw noInstanceIdLeft(where, maxInstanceId);
    return { record: withMark(space, instanceId, 0n), result: instanceId };
  });
}

/** One id space in a store of records. */
export class RecordCounter implements AsyncCounter {
  readonly #store: RecordStore;
  readonly #name: string;
  readonly #where: string;
  readonly #skipAhead: bigint | undefined;
  /** As pinned, or as first found. */
  #lineage: string | undefined;

  constructor(
    store: RecordStore,
    { name, lineage, skipAhead }: { name: string; lineage: string | undefined; skipAhead: bigint | undefined },
  ) {
    this.#store = store;
    this.#name = name;
    this.#where = idSpace(name, store.where);
    this.#lineage = lineage;
    this.#skipAhead = skipAhead;
  }

  async open(claim: Claim): Promise<void> {
    await this.#admit(checkClaim(claim), undefined);
  }

  /** Needs no `open` before, since a Durable Object may have been started anew between the two. */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { block } = await this.#admit(checkClaim(claim), count);
    noteSeen(this.#lineage!, claim.instanceId, block.end);
    return block;
  }

  async #admit(claim: Claim, count: number | undefined): Promise<Admission> {
    const { instanceId } = claim;
    const { admission, lineage } = await this.#store.update(this.#name, (stored) => {
      const space = stored === undefined ? undefined : parseRecord(this.#where, stored);
      const admission = admit(space && instanceIn(space, instanceId), claim, {
        where: this.#where,
        lineage: this.#lineage,
        seen: space ? seenOf(space.lineage, instanceId) : 0n,
        skipAhead: this.#skipAhead,
        ...(count !== undefined && { count }),
      });
      const { fingerprint, block } = admission;
      const record = { ...withMark(space!, instanceId, block.end), fingerprint };
      return { record, result: { admission, lineage: record.lineage } };
    });
    this.#lineage = lineage;
    return admission;
  }
}

function instanceIn({ lineage, fingerprint, marks }: SpaceRecord, instanceId: number): StoredInstance {
  const mark = Object.hasOwn(marks, instanceId) ? (marks[instanceId] ?? null) : undefined;
  return { lineage, fingerprint: fingerprint ?? undefined, mark };
}

/** The fingerprint begins with the layout, as in "16+48:1f2e3d4c". */
function ceilingIn({ fingerprint }: SpaceRecord): bigint {
  const [, bits] = /^\d+\+(\d+):/.exec(fingerprint ?? "") ?? [];
  return bits === undefined || Number(bits) > 62 ? MAX_MARK : 1n << BigInt(bits);
}

function markIn(where: string, { marks }: SpaceRecord, instanceId: number): bigint {
  const mark: unknown = marks[instanceId];
  if (typeof mark !== "bigint" || mark < 0n || mark > MAX_MARK) throw invalidMark(where, mark);
  return mark;
}

function withMark(space: SpaceRecord, instanceId: number, mark: bigint): SpaceRecord {
  return { ...space, marks: { ...space.marks, [instanceId]: mark } };
}

function parseRecord(where: string, stored: unknown): SpaceRecord {
  const { lineage, fingerprint, marks } = (stored ?? {}) as Partial<SpaceRecord>;
  if (
    typeof lineage !== "string" ||
    (fingerprint !== null && typeof fingerprint !== "string") ||
    typeof marks !== "object" ||
    marks === null
  ) {
    throw new CounterCorruptError(`${where} is damaged, or has been edited`);
  }
  return { lineage, fingerprint, marks };
}
