import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agree, type Contender, compare, type Effort } from "../lib/harness.ts";
import { Id64, MemoryCounter, PublicId } from "../lib/library.ts";
import { type Findings, millions, rateOf } from "../lib/report.ts";

const MILLION = 10 ** 6;
const INSTANCE = 1;
const CHECKED = 1000;
const KEY = "000102030405060708090a0b0c0d0e0f";
const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export function measure(effort: Effort): Findings {
  const folder = mkdtempSync(fileURLToPath(new URL("../../build/bench-cli-", import.meta.url)));
  try {
    return report(folder, effort);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(folder: string, effort: Effort): Findings {
  const state = join(folder, "cli.state");
  const next = (count: number) =>
    ["next", "-n", count, "--kind", "multiplicative", "--instance", INSTANCE, "--state", state].map(String);
  const decodings = [["decode", "--json"], ["decode", "--tsv"], ["decode"]];
  const [issued, read] = effort.quick ? [10 * MILLION, MILLION] : [100 * MILLION, 5 * MILLION];

  const ids = Id64.multiplicative({ instanceId: INSTANCE, counter: new MemoryCounter() });
  // Made here, since the command would say that it has made it.
  Id64.multiplicative({ instanceId: INSTANCE, stateFile: state }).close();
  const lines = execFileSync(process.execPath, [CLI, ...next(CHECKED)], { encoding: "utf8" });
  agree("next and the library", lines === `${ids.takeBase62(CHECKED).join("\n")}\n`);
  for (const decoding of decodings) {
    const output = execFileSync(process.execPath, [CLI, ...decoding], { input: lines, encoding: "utf8" });
    const rows = output.trim().split("\n").slice(-CHECKED);
    agree(
      decoding.join(" "),
      rows.every((row, sequence) => new RegExp(`\\b${sequence}\\b`).test(row)),
    );
  }

  const tokens = join(folder, "tokens");
  const bytes = new Uint8Array(12 * read);
  ids.fillBase62(bytes, { separator: 10 });
  writeFileSync(tokens, bytes);
  const records = join(folder, "records.ndjson");
  writeFileSync(records, Array.from({ length: read }, (_, i) => record(i)).join(""));
  const fresh = ["stamp", "--kind", "multiplicative", "--instance", `${INSTANCE}`, "--state", state, "--to", "id"];
  const rows = ["stamp", "--type", "order", "--prefix", "ord", "--from", "row", "--to", "id"];
  const withKey = { ...process.env, PERMID64_KEY: KEY };
  const stampings = { "stamp --state": fresh, "stamp --type": rows };
  const sample = Array.from({ length: CHECKED }, (_, i) => record(i)).join("");
  const stamped = execFileSync(process.execPath, [CLI, ...rows], { input: sample, encoding: "utf8", env: withKey });
  const orders = new PublicId({ key: KEY, type: "order", prefix: "ord" });
  agree(
    "stamp and the library",
    stamped === Array.from({ length: CHECKED }, (_, i) => record(i, orders.encode(i))).join(""),
  );
  const issuing = `next -n ${issued}`;
  const reading = decodings.map((decoding) => decoding.join(" "));
  const result = compare(
    [
      command(issuing, next(issued), issued, devNull),
      ...decodings.map((decoding, i) => command(reading[i]!, decoding, read, tokens)),
      ...Object.entries(stampings).map(([name, args]) => command(name, args, read, records, withKey)),
    ],
    { ...effort, rounds: effort.quick ? 1 : 3 },
  );
  return {
    title: "Command line",
    about: `Processes from start to end, writing to ${devNull}: ${issued / MILLION} million tokens issued, ${read / MILLION} million decoded, ${read / MILLION} million records of ${record(read - 1).length} bytes stamped.`,
    targets: [
      rateOf(`permid64 ${issuing}`, result.rate(issuing), 30 * MILLION),
      ...reading.slice(0, 2).map((name) => rateOf(`permid64 ${name}`, result.rate(name), 5 * MILLION)),
      ...Object.keys(stampings).map((name) => rateOf(`permid64 ${name}`, result.rate(name), MILLION)),
    ],
    tables: [
      {
        title: "Tokens or records per second",
        head: ["command", "M/s"],
        rows: result.names.map((name) => [`permid64 ${name}`, millions(result.rate(name))]),
      },
    ],
  };
}

/** A line of NDJSON, with a field `id` or without. */
function record(row: number, id?: string): string {
  const order = { row, customer: `c${row % 9973}`, total: row * 3.25, city: "Berlin", paid: true };
  return `${JSON.stringify(id === undefined ? order : { ...order, id })}\n`;
}

/** A run of the command, with `input` as its standard input. */
function command(name: string, args: readonly string[], items: number, input: string, env = process.env): Contender {
  return {
    name,
    sample() {
      const [from, to] = [openSync(input, "r"), openSync(devNull, "w")];
      const begin = performance.now();
      const { status } = spawnSync(process.execPath, [CLI, ...args], { stdio: [from, to, "inherit"], env });
      const time = performance.now() - begin;
      closeSync(from);
      closeSync(to);
      agree(`${name} and its exit status`, status === 0);
      return (time * 1e6) / items;
    },
  };
}
