import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { AsyncId64, type Block, CounterUnavailableError } from "permid64";
import { describe, expect, test } from "vitest";
import { Store, TestCounter, unique, watchRejections, within } from "../support/async-counters.js";
import { ENGINES } from "../support/vectors.js";

watchRejections();

const TIMEOUT = 12;

/** How a store takes one reservation: it answers, gives less, fails before or after it has written, or answers too late. */
const behaviour = fc.record({
  kind: fc.constantFrom("good", "good", "good", "short", "fails", "fails after", "late"),
  delay: fc.constantFrom(0, 0, 0, 1, 3),
});

const action = fc.record({
  kind: fc.constantFrom("u64", "base62", "base32", "take", "take62", "take32", "fill", "fill62", "discard", "close"),
  n: fc.integer({ min: 1, max: 40 }),
  generator: fc.integer({ min: 0, max: 2 }),
  /** Milliseconds until the next action; below 0 they are asked for at the same time. */
  pause: fc.constantFrom(-1, -1, -1, -1, 0, 0, 2),
});

const schedule = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 60 }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 20 }),
  minBlock: fc.integer({ min: 1, max: 50 }),
  growth: fc.integer({ min: 1, max: 4 }),
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

function counterOf(store: Store, behaviours: Schedule["behaviours"]) {
  let calls = 0;
  return new TestCounter(async (count, { limit }) => {
    const { kind, delay } = behaviours[calls++ % behaviours.length]!;
    if (delay > 0) await sleep(delay);
    if (kind === "fails") throw new CounterUnavailableError("before it was written");
    const block = store.take(kind === "short" ? Math.ceil(count / 3) : count, limit);
    if (kind === "fails after") throw new CounterUnavailableError("after it was written");
    if (kind === "late") await sleep(2 * TIMEOUT);
    return block;
  });
}

/** The sequence numbers that an action issued. */
async function perform(ids: AsyncId64, { kind, n }: Schedule["actions"][number]): Promise<readonly bigint[]> {
  const of = (id: bigint) => ids.decode(id).sequence;
  switch (kind) {
    case "u64":
      return [of(await ids.nextU64())];
    case "base62":
      return [ids.decodeBase62(await ids.nextBase62()).sequence];
    case "base32":
      return [ids.decodeBase32(await ids.nextBase32()).sequence];
    case "take":
      return Array.from(await ids.takeU64(n), of);
    case "take62":
      return [...ids.decodeManyBase62(await ids.takeBase62(n)).sequence];
    case "take32":
      return (await ids.takeBase32(n)).map((token) => ids.decodeBase32(token).sequence);
    case "fill": {
      const out = new BigUint64Array(n);
      await ids.fillU64(out);
      return Array.from(out, of);
    }
    case "fill62": {
      const out = new Uint8Array(12 * n);
      expect(await ids.fillBase62(out, { separator: 10 })).toBe(n);
      return [...ids.decodeManyBase62(out, { separator: 10 }).sequence];
    }
    case "discard":
      ids.discardLeases();
      return [];
    default:
      await ids.close();
      return [];
  }
}

const single = new Set(["u64", "base62", "base32"]);
const issuing = (kind: string) => kind !== "discard" && kind !== "close";

describe.each(ENGINES)("%s engine", (engine) => {
  test("whatever is called when, and whatever the store does, no number is issued twice, and each was leased", async () => {
    let served = 0;
    let refused = 0;
    const run = async ({ actions, behaviours, minBlock, growth }: Schedule) => {
      const store = new Store();
      const workers = Array.from({ length: 3 }, () => {
        const leases: Block[] = [];
        const counter = counterOf(store, behaviours);
        const ids = AsyncId64.feistel({
          instanceId: 1,
          counter,
          engine,
          minBlock,
          maxBlock: minBlock * growth,
          timeout: TIMEOUT,
          onLease: (lease) => leases.push(lease),
        });
        expect(ids.engine).toBe(engine);
        return { ids, counter, leases, issued: [] as bigint[] };
      });
      const calls: Promise<void>[] = [];
      for (const action of actions) {
        const { ids, issued } = workers[action.generator]!;
        const call = async () => {
          const numbers = await perform(ids, action).catch((error) => {
            expect(error.code).toMatch(/^ERR_PERMID64_(COUNTER_TIMEOUT|CLOSED)$/);
            return undefined;
          });
          if (issuing(action.kind)) {
            expect(numbers?.length ?? 0).toBe(numbers ? (single.has(action.kind) ? 1 : action.n) : 0);
            if (numbers) served++;
            else refused++;
          }
          issued.push(...(numbers ?? []));
        };
        calls.push(call());
        if (action.pause >= 0) await sleep(action.pause);
      }
      await Promise.all(calls);
      const all = workers.flatMap(({ issued }) => issued);
      expect(unique(all)).toBe(true);
      expect(all.every(within(store.given))).toBe(true);
      for (const { ids, counter, leases, issued } of workers) {
        await ids.close();
        await sleep(0); // Hooks hear of a block a moment later.
        expect(issued.every(within(leases))).toBe(true);
        const { issued: count, discarded, remaining } = ids.stats();
        expect(count).toBe(issued.length);
        expect(remaining).toEqual({ current: 0, next: 0 });
        const leased = leases.reduce((sum, { start, end }) => sum + Number(end - start), 0);
        expect(count + discarded).toBe(leased);
        // One under way, besides those that were given up: by a deadline, or by discardLeases.
        if (!behaviours.some(({ kind }) => kind === "late") && !actions.some(({ kind }) => !issuing(kind))) {
          expect(counter.mostPending).toBeLessThanOrEqual(1);
        }
      }
    };
    await fc.assert(fc.asyncProperty(schedule, run), { numRuns: 200, interruptAfterTimeLimit: 30_000 });
    expect(served).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(10);
  });
});
