// npm run bench [-- --quick] [-- --only SECTION]
// A full run writes RESULTS.md and results.svg; the exit status is 1 if an enforced limit is missed.
import { fork, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Findings, markdown, markdownTable } from "./lib/report.ts";
import { chart } from "./lib/svg.ts";

const SECTIONS = [
  "single",
  "native",
  "engines",
  "peers",
  "public-ids",
  "state",
  "async",
  "cli",
  "growth",
  "start",
  "stores-postgres",
  "stores-redis",
];
const GIB = 2 ** 30;

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function machine(): string {
  const processors = cpus();
  const rows = [
    ["processor", `${processors[0]!.model.trim()}, ${processors.length} cores, ${arch()}`],
    ["memory", `${(totalmem() / GIB).toFixed(1)} GiB`],
    ["system", `${type()} ${release()}`],
    ["runtime", `Node ${process.versions.node}, V8 ${process.versions.v8}`],
    ["C compiler", spawnSync("gcc", ["--version"], { encoding: "utf8" }).stdout?.split("\n")[0] ?? "none"],
    ["load at the start", loadavg()[0]!.toFixed(2)],
    ["date", new Date().toISOString().slice(0, 10)],
  ];
  return markdownTable({ head: ["machine", ""], rows });
}

function run(section: string, quick: boolean): Promise<Findings> {
  const execArgv = ["--expose-gc", "--disable-warning=PERMID64_STATE_CREATED"];
  const child = fork(file("lib/section.ts"), [section, quick ? "quick" : "full"], { execArgv });
  let findings: Findings | undefined;
  child.once("message", (message) => {
    findings = message as Findings;
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => {
      if (findings) resolve(findings);
      else reject(new Error(`section ${section} ended with ${signal ?? code}`));
    });
  });
}

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const { quick, only } = options;
if (only !== undefined && !SECTIONS.includes(only)) {
  throw new RangeError(`"--only" expected one of ${SECTIONS.join(", ")}, got ${only}`);
}

const setup = spawnSync(process.execPath, [file("../.ci/setup.mjs")], { cwd: file("."), stdio: "inherit" });
if (setup.status !== 0) process.exit(1);

const head = machine();
console.log(head);
const found: Findings[] = [];
for (const section of only ? [only] : SECTIONS) {
  const findings = await run(section, quick);
  console.log(`\n${markdown(findings)}`);
  found.push(findings);
}

const targets = found.flatMap(({ targets }) => targets);
const missed = targets.filter(({ met }) => met === false);
const met = targets.filter((target) => target.met);
const verdict = `${met.length} of ${targets.length} targets met.`;
console.log(`\n${verdict}`);
for (const { what, want, got, enforced } of missed)
  console.log(`${enforced ? "FAILED" : "missed"}: ${what}: ${want}, got ${got}`);

if (!quick && !only) {
  const about =
    "Written by `npm run bench`. Contenders run in turns, on one core, in rounds of about 40 ms; a figure is the median of " +
    "its rounds, and a ratio the median of the rounds' ratios, so that noise hits both sides. Before anything is timed, " +
    "the contenders prove that they agree. One M/s is a million per second.";
  writeFileSync(
    file("RESULTS.md"),
    `${["# Benchmark results", about, `${verdict}`, head, ...found.map(markdown)].join("\n\n")}\n`,
  );
  const bars = found.flatMap((findings) => findings.bars ?? []);
  const subtitle = `one core, logarithmic scale; Node ${process.versions.node} on ${cpus()[0]!.model.trim()}`;
  writeFileSync(file("results.svg"), chart("Ids per second", subtitle, bars));
}
process.exitCode = missed.some(({ enforced }) => enforced) ? 1 : 0;
