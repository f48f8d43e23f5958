import { readFileSync } from "node:fs";
import { Argument, type Command } from "commander";
import { PostgresCounter } from "../counter/postgres/index.js";
import { CounterCorruptError, Layout64, SqliteCounter } from "../index.js";
import { UsageError } from "./failure.js";
import { write } from "./output.js";
import {
  addNameOption,
  addStateOptions,
  bigint,
  integer,
  openWithoutState,
  openWithState,
  type StateOptions,
} from "./parameters.js";

export function addStateCommand(program: Command): void {
  const state = program
    .command("state")
    .summary("show, import or raise a state file; print SQL for a database")
    .description(
      "Looks after state: what a generator has reserved so far, kept in a file or a database so that no id is ever issued twice.",
    );
  state.addHelpText(
    "after",
    `
Examples:
  permid64 state show orders.state
  permid64 state raise --help`,
  );
  addShow(state);
  addImport(state);
  addRaise(state);
  addSql(state);
}

function addShow(state: Command): void {
  state
    .command("show")
    .summary("list what a state file holds")
    .description(
      "Lists each instance of each id space: the first number not yet reserved, the one at which it is used up, " +
        "and a fingerprint of the layout and permutation.",
    )
    .argument("<file>", "state file")
    .option("--json", "one JSON object per line: name, instanceId, mark, ceiling, fingerprint")
    .addHelpText(
      "after",
      `
Examples:
  permid64 state show orders.state
  permid64 state show --json orders.state | jq .mark`,
    )
    .action(show);
}

async function show(file: string, { json }: { json?: true }): Promise<void> {
  const states = SqliteCounter.inspect(file).map((state) => ({
    ...state,
    mark: String(state.mark),
    ceiling: String(state.ceiling),
  }));
  const lines = json ? states.map((state) => JSON.stringify(state)) : table(states);
  await write(process.stdout, lines.map((line) => `${line}\n`).join(""));
}

/** Aligned columns under a heading; numbers to the right. */
function table(states: { name: string; instanceId: number; mark: string; ceiling: string; fingerprint: string }[]) {
  const rows = [
    ["name", "instance", "mark", "ceiling", "fingerprint"],
    ...states.map(({ name, instanceId, mark, ceiling, fingerprint }) => [
      JSON.stringify(name),
      String(instanceId),
      mark,
      ceiling,
      fingerprint,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const align = (cell: string, column: number) =>
    column > 0 && column < 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return rows.map((row) => row.map(align).join("  ").trimEnd());
}

function addImport(state: Command): void {
  const command = state
    .command("import")
    .summary("take over the state of the Python permid64")
    .description(
      "Reads the number in a state file of the Python permid64, and makes the instance of a new state file go on from " +
        "there. An instance that exists is raised, never lowered. The Python file is not changed.",
    )
    .argument("<python-file>", "a number as text: the first one not yet reserved");
  addStateOptions(command, "otherwise required");
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
    .action(importPython);
}

async function importPython(file: string, options: StateOptions): Promise<void> {
  // A guess could be another one, and leave this one to start at 0.
  if (options.instance === undefined && options.config === undefined) {
    throw new UsageError("state import needs --instance: the one that the Python service used");
  }
  const { instanceId, layout } = openWithoutState(options).toConfig();
  const floor = readPythonMark(file, new Layout64(layout).maxSequence + 1n);
  const { path, close } = openWithState(options, { floor });
  close();
  const { mark } = SqliteCounter.inspect(path).find(
    (state) => state.name === options.name && state.instanceId === instanceId,
  )!;
  await report(path, options.name, instanceId, mark, floor);
}

function readPythonMark(file: string, max: bigint): bigint {
  const [, digits] = /^[ \t\r\n]*([0-9]{1,20})[ \t\r\n]*$/.exec(readFileSync(file, "latin1")) ?? [];
  if (digits === undefined) {
    throw new CounterCorruptError(`${file} is not a state file of the Python permid64: expected a number as text`);
  }
  const mark = BigInt(digits);
  if (mark > max)
    throw new CounterCorruptError(`${file} expected a number up to ${max}, which the layout has, got ${mark}`);
  return mark;
}

interface RaiseOptions {
  instance: number;
  to: bigint;
  name: string;
}

function addRaise(state: Command): void {
  const command = state
    .command("raise")
    .summary("raise the mark of an instance")
    .description(
      "Raises the first number that an instance has not yet reserved; never lowers it. For a state file that was restored " +
        "from a backup: raise it above every number issued since, which `permid64 decode` tells of the latest ids.",
    )
    .argument("<file>", "state file")
    .requiredOption("-i, --instance <id>", "instance id", integer(0))
    .requiredOption("--to <sequence>", "the first number that may be issued from now on", bigint);
  addNameOption(command);
  command
    .addHelpText(
      "after",
      `
Example:
  permid64 state raise orders.state --instance 42 --to 5000000`,
    )
    .action(raise);
}

async function raise(file: string, { instance, to, name }: RaiseOptions): Promise<void> {
  const mark = SqliteCounter.raise(file, { instanceId: instance, floor: to, name });
  await report(file, name, instance, mark, to);
}

function report(file: string, name: string, instanceId: number, mark: bigint, floor: bigint): Promise<void> {
  const unchanged = mark > floor ? `, where it was: ${floor} is lower` : "";
  return write(process.stdout, `instance ${instanceId} of "${name}" in ${file} goes on at ${mark}${unchanged}\n`);
}

interface SqlOptions {
  instance: number;
  startAt: bigint;
  name: string;
  table?: string;
}

function addSql(state: Command): void {
  const command = state
    .command("sql")
    .summary("print the SQL that makes a counter's tables")
    .description(
      "Prints what PostgresCounter.create() runs, for migrations by hand: the tables, and the row of one instance. For " +
        "another instance, run the last two statements again with its id.",
    )
    .addArgument(new Argument("<store>", "kind of database").choices(["postgres"]))
    .requiredOption("-i, --instance <id>", "instance id", integer(0))
    .option("--start-at <sequence>", "the first number that may be issued", bigint, 0n)
    .option("--table <table>", "table, with its schema or not (default: permid64_counter)");
  addNameOption(command);
  command
    .addHelpText(
      "after",
      `
Examples:
  permid64 state sql postgres --instance 42 --name orders
  permid64 state sql postgres -i 42 | psql --single-transaction`,
    )
    .action(sql);
}

function sql(_store: string, { instance, startAt, name, table }: SqlOptions): Promise<void> {
  return write(
    process.stdout,
    PostgresCounter.sql({ instanceId: instance, startAt, name, ...(table !== undefined && { table }) }),
  );
}
