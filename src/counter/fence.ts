import { checkInteger, checkString, checkWhole, invalidType, outOfRange, show, type U64Like } from "../base/check.js";
import {
  ClosedError,
  CounterConfigError,
  CounterCorruptError,
  CounterExhaustedError,
  CounterNotInitializedError,
  CounterRollbackError,
  type ErrorCode,
} from "../base/errors.js";
import { checkObject } from "../base/options.js";
import { warn } from "../base/runtime.js";
import type { Claim } from "./counter.js";

// What every durable counter refuses, in the same words. `where` names the id space and its store.

/** Stores keep marks as signed 64-bit integers. Layouts with 63 or 64 sequence bits end here. */
export const MAX_MARK = 0x7fff_ffff_ffff_ffffn;

/** The id space, where none is named. */
export const DEFAULT_NAME = "default";

const MAX_INSTANCE_ID = 2 ** 32 - 1;

/** The `where` of an id space; `store` says where that is. */
export const idSpace = (name: string, store: string) => `id space "${name}" in ${store}`;

export const min = (a: bigint, b: bigint) => (a < b ? a : b);
export const max = (a: bigint, b: bigint) => (a > b ? a : b);

/** The mark at which an instance is exhausted. */
export const ceilingOf = ({ limit }: Claim) => min(limit, MAX_MARK);

export function checkName(name: string): string {
  const { length } = checkString("name", name);
  if (length < 1 || length > 64) throw outOfRange("name", "1 to 64 characters", `${length}`);
  return name;
}

export const checkMark = (name: string, value: U64Like, least: bigint) =>
  checkWhole(name, value, least, MAX_MARK, `${least} to 2^63 - 1`);

export const checkSkipAhead = (value: U64Like | undefined) =>
  value === undefined ? undefined : checkMark("skipAhead", value, 1n);

/**
 * What `create` resolved with, if the caller expects it. Left out is none; that of a variable which is not set, or set to
 * nothing, does not pass for none.
 */
export function checkPinned(options: { lineage?: string | undefined }): string | undefined {
  if (!("lineage" in options)) return undefined;
  if (checkString("lineage", options.lineage!) === "") throw outOfRange("lineage", "a UUID", '""');
  return options.lineage;
}

export const checkInstanceId = (value: number, name = "instanceId") => checkInteger(name, value, 0, MAX_INSTANCE_ID);

/** It may come from another process. */
export function checkClaim(claim: Claim): Claim {
  const { instanceId, limit, fingerprint } = checkObject("claim", claim);
  checkInstanceId(instanceId);
  if (typeof limit !== "bigint") throw invalidType("limit", "a bigint", show(limit));
  checkString("fingerprint", fingerprint);
  return claim;
}

/** Ids of two layouts or permutations can collide. */
export function checkFingerprint(where: string, stored: string, { fingerprint }: Claim): void {
  if (stored === fingerprint) return;
  const [layout] = stored.split(":");
  const what = fingerprint.startsWith(`${layout}:`) ? "permutation" : "layout";
  throw new CounterConfigError(
    `${where} was used under another ${what} (${stored}, not ${fingerprint}): ids could collide. Use the one of before, or another "name"`,
  );
}

/**
 * The highest end that this process received of each run of numbers, whichever store it came from: a copy that was put
 * back, or that is opened beside it, offers numbers below. The key is the store's random lineage and the instance.
 */
const floors = new Map<string, bigint>();

const floorKey = (lineage: string, instanceId: number) => `${lineage}:${instanceId}`;

export const floorOf = (lineage: string, instanceId: number) => floors.get(floorKey(lineage, instanceId)) ?? 0n;

/** Notes that this process was given all numbers below `end`. */
export function raiseFloor(lineage: string, instanceId: number, end: bigint): void {
  floors.set(floorKey(lineage, instanceId), max(floorOf(lineage, instanceId), end));
}

/** `floor` is that of before the mark was asked for, where other answers may come first. */
export function checkFloor(
  where: string,
  lineage: string,
  instanceId: number,
  mark: bigint,
  floor = floorOf(lineage, instanceId),
): void {
  if (mark < floor) {
    throw new CounterRollbackError(
      `instance ${instanceId} of ${where} went back to ${mark}: this process was given all below ${floor}`,
    );
  }
}

export const missing = (where: string, instanceId: number) =>
  new CounterNotInitializedError(`${where} has no instance ${instanceId}`);

export const missingSpace = (where: string) =>
  new CounterNotInitializedError(`${where} does not exist: create an instance first`);

export const exists = (where: string, instanceId: number) =>
  new CounterConfigError(`${where} has an instance ${instanceId} already`);

export const foreign = (where: string, found: string, expected: string) =>
  new CounterRollbackError(
    `${where} is another than expected: its lineage is ${found}, not ${expected}. It was made anew, or this is another store`,
  );

export const invalidMark = (where: string, found: unknown) =>
  new CounterCorruptError(`${where} has been edited: ${show(found)} is no valid mark`);

export const aboveCeiling = (ceiling: bigint | string, floor: U64Like) =>
  outOfRange("floor", `at most ${ceiling}`, show(floor));

export const closed = (where: string) => new ClosedError(`the counter on ${where} is closed`);

export const noInstanceIdLeft = (where: string, highest: number) =>
  new CounterExhaustedError(`${where} has given away all instance ids up to ${highest}`);

export const exhausted = (where: string, instanceId: number, ceiling: bigint) =>
  new CounterExhaustedError(
    `instance ${instanceId} of ${where} has issued all its numbers, up to ${ceiling - 1n}: move to a fresh instance id`,
  );

/** From 90 % on, its operator is told. */
export const isNearlyExhausted = (end: bigint, ceiling: bigint) => end * 10n > ceiling * 9n;

/** Tells the operator of a counter, once, that an instance of it is nearly exhausted. */
export class ExhaustionWarning {
  #given = false;

  /** `end` is that of the newest block. */
  consider(where: string, instanceId: number, end: bigint, ceiling: bigint): void {
    if (this.#given || !isNearlyExhausted(end, ceiling)) return;
    this.#given = true;
    warn("PERMID64_NEARLY_EXHAUSTED", `Instance ${instanceId} of ${where} has ${ceiling - end} numbers left.`);
  }
}

/** Told by its code, since a counter may come from another copy of this library, or from another thread. */
export const isRollback = (error: unknown) =>
  (error as { code?: unknown } | undefined)?.code === ("ERR_PERMID64_COUNTER_ROLLBACK" satisfies ErrorCode);
