import { agree, bulk, type Comparison, type Contender, compare, type Effort, single } from "../lib/harness.ts";
import { type Generator, Id64, MemoryCounter } from "../lib/library.ts";
import { type Findings, nanoseconds, type Table, type Target } from "../lib/report.ts";

/** How much dearer the dearest may be than the cheapest: as much as runs of the same code differ on a shared machine. */
const FLAT = 1.25;
/** The ids of one bulk call, whatever the total: so that only the total grows. */
const CALL = 1000;
const TOTALS = [3, 4, 5, 6, 7, 8, 9].map((exponent) => 10 ** exponent);
const QUICK_TOTALS = TOTALS.slice(0, 4);
const MEASURABLE = 10 ** 6;
const STARTS = [0n, 10n ** 3n, 10n ** 6n, 10n ** 9n, 10n ** 12n, 2n ** 47n];
const MIB = 1024 * 1024;

const generator = (start = 0n) =>
  Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter({ startAt: start }) });

export function measure(effort: Effort): Findings {
  // First, so that there is nothing else to collect.
  const [used, usedTargets] = memory();
  const [issued, issuedTargets] = whileIssuing(effort);
  const [started, startedTargets] = afterIssued(effort);
  return {
    title: "Growth",
    about:
      "The multiplicative generator, state in memory. Flat means that the dearest is at most a quarter above the cheapest.",
    targets: [...issuedTargets, ...startedTargets, ...usedTargets],
    tables: [issued, started, used],
  };
}

type Part = [table: Table, targets: Target[]];

function whileIssuing(effort: Effort): Part {
  const totals = effort.quick ? QUICK_TOTALS : TOTALS;
  const [filling, next] = [generator(), generator()];
  const out = new BigUint64Array(CALL);
  const fill = (total: number) => {
    for (let i = 0; i < total; i += CALL) filling.fillU64(out);
  };
  const call = (total: number) => {
    let kept: bigint[] = [];
    for (let i = 0; i < total; i += CALL) {
      // A new array, because storing into an old one costs more.
      kept = new Array(CALL);
      for (let j = 0; j < CALL; j++) kept[j] = next.nextU64();
    }
    return kept;
  };
  return flat(
    "ids issued in a row",
    totals,
    { ...effort, rounds: 3 },
    {
      fillU64: (name, total) => repeated(name, total, fill),
      nextU64: (name, total) => repeated(name, total, call),
    },
  );
}

/** A thousand ids take less than the clock needs to be read, so that small totals are timed many at a time. */
function repeated(name: string, total: number, issue: (total: number) => unknown): Contender {
  const times = Math.ceil(MEASURABLE / total);
  return bulk(name, total * times, () => {
    for (let i = 0; i < times; i++) issue(total);
  });
}

function afterIssued(effort: Effort): Part {
  const out = new BigUint64Array(CALL);
  for (const start of STARTS) agree(`a start at ${start}`, decodes(generator(start), start));
  return flat("ids issued before", STARTS, effort, {
    fillU64(name, start) {
      const ids = generator(start);
      return bulk(name, CALL, () => ids.fillU64(out));
    },
    nextU64(name, start) {
      const ids = generator(start);
      return single(name, () => ids.nextU64());
    },
  });
}

const decodes = (ids: Generator, sequence: bigint) => ids.decode(ids.nextU64()).sequence === sequence;

/** The cost of each call at each of `points`, and whether it is the same. */
function flat<T>(
  what: string,
  points: readonly T[],
  effort: Effort,
  calls: Record<string, (name: string, point: T) => Contender>,
): Part {
  const results = Object.entries(calls).map(([name, contender]): [string, Comparison] => {
    // V8 compiles the first closure of a kind for itself alone: one that is left out makes the others alike.
    compare([contender(name, points[0]!)], effort);
    return [
      name,
      compare(
        points.map((point) => contender(String(point), point)),
        effort,
      ),
    ];
  });
  const targets = results.map(([name, result]): Target => {
    const costs = points.map((point) => result.least(String(point)));
    const spread = Math.max(...costs) / Math.min(...costs);
    return {
      what: `${name} by ${what}: dearest to cheapest`,
      want: `≤ ${FLAT}×`,
      got: `${spread.toFixed(2)}×`,
      met: spread <= FLAT,
    };
  });
  const rows = points.map((point) => [
    BigInt(String(point)).toLocaleString("en"),
    ...results.map(([, result]) => nanoseconds(result.least(String(point)))),
  ]);
  return [
    { title: `Cost of one id by ${what}`, head: [what, ...results.map(([name]) => `${name}, ns`)], rows },
    targets,
  ];
}

/** What a generator holds once it has issued one of everything, and once it has issued many. Needs --expose-gc. */
function memory(): Part {
  const MANY = 200;
  const MORE = 50_000;
  const used = () => {
    globalThis.gc!();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const busy = (): Generator => {
    const ids = generator();
    const token = ids.nextBase62();
    return decodes(ids, 1n) && ids.nextBase32() !== token ? ids : generator();
  };
  busy();
  const before = used();
  const kept = Array.from({ length: MANY }, busy);
  const start = used();
  for (const ids of kept) {
    for (let i = 0; i < MORE; i++) ids.nextBase62();
  }
  const [each, grown] = [(start - before) / MANY, (used() - start) / kept.length];
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  return [
    {
      title: "Memory",
      head: ["what", "size"],
      rows: [
        ["a generator that has issued a bigint, a base62 and a base32 token", kib(each)],
        [`what it grows by while it issues ${MORE} more`, kib(grown)],
      ],
    },
    [{ what: "memory of a generator", want: "< 1 MiB", got: kib(each), met: each < MIB }],
  ];
}
