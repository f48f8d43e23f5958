import { max } from "./checks.js";

/**
 * The highest end that this process received, by the store's lineage and the instance. A copy of the store that was put
 * back, or opened beside it, offers numbers below that end.
 */
const ends = new Map<string, bigint>();

const keyOf = (lineage: string, instanceId: number) => `${lineage}:${instanceId}`;

export const seenOf = (lineage: string, instanceId: number) => ends.get(keyOf(lineage, instanceId)) ?? 0n;

/** Notes that this process received all numbers below `end`. */
export function noteSeen(lineage: string, instanceId: number, end: bigint): void {
  ends.set(keyOf(lineage, instanceId), max(seenOf(lineage, instanceId), end));
}
