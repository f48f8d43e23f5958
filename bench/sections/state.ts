import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { agree, bulk, compare, type Effort, median, single } from "../lib/harness.ts";
import { type Generator, Id64, MemoryCounter } from "../lib/library.ts";
import { type Findings, millions, nanoseconds, rateOf, type Target } from "../lib/report.ts";

const instanceId = 1;
const TEN_MILLION = 10_000_000;
const MIN_SHARE = 0.8;
const MIN_SINGLE = 5e6;

type Durable = (options?: { blockSize?: number }) => Generator;

export function measure(effort: Effort): Findings {
  // Beside the sources: the folder for temporary files may be in memory, where nothing costs anything.
  const folder = mkdtempSync(fileURLToPath(new URL("../../build/bench-state-", import.meta.url)));
  const generators: Generator[] = [];
  const durable = (options: { blockSize?: number } = {}) => {
    const ids = Id64.multiplicative({ instanceId, stateFile: `${folder}/${generators.length}.state`, ...options });
    generators.push(ids);
    return ids;
  };
  try {
    return report(durable, folder, effort);
  } finally {
    for (const ids of generators) ids.close();
    rmSync(folder, { recursive: true });
  }
}

const inMemory = () => Id64.multiplicative({ instanceId, counter: new MemoryCounter() });

function report(durable: Durable, folder: string, effort: Effort): Findings {
  const numbers = inMemory().takeU64(10_000);
  const issued = durable();
  agree(
    "a state file and memory",
    numbers.every((id) => id === issued.nextU64()),
  );

  const ids = new BigUint64Array(TEN_MILLION);
  const text = new Uint8Array(11 * TEN_MILLION);
  const calls = {
    [`fillU64 of ${TEN_MILLION}`]: (generator: Generator) => () => generator.fillU64(ids),
    [`fillBase62 of ${TEN_MILLION}`]: (generator: Generator) => () => generator.fillBase62(text),
  };
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [name, call] of Object.entries(calls)) {
    const result = compare(
      [bulk("memory", TEN_MILLION, call(inMemory())), bulk("file", TEN_MILLION, call(durable()))],
      effort,
    );
    const share = result.ratio("memory", "file");
    targets.push({
      what: `${name}: share of the rate in memory`,
      want: `≥ ${100 * MIN_SHARE} %`,
      got: `${(100 * share).toFixed(0)} %`,
      met: share >= MIN_SHARE,
    });
    rows.push([
      name,
      nanoseconds(result.cost("memory")),
      nanoseconds(result.cost("file")),
      millions(result.rate("file")),
    ]);
  }
  const [memory, file, words] = [inMemory(), durable(), durable()];
  const result = compare(
    [
      single("memory", () => memory.nextU64()),
      single("nextU64()", () => file.nextU64()),
      single("memory, text", () => memory.nextBase62()),
      single("nextBase62()", () => words.nextBase62()),
    ],
    effort,
  );
  for (const [name, base] of [
    ["nextU64()", "memory"],
    ["nextBase62()", "memory, text"],
  ] as const) {
    targets.push(rateOf(`${name}, blocks of 4096`, result.rate(name), MIN_SINGLE));
    rows.push([
      `${name}, blocks of 4096`,
      nanoseconds(result.cost(base)),
      nanoseconds(result.cost(name)),
      millions(result.rate(name)),
    ]);
  }
  return {
    title: "With the durable state file",
    about:
      "A bulk call costs one reservation, single calls one per block. A reservation is one SQLite commit, synced to the disk; " +
      "beside it, what the disk takes to sync one small write.",
    targets,
    tables: [
      { title: "Cost of one id", head: ["call", "memory, ns", "state file, ns", "M/s"], rows },
      reservations(durable({ blockSize: 1 }), folder, effort),
    ],
  };
}

/** With blocks of one number, every call is a reservation. */
function reservations(ids: Generator, folder: string, { quick }: Effort) {
  const count = quick ? 50 : 500;
  const file = openSync(`${folder}/sync`, "w");
  const page = new Uint8Array(4096);
  const sync = timed(count, () => {
    writeSync(file, page, 0, page.length, 0);
    fsyncSync(file);
  });
  closeSync(file);
  const row = (name: string, times: number[]) => [
    name,
    median(times).toFixed(3),
    times.toSorted((a, b) => a - b)[Math.floor(0.99 * count)]!.toFixed(3),
  ];
  return {
    title: "Cost of one reservation",
    head: ["what", "median, ms", "99th percentile, ms"],
    rows: [
      row(
        "reservation",
        timed(count, () => ids.nextU64()),
      ),
      row("write and fsync of 4096 bytes", sync),
    ],
  };
}

function timed(count: number, run: () => unknown): number[] {
  return Array.from({ length: count }, () => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  });
}
