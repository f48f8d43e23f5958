import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { CounterCorruptError, Layout64, SqliteCounter } from "../../index.js";
import { addStateOptions, openWithState, type StateOptions, sourceOf } from "../opening.js";
import { reportMark } from "./raise.js";

export function addStateImportCommand(state: Command): void {
  const command = state
    .command("import")
    .summary("take over the state of the Python permid64")
    .description(
      "Reads the number in a state file of the Python permid64, and makes the instance of a new state file go on from " +
        "there. An instance that exists is raised, never lowered. The Python file is not changed.",
    )
    .argument("<python-file>", "a number as text: the first one not yet reserved");
  addStateOptions(command);
  command
    .addHelpText(
      "after",
      `
Stop the Python service first: it must not go on issuing. Say the instance id,
permutation and layout that it used, by options or by --config.

Examples:
  permid64 state import permid64.txt --state orders.state --instance 42
  PERMID64_KEY=$(cat key) permid64 state import permid64.txt \\
    -s orders.state -i 42 --kind feistel`,
    )
    .action(importState);
}

async function importState(file: string, options: StateOptions): Promise<void> {
  const { config, path } = sourceOf("state import", options);
  const { instanceId, layout } = config;
  const floor = readPythonMark(file, new Layout64(layout).maxSequence + 1n);
  openWithState("state import", options, { floor }).close();
  const { mark } = SqliteCounter.inspect(path).find(
    (state) => state.name === options.name && state.instanceId === instanceId,
  )!;
  await reportMark(path, options.name, instanceId, mark, floor);
}

function readPythonMark(file: string, max: bigint): bigint {
  const [, digits] = /^[ \t\r\n]*([0-9]{1,20})[ \t\r\n]*$/.exec(readFileSync(file, "latin1")) ?? [];
  if (digits === undefined) {
    throw new CounterCorruptError(`${file} is not a state file of the Python permid64: expected a number as text`);
  }
  const mark = BigInt(digits);
  if (mark > max) {
    throw new CounterCorruptError(`${file} expected a number up to ${max}, which the layout has, got ${mark}`);
  }
  return mark;
}
