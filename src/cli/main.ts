import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addDecodeCommand } from "./decode.js";
import { codeOf, EXIT_FAILED, EXIT_OK, EXIT_STATE, EXIT_USAGE, exitStatusOf, lineOf, UsageError } from "./failure.js";
import { addKeygenCommand } from "./keygen.js";
import { addNextCommand } from "./next.js";
import { addPublicCommand } from "./public/command.js";
import { refuseSecretArguments } from "./secrets.js";
import { addStampCommand } from "./stamp/command.js";
import { addStateCommand } from "./state/command.js";
import { addVectorsCommand } from "./vectors.js";

const HELP = `
Environment:
  PERMID64_KEY           key of --kind speck and of public ids: 32 hexadecimal
                         digits or 22 base64url characters, by permid64 keygen;
                         or key of --kind feistel, a number
  PERMID64_KEY_EPOCH     epoch of that key for public ids, 0 (default) or 1
  PERMID64_PREVIOUS_KEY  key of public ids before that one
  PERMID64_A             multiplier of --kind multiplicative, an odd number
  PERMID64_B             addend of --kind multiplicative, a number
  Numbers are from 0 to 2^64 - 1, in decimal or as 0x and hexadecimal, and have
  public defaults. None of these is taken from arguments, nor read where
  --config names a file, which has its own.

Exit status:
  ${EXIT_OK}         all went well, or the reader of the output has seen enough
  ${EXIT_FAILED}         some lines were left out, or reading or writing failed
  ${EXIT_USAGE}         wrong arguments, environment or config
  ${EXIT_STATE}         the state file cannot be used, or is exhausted
  130, 143  stopped by SIGINT, by SIGTERM

Examples:
  permid64 next -n 3 --state orders.state --instance 42
  permid64 decode E5xm7QFdS1Z
  permid64 stamp --state orders.state --instance 42 --to id < orders.ndjson
  permid64 public encode --type order --prefix ord 123
  permid64 state show orders.state`;

function makeProgram(): Command {
  const program = new Command("permid64")
    .description(
      "64-bit ids from a durable counter, and public ids for the rows you have: issue, encode and decode them.",
    )
    .version(readVersion())
    .exitOverride()
    // Errors are reported by `main`, so that all look alike.
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", HELP);
  addNextCommand(program);
  addDecodeCommand(program);
  addStampCommand(program);
  addPublicCommand(program);
  addKeygenCommand(program);
  addStateCommand(program);
  addVectorsCommand(program);
  return program;
}

function readVersion(): string {
  const file = new URL(import.meta.resolve("permid64/package.json"));
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  // A failed write also emits an `error` event, and an unhandled one would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    // Node 22 warns that node:sqlite is experimental, which is no news to a user of this command.
    if (warning.name !== "ExperimentalWarning") process.stderr.write(lineOf(warning));
  });
  try {
    refuseSecretArguments(args);
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    // The reader of the output has seen enough.
    if (codeOf(error) === "EPIPE") return;
    if (!(error instanceof CommanderError)) fail(error);
    // Help or version, which has been written.
    else if (error.exitCode === EXIT_OK) return;
    else if (error.code === "commander.help") process.exitCode = EXIT_USAGE;
    else fail(UsageError.from(error));
  }
}

function fail(error: unknown): void {
  process.exitCode = exitStatusOf(error);
  process.stderr.write(lineOf(error));
}

await main(process.argv.slice(2));
