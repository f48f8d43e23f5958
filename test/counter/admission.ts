import fc from "fast-check";
import { expect } from "vitest";
import { admit, type StoredInstance } from "../../src/counter/admission.ts";
import type { AsyncCounter, Block, Claim, Counter } from "../support/library.ts";

// Every store decides a claim as the pure function does: a row is set to a random state, a counter is asked, and block, error
// code and stored state are compared.

export const OWN = "00000000-0000-4000-8000-000000000001";
const OTHER = "00000000-0000-4000-8000-000000000002";
export const INSTANCE_ID = 7;

/** The state of a row. */
export interface RowState {
  readonly lineage: string;
  readonly fingerprint: string | undefined;
  /** Undefined: the space is there and the instance is not. */
  readonly mark: bigint | undefined;
  /** Undefined where a store keeps none. */
  readonly ceiling: bigint | undefined;
  /** Whether the row was last used on another server or database. */
  readonly moved: boolean;
}

export interface AskOptions {
  readonly lineage?: string;
  readonly skipAhead?: bigint;
  readonly floor?: bigint;
}

export interface Subject {
  /** Whether a row has a ceiling: always, from the first open on, or never. */
  readonly ceiling: "always" | "opened" | "never";
  readonly tellsIncarnation: boolean;
  readonly takesFloor: boolean;
  /** Whether `reserve` opens by itself, if nobody did. */
  readonly opensFirst: boolean;
  /** A counter on an id space; it makes nothing by itself. */
  counter(name: string, options: AskOptions): Counter | AsyncCounter;
  /** Makes the id space as given, or undefined: removes it. */
  write(name: string, state: RowState | undefined): Promise<void>;
  read(name: string): Promise<RowState | undefined>;
}

const FINGERPRINTS = ["16+48:0123abcd", "16+48:ffffffff", "0+64:0123abcd"];
const LIMITS: Readonly<Record<string, bigint>> = { "16": 2n ** 48n, "0": 2n ** 64n };
const MAX_MARK = 2n ** 63n - 1n;

const claimOf = (fingerprint: string): Claim => ({
  instanceId: INSTANCE_ID,
  limit: LIMITS[fingerprint.split("+")[0]!]!,
  fingerprint,
});

const ceilingOf = ({ limit }: Claim) => (limit < MAX_MARK ? limit : MAX_MARK);

/** Numbers around those where something changes. */
const edges = (...around: bigint[]) =>
  fc.constantFrom(...around.flatMap((edge) => [-1n, 0n, 1n].map((step) => edge + step)));

const SEEN = 5000n;
const marks = edges(0n, SEEN, 2n ** 48n, 2n ** 48n - 10n, 2n ** 53n, 2n ** 63n - 2n).filter((mark) => mark <= MAX_MARK);

function scenarios({ ceiling, tellsIncarnation, takesFloor }: Subject) {
  const fingerprint = fc.constantFrom(undefined, ...FINGERPRINTS, FINGERPRINTS[0]!, FINGERPRINTS[0]!);
  const row = fc.record({
    lineage: fc.constantFrom(OWN, OWN, OWN, OTHER),
    fingerprint,
    mark: fc.oneof({ weight: 12, arbitrary: marks }, { weight: 1, arbitrary: fc.constant(undefined) }),
    ceiling: fc.constantFrom(2n ** 48n, MAX_MARK, SEEN),
    moved: tellsIncarnation ? fc.boolean() : fc.constant(false),
  });
  const state = row.map((state): RowState => {
    const has =
      ceiling === "opened" ? state.fingerprint !== undefined : ceiling === "always" && state.mark !== undefined;
    return { ...state, ceiling: has ? state.ceiling : undefined, moved: state.moved && state.mark !== undefined };
  });
  return fc.record({
    state: fc.oneof({ weight: 20, arbitrary: state }, { weight: 1, arbitrary: fc.constant(undefined) }),
    claim: fc.constantFrom(...FINGERPRINTS, FINGERPRINTS[0]!, FINGERPRINTS[0]!).map(claimOf),
    seen: fc.constantFrom(0n, SEEN),
    /** Undefined when a generator opens. */
    count: fc.constantFrom(undefined, 1, 10, 2 ** 32 - 1),
    pinned: fc.boolean(),
    skipAhead: fc.constantFrom(undefined, undefined, 1n, 10n, 1000n, 2n ** 48n - SEEN, MAX_MARK),
    floor: takesFloor ? fc.constantFrom(0n, 0n, SEEN, 2n ** 48n, 2n ** 48n + 1n) : fc.constant(0n),
  });
}

interface Outcome {
  readonly code: string | undefined;
  readonly block: Block | undefined;
  readonly stored: RowState | undefined;
}

async function outcomeOf(work: () => unknown, stored: () => Promise<RowState | undefined>): Promise<Outcome> {
  let code: string | undefined;
  let block: Block | undefined;
  try {
    block = (await work()) as Block | undefined;
  } catch (error) {
    code = (error as { code?: string }).code ?? String(error);
  }
  return { code, block, stored: await stored() };
}

const storedIn = ({ lineage, fingerprint, mark, ceiling, moved }: RowState): StoredInstance => {
  const incarnation = moved ? "before" : "now";
  return { lineage, fingerprint, mark, ceiling, incarnation, live: "now" };
};

/** As many random states as it takes to meet each outcome many times over. */
export async function checkAdmission(subject: Subject, { seed = 1, numRuns = 400 } = {}): Promise<void> {
  const met = new Map<string | undefined, number>();
  let spaces = 0;
  await fc.assert(
    fc.asyncProperty(scenarios(subject), async (scenario) => {
      const { state, claim, count, pinned, skipAhead } = scenario;
      const opening = count === undefined;
      const name = `s${seed}-${spaces++}`;
      // This process is given all below `seen`, from an id space of the same lineage.
      const lineage = crypto.randomUUID();
      const own = state && { ...state, lineage: state.lineage === OWN ? lineage : crypto.randomUUID() };
      if (scenario.seen > 0n) {
        const wide = claimOf(FINGERPRINTS[2]!);
        const { fingerprint } = wide;
        const ceiling = subject.ceiling === "never" ? undefined : MAX_MARK;
        await subject.write(`${name}-seen`, { lineage, fingerprint, mark: scenario.seen - 1n, ceiling, moved: false });
        await subject.counter(`${name}-seen`, { lineage }).reserve(1, wide);
      }
      const options: AskOptions = {
        ...((pinned || !opening) && { lineage }),
        ...(skipAhead !== undefined && { skipAhead }),
        ...(scenario.floor > 0n && { floor: scenario.floor }),
      };
      const counter = subject.counter(name, options);
      if (!opening && subject.opensFirst) {
        const { fingerprint } = claim;
        const ceiling = subject.ceiling === "never" ? undefined : ceilingOf(claim);
        await subject.write(name, { lineage, fingerprint, mark: scenario.seen, ceiling, moved: false });
        await counter.open!(claim);
      }
      await subject.write(name, own);

      const found = await outcomeOf(
        () => (opening ? counter.open!(claim) : counter.reserve(count, claim)),
        () => subject.read(name),
      );
      let expected: Outcome;
      try {
        const { block, fingerprint, ceiling } = admit(own && storedIn(own), claim, {
          where: "it",
          lineage: options.lineage,
          seen: own?.lineage === lineage ? scenario.seen : 0n,
          skipAhead,
          floor: scenario.floor,
          ...(!opening && { count }),
        });
        const stored = { lineage: own!.lineage, fingerprint, mark: block.end, moved: false };
        expected = {
          code: undefined,
          block: opening ? undefined : block,
          stored: { ...stored, ceiling: subject.ceiling === "never" ? undefined : ceiling },
        };
      } catch (error) {
        expected = { code: (error as { code: string }).code, block: undefined, stored: own };
      }
      expect(found).toEqual(expected);
      met.set(found.code, (met.get(found.code) ?? 0) + 1);
    }),
    { seed, numRuns },
  );
  const codes = ["NOT_INITIALIZED", "CORRUPT", "CONFIG", "ROLLBACK", "EXHAUSTED"].map(
    (code) => `ERR_PERMID64_COUNTER_${code}`,
  );
  expect([...met.keys()].sort()).toEqual([...codes, undefined].sort());
  expect(Math.min(...met.values())).toBeGreaterThan(numRuns / 60);
}
