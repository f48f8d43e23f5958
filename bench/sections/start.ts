import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Effort, median } from "../lib/harness.ts";
import type { Findings, Target } from "../lib/report.ts";

const KB = 1000;
const MAX_IMPORT = 3;
const MAX_FIRST_TOKEN = 10;
const MAX_BUNDLE = 12 * KB;
/** Above this, older Chrome refuses to compile synchronously on the main thread. */
const MAX_WASM = 4096;

/** What start-child.mjs prints: milliseconds since its first line, and of one token at the end. */
interface Start {
  readonly imported: number;
  readonly first: number;
  readonly second: number;
  readonly steady: number;
}

const ms = (value: number) => `${value.toFixed(2)} ms`;
const child = fileURLToPath(new URL("start-child.mjs", import.meta.url));

const start = (engine: string): Start =>
  JSON.parse(execFileSync(process.execPath, [child, engine], { encoding: "utf8" }));

const enforced = (what: string, want: string, got: string, met: boolean): Target => ({
  what,
  want,
  got,
  met,
  enforced: true,
});

export function measure({ quick }: Effort): Findings {
  const runs = quick ? 7 : 25;
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const engine of ["wasm", "bigint"]) {
    const starts = Array.from({ length: runs }, () => start(engine));
    const of = (key: keyof Start) => median(starts.map((one) => one[key]));
    rows.push([
      engine,
      ms(starts[0]!.first),
      ms(of("imported")),
      ms(of("first")),
      `${(of("second") * 1000).toFixed(1)} µs`,
      `${(of("steady") * 1e6).toFixed(1)} ns`,
    ]);
    if (engine === "wasm") {
      const imported = Math.min(...starts.map((one) => one.imported));
      const first = Math.min(...starts.map((one) => one.first));
      targets.push(enforced("import", `< ${MAX_IMPORT} ms`, ms(imported), imported < MAX_IMPORT));
      targets.push(enforced("import and first token", `< ${MAX_FIRST_TOKEN} ms`, ms(first), first < MAX_FIRST_TOKEN));
    }
  }
  const bundle = ["index", "internal/core"]
    .map((name) => readFileSync(new URL(`../../dist/${name}.js`, import.meta.url)))
    .reduce((sum, code) => sum + gzipSync(code, { level: 9 }).length, 0);
  const wasm = readFileSync(new URL("../../dist/permid64.wasm", import.meta.url)).length;
  targets.push(
    // Not enforced here: .size-limit.mjs keeps it from growing.
    {
      what: "the entry permid64 with the .wasm inside, gzipped",
      want: `≤ ${MAX_BUNDLE} bytes`,
      got: `${bundle} bytes`,
      met: bundle <= MAX_BUNDLE,
    },
    enforced("permid64.wasm", `< ${MAX_WASM} bytes`, `${wasm} bytes`, wasm < MAX_WASM),
  );
  return {
    title: "Start and size",
    about:
      `Each start is a process of its own, timed from its first line on; medians of ${runs}. Cold is a process's first token, ` +
      "import, WebAssembly start and generator included; warm is the first token of a second generator in that process; " +
      "steady is one token after a million. A miss fails the benchmark; so the limits are held against the fastest of those " +
      "starts, because the load of the machine can only add to it.",
    targets,
    tables: [
      {
        title: "Cold, warm and steady",
        head: ["engine", "very first process", "import", "cold", "warm", "steady"],
        rows,
      },
    ],
  };
}
