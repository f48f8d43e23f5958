import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agree, bulk, type Contender, compare, type Effort } from "../lib/harness.ts";
import { Id64, MemoryCounter } from "../lib/library.ts";
import {
  atMost,
  type Bar,
  type Findings,
  millions,
  nanoseconds,
  rateOf,
  type Table,
  type Target,
  times,
} from "../lib/report.ts";

const LIBRARY = "permid64";
const INSTANCE = 1;
/** The first raw of the instance: what C starts from. */
const START = String(BigInt(INSTANCE) << 48n);
const KIB = 1024;
/** Ids per call. The targets are for memory, so they are read at the last, 64 MiB of ids, which hardly a cache holds. */
const SIZES = [64 * KIB, KIB * KIB, 8 * KIB * KIB];
const MEMORY = SIZES.at(-1)!;

/** C at its best, and then under what WebAssembly is under: vectors of 128 bits, and memory of its own to copy from. */
const RIVALS = [
  { name: "C", march: "native", mode: "direct" },
  { name: "C, 128-bit vectors", march: "x86-64-v2", mode: "direct" },
  { name: "C, 128-bit vectors, copied out", march: "x86-64-v2", mode: "windowed" },
] as const;

type Rival = (typeof RIVALS)[number];

const generator = {
  multiplicative: () => Id64.multiplicative({ instanceId: INSTANCE, counter: new MemoryCounter() }),
  feistel: () => Id64.feistel({ instanceId: INSTANCE, counter: new MemoryCounter() }),
};

interface Job {
  readonly name: string;
  readonly limit: number;
  readonly perSecond: number;
  readonly variants: readonly string[];
  /** The library's side, on an array for `count` ids. */
  prepare(count: number): { run: () => unknown; bytes: Uint8Array };
}

function fillU64(mode: keyof typeof generator): Job["prepare"] {
  return (count) => {
    const ids = generator[mode]();
    const out = new BigUint64Array(count);
    return { run: () => ids.fillU64(out), bytes: new Uint8Array(out.buffer) };
  };
}

const JOBS: readonly Job[] = [
  {
    name: "fillU64, multiplicative",
    limit: 1.5,
    perSecond: 480e6,
    variants: ["multiplicative"],
    prepare: fillU64("multiplicative"),
  },
  {
    name: "fillU64, Feistel",
    limit: 2,
    perSecond: 140e6,
    variants: ["feistel_plain", "feistel_halves"],
    prepare: fillU64("feistel"),
  },
  {
    name: "fillBase62, multiplicative",
    limit: 1.5,
    perSecond: 100e6,
    variants: ["base62_pairs", "base62_fractions"],
    prepare(count) {
      const ids = generator.multiplicative();
      const bytes = new Uint8Array(11 * count);
      return { run: () => ids.fillBase62(bytes), bytes };
    },
  },
];

function check(binary: string, { name, variants, prepare }: Job): void {
  const count = 1 << 20;
  const { run, bytes } = prepare(count);
  run();
  for (const variant of variants) {
    const { stdout } = spawnSync(binary, ["check", variant, String(count), START], { maxBuffer: 2 * bytes.length });
    agree(`${name} and ${variant} of native.c`, Buffer.compare(stdout, bytes) === 0);
  }
}

/** Starting a process write-protects the pages of this one, so that the first run after it pays for faults, not for work. */
function library(count: number, run: () => unknown): Contender {
  const { name, sample } = bulk(LIBRARY, count, run);
  return {
    name,
    sample(time) {
      run();
      return sample(time);
    },
  };
}

const native = (binary: string, { name, mode }: Rival, variant: string, count: number): Contender => ({
  name: `${name}: ${variant}`,
  sample: (time) => Number(execFileSync(binary, [mode, variant, String(count), String(time)])),
});

/** The builds of native.c that can be made here, by their -march. */
function compile(folder: string): Map<string, string> {
  const source = fileURLToPath(new URL("native.c", import.meta.url));
  const binaries = new Map<string, string>();
  for (const march of new Set(RIVALS.map((rival) => rival.march))) {
    const binary = join(folder, march);
    const { status } = spawnSync("gcc", ["-O3", `-march=${march}`, "-o", binary, source], { stdio: "ignore" });
    if (status === 0) binaries.set(march, binary);
  }
  return binaries;
}

export function measure(effort: Effort): Findings {
  const folder = mkdtempSync(join(tmpdir(), "permid64-bench-"));
  try {
    return against(compile(folder), effort);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function against(binaries: ReadonlyMap<string, string>, effort: Effort): Findings {
  const present = RIVALS.filter(({ march }) => binaries.has(march));
  const targets: Target[] = [];
  const tables: Table[] = [];
  const bars: Bar[] = [];
  for (const job of JOBS) {
    for (const binary of binaries.values()) check(binary, job);
    const rows: string[][] = [];
    for (const count of effort.quick ? [MEMORY] : SIZES) {
      const rivals = present.flatMap((rival) =>
        job.variants.map((variant) => native(binaries.get(rival.march)!, rival, variant, count)),
      );
      const result = compare([library(count, job.prepare(count).run), ...rivals], effort);
      const best = ({ name }: Rival) => result.best(job.variants.map((variant) => `${name}: ${variant}`));
      rows.push([
        count.toLocaleString("en"),
        nanoseconds(result.cost(LIBRARY)),
        millions(result.rate(LIBRARY)),
        ...present.flatMap((rival) => [
          nanoseconds(result.cost(best(rival))),
          times(result.ratio(LIBRARY, best(rival))),
        ]),
      ]);
      if (count < MEMORY) continue;
      const [c] = present;
      const what = `${job.name}: the cost in C`;
      if (c?.march === "native") targets.push(atMost(what, result.ratio(LIBRARY, best(c)), job.limit));
      else targets.push({ what, want: `≤ ${job.limit}×`, got: "gcc is missing" });
      targets.push(rateOf(job.name, result.rate(LIBRARY), job.perSecond));
      bars.push({ label: `${LIBRARY} ${job.name}`, perSecond: result.rate(LIBRARY) });
    }
    const head = ["ids a call", "permid64, ns", "M/s", ...present.flatMap(({ name }) => [`${name}, ns`, "ratio"])];
    tables.push({ title: job.name, head, rows });
  }
  return {
    title: "Bulk to memory, against C",
    about:
      "The same loops in C, compiled here with `gcc -O3 -march=native`; of several ways to write each, the fastest counts. " +
      "The C beside it is under the limits that WebAssembly is under: vectors of 128 bits, and then also results that " +
      "have to be copied out of a memory of its own. What is left of the ratio there is permid64's; the rest is not.",
    targets,
    tables,
    bars,
  };
}
