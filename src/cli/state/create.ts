import { type Command, Option } from "commander";
import { SqliteCounter } from "../../index.js";
import { bigint, parseInstance } from "../arguments.js";
import { addNameOption } from "../opening.js";
import { write } from "../output.js";
import { addLayoutOption, checkInstance, type PermutationOptions } from "../parameters.js";
import { visible, visibleJson } from "../terminal.js";

interface CreateOptions {
  instance: number;
  startAt: bigint;
  name: string;
  layout?: PermutationOptions["layout"];
  json?: true;
}

export const startAtOption = () =>
  new Option("--start-at <sequence>", "the first number that may be issued").argParser(bigint).default(0n, "0");

export function addStateCreateCommand(state: Command): void {
  const command = state
    .command("create")
    .summary("make an instance, and its state file")
    .description(
      "Makes an instance in a state file, and the file if it is missing. An instance that exists is left as it is, and is " +
        "an error. Prints the lineage of the id space, which tells it from any other of the same name.",
    )
    .argument("<file>", "state file")
    .requiredOption("-i, --instance <id>", "instance id", parseInstance)
    .addOption(startAtOption());
  addNameOption(command);
  addLayoutOption(command);
  command
    .option("--json", "one JSON object: name, instanceId, mark, lineage")
    .addHelpText(
      "after",
      `
Run it once, when a service is set up. From then on, let a missing file be an
error: next --no-create, and "create: false" in the service.

Examples:
  permid64 state create orders.state --instance 42
  permid64 state create orders.state -i 43 --name orders --start-at 5000000`,
    )
    .action(createState);
}

async function createState(file: string, { instance, startAt, name, layout, json }: CreateOptions): Promise<void> {
  checkInstance(instance, layout);
  const lineage = SqliteCounter.create(file, { instanceId: instance, startAt, name });
  await write(
    process.stdout,
    json
      ? `${visibleJson({ name, instanceId: instance, mark: String(startAt), lineage })}\n`
      : `instance ${instance} of ${visibleJson(name)} in ${visible(file)} starts at ${startAt}\nlineage ${lineage}\n`,
  );
}
