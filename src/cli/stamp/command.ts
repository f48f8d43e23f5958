import { createReadStream } from "node:fs";
import { type Command, Option } from "commander";
import { UsageError } from "../failure.js";
import { addFormatOptions, TOKEN_FORMS } from "../formats.js";
import { issuerOf } from "../issue.js";
import { addStateOptions, openWithState, type StateOptions } from "../opening.js";
import { addPublicOptions, openPublicId, type PublicOptions, typeOption } from "../public/options.js";
import { CsvRecords } from "./csv-records.js";
import { JsonRecords } from "./json-records.js";
import { RowTokens } from "./row-tokens.js";
import { Stamper } from "./stream.js";
import { FreshTokens, MAX_STEP } from "./tokens.js";

/** Options of the one source of tokens, which mean nothing to the other. */
const FRESH = ["state", "instance", "name", "create", "kind", "rounds", "layout", "config"];
const PUBLIC = ["type", "from", "tenant", "bits", "epoch"];

interface StampOptions extends StateOptions, Omit<PublicOptions, "type" | "format" | "engine"> {
  to: string;
  csv?: true;
  type?: string;
  from?: string;
  format?: PublicOptions["format"] | "u64";
}

/** Bytes read from a file at a time. */
const READ_SIZE = 2 ** 18;

export function addStampCommand(program: Command): void {
  const command = program
    .command("stamp")
    .summary("add an id to each record of NDJSON or CSV")
    .description(
      "Copies records from a file or standard input to standard output, each with one field more: a fresh id, or the public " +
        "id of the row whose number another field has. All other bytes stay as they are.",
    )
    .argument("[file]", "records; standard input if left out")
    .requiredOption("--to <field>", "the field to add")
    .option("--csv", "CSV with a header; without this option, NDJSON: one JSON object per line");
  addFormatOptions(command, [...TOKEN_FORMS, "u64", "uuid"], "text form (default: the config's, or base62)");
  command.optionsGroup("Fresh ids:");
  addStateOptions(command);
  command.optionsGroup("Public ids:");
  addPublicOptions(command, typeOption());
  command.addOption(new Option("--from <field>", "the field that has the number of the row"));
  for (const option of command.options) {
    if (PUBLIC.includes(option.attributeName())) option.conflicts(FRESH);
  }
  command
    .addHelpText(
      "after",
      `
A record that cannot be stamped, or that has the field already, is reported by
its line and left out. The rest goes on, and the exit status is 1. Numbers are
reserved before they are written: a run that is cut short wastes some, and
repeats none. --engine is for both kinds of ids.

Examples:
  permid64 stamp -s orders.state -i 42 --to id < orders.ndjson > stamped.ndjson
  permid64 stamp --csv -s orders.state -i 42 --to id orders.csv > stamped.csv
  permid64 stamp --type order --prefix ord --from id --to pid < orders.ndjson`,
    )
    .action(stampFile);
}

async function stampFile(file: string | undefined, options: StampOptions, command: Command): Promise<void> {
  const input = file === undefined ? process.stdin : createReadStream(file, { highWaterMark: READ_SIZE });
  if (!PUBLIC.some((name) => command.getOptionValueSource(name) === "cli")) await stampFresh(input, options);
  else await stampRows(input, options);
}

async function stampFresh(input: AsyncIterable<Buffer>, { csv, to, format, ...options }: StampOptions): Promise<void> {
  if (format === "uuid") throw new UsageError("--format uuid goes with --type and --from");
  const { ids, close } = openWithState("stamp", { ...options, ...(format && { format }) });
  const tokens = new FreshTokens(issuerOf(ids, format, MAX_STEP));
  const Records = csv ? CsvRecords : JsonRecords;
  try {
    await new Stamper(tokens, (report) => new Records({ to }, undefined, report)).run(input);
  } finally {
    close();
  }
}

async function stampRows(input: AsyncIterable<Buffer>, options: StampOptions): Promise<void> {
  const { csv, to, type, from, format, bits } = options;
  if (type === undefined || from === undefined) throw new UsageError("public ids need --type and --from");
  if (format === "u64") throw new UsageError("--format u64 is of fresh ids: not with --type");
  const ids = openPublicId({ ...options, type, ...(format && { format }) } as PublicOptions);
  const tokens = new RowTokens(ids, { bits, asUuid: format === "uuid" });
  const Records = csv ? CsvRecords : JsonRecords;
  await new Stamper(tokens, (report) => new Records({ to, from }, tokens.take, report)).run(input);
}
