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
const others = fc.constantFrom(undefined, ...FINGERPRINTS);
const marks = edges(0n, SEEN, 2n ** 48n, 2n ** 48n - 10n, 2n ** 53n, 2n ** 63n - 2n).filter((mark) => mark <= MAX_MARK);

/** Most of what there is of a row is as it should be, so that what is not has an effect. */
function scenarios({ ceiling, tellsIncarnation, takesFloor }: Subject) {
  const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: rare });
  const claim = mostly(fc.constant(FINGERPRINTS[0]!), fc.constantFrom(...FINGERPRINTS)).map(claimOf);
  const rowOf = (claim: Claim) =>
    fc
      .record({
        lineage: mostly(fc.constant(OWN), fc.constant(OTHER)),
        fingerprint: fc.oneof(fc.constant(claim.fingerprint), mostly(fc.constant(claim.fingerprint), others)),
        mark: mostly<bigint | undefined>(marks, fc.constantFrom(undefined, -1n, 2n ** 48n + 1n)),
        ceiling: mostly(fc.constant(ceilingOf(claim)), fc.constantFrom(2n ** 48n, MAX_MARK, SEEN)),
        moved: tellsIncarnation ? mostly(fc.constant(false), fc.constant(true)) : fc.constant(false),
      })
      .map((row): RowState => {
        const opened = row.fingerprint !== undefined;
        const has = ceiling === "opened" ? opened : ceiling === "always" && row.mark !== undefined;
        return { ...row, ceiling: has ? row.ceiling : undefined, moved: row.moved && row.mark !== undefined };
      });
  return claim.chain((claim) =>
    fc.record({
      claim: fc.constant(claim),
      state: fc.oneof({ weight: 30, arbitrary: rowOf(claim) }, { weight: 1, arbitrary: fc.constant(undefined) }),
      seen: fc.constantFrom(0n, SEEN),
      /** Undefined when a generator opens. */
      count: fc.oneof(fc.constant(undefined), fc.constantFrom(1, 10, 2 ** 32 - 1)),
      pinned: fc.boolean(),
      skipAhead: fc.oneof(fc.constant(undefined), fc.constantFrom(1n, 10n, 1000n, 2n ** 48n - SEEN, MAX_MARK)),
      floor: takesFloor ? mostly(fc.constant(0n), fc.constantFrom(SEEN, 2n ** 48n, 2n ** 48n + 1n)) : fc.constant(0n),
    }),
  );
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
export async function checkAdmission(subject: Subject, { seed = 1, numRuns = 500 } = {}): Promise<void> {
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
  expect(Math.min(...met.values())).toBeGreaterThan(numRuns / 100);
}
