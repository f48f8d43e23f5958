import { ceilingOf, MAX_MARK, max, min } from "./checks.js";
import type { Block, Claim } from "./counter.js";
import {
  exhaustedInstance,
  invalidMark,
  missingInstance,
  movedStore,
  otherLineage,
  otherParameters,
  wentBack,
} from "./errors.js";

/** The stored state of an instance. Someone may have edited it. */
export interface StoredInstance {
  readonly lineage: string;
  /** Undefined until the first generator opens. */
  readonly fingerprint: string | undefined;
  /** A bigint, unless edited; undefined if the id space has no such instance. */
  readonly mark: unknown;
  /** The mark at which the instance is exhausted; undefined if the store has none. */
  readonly ceiling?: unknown;
  /** The server or database where the instance was last used, and the one that answers now; undefined if the store has none. */
  readonly incarnation?: string | undefined;
  readonly live?: string | undefined;
}

/** The counter's conditions, and its question. */
export interface Terms {
  /** Names the id space in error texts. */
  readonly where: string;
  /** The lineage that is pinned or known; undefined accepts any. */
  readonly lineage: string | undefined;
  /** The highest end that this process received for the stored lineage and the instance. */
  readonly seen: bigint;
  readonly skipAhead: bigint | undefined;
  /** Lifts the mark when a generator opens. */
  readonly floor?: bigint;
  /** Numbers to reserve; undefined when a generator opens. */
  readonly count?: number;
}

/** The state to store. Its mark is `block.end`; the live incarnation is stored with it. */
export interface Admission {
  readonly fingerprint: string;
  readonly ceiling: bigint;
  /** Whether `skipAhead` was used. */
  readonly skipped: boolean;
  /** The reserved numbers; none when a generator opens. */
  readonly block: Block;
}

/**
 * Decides whether a claim is admitted to an instance, for opening and for reserving. The function is pure: the store reads
 * before, writes after, and lets nobody in between. All stores check in this order, and refuse with the first error:
 *
 * 1. The id space exists, else CounterNotInitializedError.
 * 2. Its lineage is the pinned or known one, else CounterRollbackError.
 * 3. The instance exists, else CounterNotInitializedError.
 * 4. The mark is a number from 0 to the stored ceiling, else CounterCorruptError.
 * 5. `skipAhead` is consent, and replaces checks 6 and 7: when opening, to other parameters, to another incarnation, and to
 *    a mark below `seen`; when reserving, to another incarnation under the same parameters. The mark becomes
 *    `max(mark, seen) + skipAhead`.
 * 6. The fingerprint is the stored one, or none is stored, else CounterConfigError.
 * 7. The incarnation is the stored one, else CounterRollbackError.
 * 8. When opening, the mark is lifted to `floor`.
 * 9. The mark is not below `seen`, else CounterRollbackError.
 * 10. The mark is at most the claim's ceiling, and below it when reserving, else CounterExhaustedError.
 *
 * @param stored The state in the store; undefined if there is no such id space.
 * @param claim A claim that was checked.
 * @throws The first error of the list.
 */
export function admit(stored: StoredInstance | undefined, claim: Claim, terms: Terms): Admission {
  const { where, lineage, seen, skipAhead, floor = 0n, count } = terms;
  const { instanceId, fingerprint } = claim;
  const opening = count === undefined;
  const ceiling = ceilingOf(claim);

  if (!stored) throw missingInstance(where, instanceId);
  if (lineage !== undefined && stored.lineage !== lineage) throw otherLineage(where, stored.lineage, lineage);
  if (stored.mark === undefined) throw missingInstance(where, instanceId);
  const mark = checkStoredMark(stored, fingerprint, ceiling, where);

  const differs = stored.fingerprint !== undefined && stored.fingerprint !== fingerprint;
  const moved = stored.incarnation !== stored.live;
  const consented = opening ? moved || differs || mark < seen : moved && !differs;
  const skipped = skipAhead !== undefined && consented;
  if (!skipped && differs) throw otherParameters(where, stored.fingerprint, fingerprint);
  if (!skipped && moved) throw movedStore(where, instanceId, stored.incarnation, stored.live);

  const lifted = skipped ? max(mark, seen) + skipAhead : mark;
  const start = opening ? max(lifted, floor) : lifted;
  if (start < seen) throw wentBack(where, instanceId, start, seen);
  if (start > ceiling || (start === ceiling && !opening)) throw exhaustedInstance(where, instanceId, ceiling);
  const end = min(start + BigInt(count ?? 0), ceiling);
  // A generator cannot know that the store ends before its layout does.
  const block = ceiling < claim.limit ? { start, end, ceiling } : { start, end };
  return { fingerprint, ceiling, skipped, block };
}

/** A store that keeps no ceiling has that of the claim, if the parameters are those of before. */
function checkStoredMark(stored: StoredInstance, fingerprint: string, ceiling: bigint, where: string): bigint {
  const implied = stored.fingerprint === fingerprint ? ceiling : MAX_MARK;
  const highest = stored.ceiling === undefined ? implied : stored.ceiling;
  if (typeof highest !== "bigint" || highest > MAX_MARK) throw invalidMark(where, highest);
  const { mark } = stored;
  if (typeof mark !== "bigint" || mark < 0n || mark > highest) throw invalidMark(where, mark);
  return mark;
}

/** The bigint of a mark that a store gives as text; any other value as it is, for `admit` to refuse. */
export const markFrom = (text: unknown): unknown =>
  typeof text === "string" && /^(0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : text;
