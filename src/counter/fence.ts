import { max } from "./checks.js";

/**
 * The highest end that this process received, by the store's lineage and the instance. A copy of the store that was put
 * back, or opened beside it, offers numbers below that end.
 */
const ends = new Map<string, bigint>();

const keyOf = (lineage: string, instanceId: number) => `${lineage}:${instanceId}`;

export const seenOf = (lineage: string, instanceId: number) => ends.get(keyOf(lineage, instanceId)) ?? 0n;

/** As `seenOf` at another moment. */
export type Seen = typeof seenOf;

/**
 * `seenOf` as of now. Between a read and the decision on it, other counters of this process may receive numbers that the
 * read does not show yet.
 */
export function seenSoFar(): Seen {
  const then = new Map(ends);
  return (lineage, instanceId) => then.get(keyOf(lineage, instanceId)) ?? 0n;
}

/** Notes that this process received all numbers below `end`. */
export function noteSeen(lineage: string, instanceId: number, end: bigint): void {
  ends.set(keyOf(lineage, instanceId), max(seenOf(lineage, instanceId), end));
}
