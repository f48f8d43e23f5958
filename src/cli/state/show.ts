import type { Command } from "commander";
import { SqliteCounter } from "../../index.js";
import { write } from "../output.js";
import { visible, visibleJson } from "../terminal.js";

export function addStateShowCommand(state: Command): void {
  state
    .command("show")
    .summary("list what a state file holds")
    .description(
      "Lists each instance of each id space: the first number not yet reserved, the number at which it is exhausted, " +
        "a fingerprint of the layout and permutation (empty before the first id), and the lineage of the id space.",
    )
    .argument("<file>", "state file")
    .option("--json", "one JSON object per line: name, instanceId, mark, ceiling, fingerprint, lineage")
    .addHelpText(
      "after",
      `
Examples:
  permid64 state show orders.state
  permid64 state show --json orders.state | jq .mark`,
    )
    .action(showState);
}

type Cells = readonly string[];

const HEADING: Cells = ["name", "instance", "mark", "ceiling", "fingerprint", "lineage"];
const NUMBERS: ReadonlySet<string> = new Set(["instance", "mark", "ceiling"]);

async function showState(file: string, { json }: { json?: true }): Promise<void> {
  const states = SqliteCounter.inspect(file).map(({ name, instanceId, mark, ceiling, fingerprint, lineage }) => ({
    name,
    instanceId,
    mark: String(mark),
    ceiling: String(ceiling),
    fingerprint,
    lineage,
  }));
  const lines = json
    ? states.map(visibleJson)
    : aligned(
        states.map(({ name, instanceId, mark, ceiling, fingerprint, lineage }) => [
          visibleJson(name),
          String(instanceId),
          mark,
          ceiling,
          visible(fingerprint),
          visible(lineage),
        ]),
      );
  await write(process.stdout, lines.map((line) => `${line}\n`).join(""));
}

/** Aligned columns under a heading; numbers to the right. */
function aligned(rows: readonly Cells[]): string[] {
  const all = [HEADING, ...rows];
  const widths = HEADING.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    NUMBERS.has(HEADING[column]!) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return all.map((row) => row.map(pad).join("  ").trimEnd());
}
