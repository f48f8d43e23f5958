import type { Command } from "commander";
import { SqliteCounter } from "../../index.js";
import { bigint, parseInstance } from "../arguments.js";
import { addNameOption } from "../opening.js";
import { write } from "../output.js";
import { visible, visibleJson } from "../terminal.js";

interface RaiseOptions {
  instance: number;
  to: bigint;
  name: string;
}

export function addStateRaiseCommand(state: Command): void {
  const command = state
    .command("raise")
    .summary("raise the mark of an instance")
    .description(
      "Raises the first number that an instance has not yet reserved; never lowers it. After a backup was restored, raise " +
        "the mark above every number that was issued since: decode the latest ids (permid64 decode) to learn how far it was.",
    )
    .argument("<file>", "state file")
    .requiredOption("-i, --instance <id>", "instance id", parseInstance)
    .requiredOption("--to <sequence>", "the first number that may be issued from now on", bigint);
  addNameOption(command);
  command
    .addHelpText(
      "after",
      `
Example:
  permid64 state raise orders.state --instance 42 --to 5000000`,
    )
    .action(raiseState);
}

async function raiseState(file: string, { instance, to, name }: RaiseOptions): Promise<void> {
  const mark = SqliteCounter.raise(file, { instanceId: instance, floor: to, name });
  await reportMark(file, name, instance, mark, to);
}

/** Tells the mark of an instance that was to be raised to `floor`. */
export function reportMark(file: string, name: string, instance: number, mark: bigint, floor: bigint): Promise<void> {
  const unchanged = mark > floor ? `, where it was: ${floor} is lower` : "";
  return write(
    process.stdout,
    `instance ${instance} of ${visibleJson(name)} in ${visible(file)} goes on at ${mark}${unchanged}\n`,
  );
}
