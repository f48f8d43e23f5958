import { isDeepStrictEqual } from "node:util";
import { Bench } from "tinybench";
import { agree, CALLS, Comparison, type Effort } from "../lib/harness.ts";
import { AsyncId64, type Generator, Id64, MemoryCounter } from "../lib/library.ts";
import { atMost, type Findings, nanoseconds, type Table, type Target, times } from "../lib/report.ts";

const BULK = 1 << 16;
/** A `next` that needs no round trip, await included. */
const MAX_NEXT = 3;
/** Bulk calls cost the same; this much is noise. */
const MAX_BULK = 1.1;

const options = () => ({ instanceId: 1, counter: new MemoryCounter() });
const sync = () => Id64.multiplicative(options());
const later = () => AsyncId64.multiplicative(options());

/** Both classes issue the same, call by call. */
async function check(): Promise<void> {
  const [a, b] = [sync(), later()];
  const [xs, ys] = [new Uint8Array(12 * 3000), new Uint8Array(12 * 3000)];
  for (let i = 0; i < 2000; i++) {
    agree("nextU64", a.nextU64() === (await b.nextU64()));
    agree("nextBase62", a.nextBase62() === (await b.nextBase62()));
  }
  agree("takeU64", isDeepStrictEqual(a.takeU64(BULK), await b.takeU64(BULK)));
  agree("takeBase62", isDeepStrictEqual(a.takeBase62(BULK), await b.takeBase62(BULK)));
  agree("fillBase62", a.fillBase62(xs, { separator: 10 }) === (await b.fillBase62(ys, { separator: 10 })));
  agree("fillBase62", isDeepStrictEqual(xs, ys));
}

type Run = () => unknown;

/** Runs them in turns, as `compare` does, and waits for each. */
async function compareLater(runs: Record<string, Run>, items: number, { rounds, milliseconds }: Effort) {
  const sample = async (name: string, run: Run, time: number) => {
    const bench = new Bench({ time, iterations: 1, warmup: false, throws: true });
    bench.add(name, run, { async: true });
    const [task] = await bench.run();
    if (task?.result.state !== "completed") throw new Error(`${name}: ${task?.result.state}`);
    return (task.result.latency.mean * 1e6) / items;
  };
  const samples = new Map<string, number[]>(Object.keys(runs).map((name) => [name, []]));
  for (const [name, run] of Object.entries(runs)) await sample(name, run, 2 * milliseconds);
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) samples.get(name)!.push(await sample(name, run, milliseconds));
  }
  return new Comparison(samples);
}

/** A loop that evaluates `expression` on `ids`, in a function of its own for the reason that `single` has one. */
const loop = (expression: string, ids: unknown): Run =>
  new Function(
    "ids",
    `return async () => {
      const kept = new Array(${CALLS});
      for (let i = 0; i < ${CALLS}; i++) kept[i] = ${expression};
      return kept;
    }`,
  )(ids);

async function singles(effort: Effort): Promise<[Table, Target[]]> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const call of ["nextU64()", "nextBase62()"]) {
    const result = await compareLater(
      {
        sync: loop(`ids.${call}`, sync()),
        awaited: loop(`await ids.${call}`, sync()),
        async: loop(`await ids.${call}`, later()),
      },
      CALLS,
      effort,
    );
    const ratio = result.ratio("async", "sync");
    targets.push(atMost(`await ${call}`, ratio, MAX_NEXT));
    rows.push([call, ...["sync", "awaited", "async"].map((name) => nanoseconds(result.cost(name))), times(ratio)]);
  }
  const head = ["call", "Id64, ns", "Id64, its value awaited, ns", "AsyncId64, awaited, ns", "AsyncId64 : Id64"];
  return [{ title: "One at a time, at hand", head, rows }, targets];
}

async function bulks(effort: Effort): Promise<[Table, Target[]]> {
  const ids = new BigUint64Array(BULK);
  const text = new Uint8Array(11 * BULK);
  const calls: Record<string, (generator: Generator | InstanceType<typeof AsyncId64>) => unknown> = {
    [`takeU64(${BULK})`]: (generator) => generator.takeU64(BULK),
    [`takeBase62(${BULK})`]: (generator) => generator.takeBase62(BULK),
    [`fillU64 of ${BULK}`]: (generator) => generator.fillU64(ids),
    [`fillBase62 of ${BULK}`]: (generator) => generator.fillBase62(text),
  };
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [name, call] of Object.entries(calls)) {
    const [a, b] = [sync(), later()];
    const result = await compareLater({ sync: async () => call(a), async: async () => call(b) }, BULK, effort);
    const ratio = result.ratio("async", "sync");
    targets.push(atMost(name, ratio, MAX_BULK));
    rows.push([name, nanoseconds(result.cost("sync")), nanoseconds(result.cost("async")), times(ratio)]);
  }
  return [{ title: "Bulk, per id", head: ["call", "Id64, ns", "AsyncId64, ns", "ratio"], rows }, targets];
}

export async function measure(effort: Effort): Promise<Findings> {
  await check();
  const [single, singleTargets] = await singles(effort);
  const [bulk, bulkTargets] = await bulks(effort);
  return {
    title: "AsyncId64 against Id64",
    about:
      "State in memory, so that what is measured is the class and not a store. An `await` alone costs more than a `nextU64`. The " +
      "middle column awaits the value that the synchronous call returned: no call that returns a promise costs much less.",
    targets: [...singleTargets, ...bulkTargets],
    tables: [single, bulk],
  };
}
