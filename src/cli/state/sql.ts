import { Argument, type Command } from "commander";
import { PostgresCounter } from "../../counter/postgres/index.js";
import { parseInstance } from "../arguments.js";
import { addNameOption } from "../opening.js";
import { write } from "../output.js";
import { addLayoutOption, checkInstance, type PermutationOptions } from "../parameters.js";
import { startAtOption } from "./create.js";

interface SqlOptions {
  instance: number;
  startAt: bigint;
  name: string;
  layout?: PermutationOptions["layout"];
  table?: string;
}

export function addStateSqlCommand(state: Command): void {
  const command = state
    .command("sql")
    .summary("print the SQL that makes a counter's tables")
    .description(
      "Prints what PostgresCounter.create() runs, for migrations by hand: the tables, and the row of one instance. For " +
        "another instance, run the last two statements again with its id.",
    )
    .addArgument(new Argument("<store>", "kind of database").choices(["postgres"]))
    .requiredOption("-i, --instance <id>", "instance id", parseInstance)
    .addOption(startAtOption())
    .option("--table <table>", "table, with its schema or not (default: permid64_counter)");
  addNameOption(command);
  addLayoutOption(command);
  command
    .addHelpText(
      "after",
      `
Examples:
  permid64 state sql postgres --instance 42 --name orders
  permid64 state sql postgres -i 42 | psql --single-transaction`,
    )
    .action(printSql);
}

function printSql(_store: string, { instance, startAt, name, layout, table }: SqlOptions): Promise<void> {
  checkInstance(instance, layout);
  return write(
    process.stdout,
    PostgresCounter.sql({ instanceId: instance, startAt, name, ...(table !== undefined && { table }) }),
  );
}
