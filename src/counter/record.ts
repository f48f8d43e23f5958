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
  movedSpace,
  noInstanceIdLeft,
  otherLineage,
} from "./errors.js";
import { noteSeen, type Seen } from "./fence.js";
import type { CounterState } from "./options.js";

// Counters on stores that read a record and replace it in one atomic step, so that JavaScript decides: IndexedDB, Durable
// Objects, and every store that can compare and swap.

/** An id space as it is stored, under its name. */
export interface SpaceRecord {
  readonly lineage: string;
  /** Null until the first generator opens. */
  readonly fingerprint: string | null;
  /** By instance, the first number not yet reserved. */
  readonly marks: Readonly<Record<number, bigint>>;
  /** The store that the record was last written on, for stores that can tell. */
  readonly incarnation?: string;
  /** By instance, and for `SPACE`, the former incarnation of those that were not consented to since the store moved. */
  readonly behind?: Readonly<Record<string, string>>;
}

/** Stands for the list of instances itself, which a store that went back may have lost a part of. */
const SPACE = "space";

/** The record that an update found. */
export interface Found {
  readonly stored: unknown;
  /** As it was before the read. */
  readonly seen: Seen;
  /** The store that answered; undefined if it cannot tell. */
  readonly live?: Live;
}

export interface Live {
  readonly incarnation: string;
  /** Whether all that was written on `before` is here, such as after a change of leader. */
  continues(before: string): boolean;
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
   * when that is durable. If `decide` throws, nothing is stored. It may run again, on what is stored then.
   */
  update<T>(name: string, decide: (found: Found) => Decision<T>): Promise<T>;
}

/** As the counters' `create`. */
export async function createRecord(
  store: RecordStore,
  { name, instanceId, mark }: { name: string; instanceId: number; mark: bigint },
  acceptRestored = false,
): Promise<string> {
  const where = idSpace(name, store.where);
  return store.update(name, ({ stored, live }) => {
    const space = stored === undefined ? newRecord(live) : parseRecord(where, stored);
    if (Object.hasOwn(space.marks, instanceId)) throw existingInstance(where, instanceId);
    if (!acceptRestored) requireSpace(where, space, live);
    const record = settle(withMark(space, live, instanceId, mark), live, SPACE);
    return { record, result: record.lineage };
  });
}

/** As the counters' `inspect`. */
export async function inspectRecord(store: RecordStore, name = "default"): Promise<CounterState[]> {
  const where = idSpace(name, store.where);
  return store.update(name, ({ stored }) => {
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
  return store.update(name, ({ stored, live }) => {
    if (stored === undefined) throw missingInstance(where, instanceId);
    const space = parseRecord(where, stored);
    if (!Object.hasOwn(space.marks, instanceId)) throw missingInstance(where, instanceId);
    if (floor > ceilingIn(space)) throw aboveCeiling(ceilingIn(space), floor);
    const mark = max(markIn(where, space, instanceId), floor);
    return { record: withMark(space, live, instanceId, mark), result: mark };
  });
}

/** As the counters' `leaseInstanceId`: one above the highest, since instances are never deleted. */
export async function leaseRecord(
  store: RecordStore,
  { name, lineage, maxInstanceId }: { name: string; lineage: string | undefined; maxInstanceId: number },
): Promise<number> {
  const where = idSpace(name, store.where);
  return store.update(name, ({ stored, live }) => {
    if (stored === undefined) throw missingSpace(where);
    const space = parseRecord(where, stored);
    if (lineage !== undefined && space.lineage !== lineage) throw otherLineage(where, space.lineage, lineage);
    requireSpace(where, space, live);
    const instanceId = Math.max(-1, ...Object.keys(space.marks).map(Number)) + 1;
    if (instanceId > maxInstanceId) throw noInstanceIdLeft(where, maxInstanceId);
    return { record: withMark(space, live, instanceId, 0n), result: instanceId };
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
    const { admission, lineage } = await this.#store.update(this.#name, ({ stored, seen, live }) => {
      const space = stored === undefined ? undefined : parseRecord(this.#where, stored);
      const admission = admit(space && instanceIn(space, live, instanceId), claim, {
        where: this.#where,
        lineage: this.#lineage,
        seen: space ? seen(space.lineage, instanceId) : 0n,
        skipAhead: this.#skipAhead,
        ...(count !== undefined && { count }),
      });
      const { fingerprint, block } = admission;
      const record = { ...withMark(space!, live, instanceId, block.end), fingerprint };
      return { record, result: { admission, lineage: record.lineage } };
    });
    this.#lineage = lineage;
    return admission;
  }
}

function newRecord(live: Live | undefined): SpaceRecord {
  const lineage = crypto.randomUUID();
  return { lineage, fingerprint: null, marks: {}, ...(live && { incarnation: live.incarnation }) };
}

function instanceIn(space: SpaceRecord, live: Live | undefined, instanceId: number): StoredInstance {
  const { lineage, fingerprint, marks } = space;
  const mark = Object.hasOwn(marks, instanceId) ? (marks[instanceId] ?? null) : undefined;
  const own = { lineage, fingerprint: fingerprint ?? undefined, mark };
  const before = formerIncarnation(space, live, instanceId);
  return before === undefined
    ? own
    : { ...own, incarnation: before, live: live?.incarnation ?? "a store that cannot tell" };
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

/** The instance is then consented to. */
function withMark(space: SpaceRecord, live: Live | undefined, instanceId: number, mark: bigint): SpaceRecord {
  return settle({ ...space, marks: { ...space.marks, [instanceId]: mark } }, live, `${instanceId}`);
}

function hasMoved({ incarnation }: SpaceRecord, live: Live | undefined): boolean {
  if (incarnation === undefined) return live !== undefined;
  return live === undefined || !live.continues(incarnation);
}

/** The incarnation that `member` was left behind on; undefined if it was not. */
function formerIncarnation(space: SpaceRecord, live: Live | undefined, member: number | string): string | undefined {
  const before = space.behind?.[member];
  return before ?? (hasMoved(space, live) ? (space.incarnation ?? "a store that could not tell") : undefined);
}

function requireSpace(where: string, space: SpaceRecord, live: Live | undefined): void {
  const before = formerIncarnation(space, live, SPACE);
  if (before === undefined) return;
  const remedy = '"acceptRestored" of create adopts the id space: give an id above all that were ever used';
  throw movedSpace(where, before, live?.incarnation ?? "a store that cannot tell", remedy);
}

/** Moves the record to the live incarnation. All members are left behind but one, and those that had come along. */
function settle(space: SpaceRecord, live: Live | undefined, member: string): SpaceRecord {
  const { incarnation: _, behind: left = {}, ...rest } = space;
  const members = hasMoved(space, live) ? [...Object.keys(space.marks), SPACE] : Object.keys(left);
  const behind = Object.fromEntries(
    members.filter((each) => each !== member).map((each) => [each, formerIncarnation(space, live, each)!]),
  );
  return {
    ...rest,
    ...(live && { incarnation: live.incarnation }),
    ...(Object.keys(behind).length > 0 && { behind }),
  };
}

function parseRecord(where: string, stored: unknown): SpaceRecord {
  const { lineage, fingerprint, marks, incarnation, behind } = (stored ?? {}) as Partial<SpaceRecord>;
  if (
    typeof lineage !== "string" ||
    (fingerprint !== null && typeof fingerprint !== "string") ||
    typeof marks !== "object" ||
    marks === null ||
    (incarnation !== undefined && typeof incarnation !== "string") ||
    (behind !== undefined && !isTexts(behind))
  ) {
    throw new CounterCorruptError(`${where} is damaged, or has been edited`);
  }
  return { lineage, fingerprint, marks, ...(incarnation !== undefined && { incarnation }), ...(behind && { behind }) };
}

const isTexts = (value: unknown) =>
  typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
