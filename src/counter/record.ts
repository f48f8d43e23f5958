import { checkInteger, MAX_COUNT, type U64Like } from "../base/check.js";
import { CounterCorruptError } from "../base/errors.js";
import { checkObject } from "../base/options.js";
import type { AsyncCounter, Block, Claim } from "./counter.js";
import * as fence from "./fence.js";
import { DEFAULT_NAME, max, min } from "./fence.js";

// For stores that keep whole JavaScript values and let us decide in JavaScript: IndexedDB, and Durable Objects. Both
// clone bigints exactly, so a mark is a bigint there too.

/** What is stored of an id space, under its name. */
interface SpaceRecord {
  /** Random: it tells this space from any other of its name. */
  readonly lineage: string;
  /** Of the first generator that opened it; null before. */
  readonly fingerprint: string | null;
  /** Of each instance, the first number not yet reserved. */
  readonly marks: Readonly<Record<number, bigint>>;
}

/** What to store, and what to tell whoever asked. */
export interface Decision<T> {
  readonly record: SpaceRecord;
  readonly result: T;
}

/**
 * Gives `decide` what is stored under `key`, or undefined, and stores what it decides, with nobody in between. Resolves
 * when that is durable; if `decide` throws, nothing is stored.
 */
export type Update = <T>(key: string, decide: (stored: unknown) => Decision<T>) => Promise<T>;

/** How an instance is made. */
export interface RecordCreateOptions {
  /** The id space, 1 to 64 characters; default `"default"`. */
  name?: string;
  /** An integer from 0 to 2^32 - 1. */
  instanceId: number;
  /** The first number, 0 to 2^63 - 1; default 0n. */
  startAt?: U64Like;
}

export interface RecordCounterOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
  /**
   * What `create` resolved with: a store with another one is refused. Leave it out to take the first; a variable that is
   * not set does not pass for that.
   */
  lineage?: string | undefined;
  /**
   * Consent to go on where the counter would refuse, because it sees that the store went back, or because it was used under other
   * parameters: when a generator opens, the mark is raised by this many numbers, 1 to 2^63 - 1, and the generator's
   * parameters become the store's.
   */
  skipAhead?: U64Like;
}

export async function createInstance(update: Update, store: string, options: RecordCreateOptions): Promise<string> {
  const { name = DEFAULT_NAME, instanceId, startAt = 0n } = checkObject("options", options);
  fence.checkName(name);
  fence.checkInstanceId(instanceId);
  const mark = fence.checkMark("startAt", startAt, 0n);
  const where = fence.idSpace(name, store);
  return update(name, (stored) => {
    const space =
      stored === undefined ? { lineage: crypto.randomUUID(), fingerprint: null, marks: {} } : parse(where, stored);
    if (Object.hasOwn(space.marks, instanceId)) throw fence.exists(where, instanceId);
    return { record: withMark(space, instanceId, mark), result: space.lineage };
  });
}

/** One id space in a store. */
export class RecordCounter implements AsyncCounter {
  readonly #update: Update;
  readonly #name: string;
  readonly #where: string;
  readonly #skipAhead: bigint | undefined;
  /** Once it is known, a space of the same name that came in its place is refused. */
  #lineage: string | undefined;

  constructor(update: Update, store: string, options: RecordCounterOptions) {
    const { name = DEFAULT_NAME, skipAhead } = checkObject("options", options);
    this.#update = update;
    this.#name = fence.checkName(name);
    this.#where = fence.idSpace(name, store);
    this.#lineage = fence.checkPinned(options);
    this.#skipAhead = fence.checkSkipAhead(skipAhead);
  }

  async open(claim: Claim): Promise<void> {
    const { instanceId, fingerprint } = fence.checkClaim(claim);
    const ceiling = fence.ceilingOf(claim);
    this.#lineage = await this.#update(this.#name, (stored) => {
      const space = this.#parse(stored, instanceId);
      const floor = fence.floorOf(space.lineage, instanceId);
      let mark = this.#markOf(space, instanceId);
      if (this.#skipAhead !== undefined && (mark < floor || (space.fingerprint ?? fingerprint) !== fingerprint)) {
        mark = max(mark, floor) + this.#skipAhead;
        if (mark > ceiling) throw fence.exhausted(this.#where, instanceId, ceiling);
      } else {
        this.#check(space, claim, mark);
      }
      return { record: { ...withMark(space, instanceId, mark), fingerprint }, result: space.lineage };
    });
  }

  /** Does all that `open` does but skip ahead: between the two, a Durable Object may have been started anew. */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId, fingerprint } = fence.checkClaim(claim);
    const ceiling = fence.ceilingOf(claim);
    const { block, space } = await this.#update(this.#name, (stored) => {
      const space = this.#parse(stored, instanceId);
      const start = this.#markOf(space, instanceId);
      this.#check(space, claim, start);
      if (start === ceiling) throw fence.exhausted(this.#where, instanceId, ceiling);
      const end = min(start + BigInt(count), ceiling);
      return {
        record: { ...withMark(space, instanceId, end), fingerprint },
        result: { block: { start, end }, space: space.lineage },
      };
    });
    this.#lineage = space;
    fence.raiseFloor(space, instanceId, block.end);
    return block;
  }

  #parse(stored: unknown, instanceId: number): SpaceRecord {
    if (stored === undefined) throw fence.missing(this.#where, instanceId);
    const space = parse(this.#where, stored);
    if (this.#lineage !== undefined && space.lineage !== this.#lineage) {
      throw fence.foreign(this.#where, space.lineage, this.#lineage);
    }
    return space;
  }

  #markOf({ marks }: SpaceRecord, instanceId: number): bigint {
    if (!Object.hasOwn(marks, instanceId)) throw fence.missing(this.#where, instanceId);
    const mark: unknown = marks[instanceId];
    if (typeof mark !== "bigint" || mark < 0n || mark > fence.MAX_MARK) throw fence.invalidMark(this.#where, mark);
    return mark;
  }

  #check(space: SpaceRecord, claim: Claim, mark: bigint): void {
    if (space.fingerprint !== null) fence.checkFingerprint(this.#where, space.fingerprint, claim);
    fence.checkFloor(this.#where, space.lineage, claim.instanceId, mark);
    if (mark > fence.ceilingOf(claim)) throw fence.invalidMark(this.#where, mark);
  }
}

function withMark(space: SpaceRecord, instanceId: number, mark: bigint): SpaceRecord {
  return { ...space, marks: { ...space.marks, [instanceId]: mark } };
}

function parse(where: string, stored: unknown): SpaceRecord {
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
