import { outOfRange, show } from "../base/check.js";
import {
  ClosedError,
  CounterConfigError,
  CounterCorruptError,
  CounterExhaustedError,
  CounterNotInitializedError,
  CounterRollbackError,
  type ErrorCode,
} from "../base/errors.js";

// The errors of all durable counters, in the same words. `where` names the id space and its store.

export const idSpace = (name: string, store: string) => `id space "${name}" in ${store}`;

export const missingInstance = (where: string, instanceId: number) =>
  new CounterNotInitializedError(`${where} has no instance ${instanceId}: create the instance first`);

export const missingSpace = (where: string) =>
  new CounterNotInitializedError(`${where} does not exist: create an instance first`);

export const existingInstance = (where: string, instanceId: number) =>
  new CounterConfigError(`${where} has an instance ${instanceId} already`);

export const otherLineage = (where: string, found: string, expected: string) =>
  new CounterRollbackError(
    `${where} has lineage ${found}, not ${expected}: someone made it anew, or this is another store`,
  );

export const invalidMark = (where: string, found: unknown) =>
  new CounterCorruptError(`${where} has been edited: ${show(found)} is no valid mark`);

/** Ids of two layouts or permutations can collide. */
export function otherParameters(where: string, stored: string, fingerprint: string): CounterConfigError {
  const [layout] = stored.split(":");
  const what = fingerprint.startsWith(`${layout}:`) ? "permutation" : "layout";
  return new CounterConfigError(
    `${where} was used under another ${what} (${stored}, not ${fingerprint}), so ids could collide. ` +
      'Use the former one, or another "name"',
  );
}

export const movedStore = (where: string, instanceId: number, before: unknown, now: unknown) =>
  new CounterRollbackError(
    `instance ${instanceId} of ${where} was last used on ${before} and is on ${now} now: the store was restarted, restored, ` +
      'copied or failed over, and reservations may be lost. Raise the mark, pass "skipAhead", or move to a fresh instance id',
  );

export const movedSpace = (where: string, before: unknown, now: unknown, remedy: string) =>
  new CounterRollbackError(
    `${where} was last used on ${before} and is on ${now} now: the store was restarted, restored, copied or failed over, and ` +
      `instances may be lost. ${remedy}`,
  );

export const wentBack = (where: string, instanceId: number, mark: bigint, seen: bigint) =>
  new CounterRollbackError(
    `instance ${instanceId} of ${where} went back to ${mark}: this process was given all numbers below ${seen}. ` +
      'Raise the mark, pass "skipAhead", or move to a fresh instance id',
  );

export const exhaustedInstance = (where: string, instanceId: number, ceiling: bigint) =>
  new CounterExhaustedError(
    `instance ${instanceId} of ${where} has issued all its numbers, up to ${ceiling - 1n}: move to a fresh instance id`,
  );

export const noInstanceIdLeft = (where: string, highest: number) =>
  new CounterExhaustedError(`${where} has given away all instance ids up to ${highest}`);

export const aboveCeiling = (ceiling: bigint | string, floor: bigint) =>
  outOfRange("floor", `at most ${ceiling}, where the instance ends`, show(floor));

export const closedCounter = (where: string) => new ClosedError(`the counter on ${where} is closed`);

/** By the code, since a counter may come from another copy of this library, or from another thread. */
export const isRollback = (error: unknown) =>
  (error as { code?: unknown } | undefined)?.code === ("ERR_PERMID64_COUNTER_ROLLBACK" satisfies ErrorCode);
