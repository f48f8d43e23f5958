import type { Command } from "commander";
import { CounterExhaustedError } from "../index.js";
import { integer } from "./arguments.js";
import { addFormatOptions, type FormatOptions, TOKEN_FORMS } from "./formats.js";
import { issuerOf } from "./issue.js";
import { addStateOptions, openWithState, type StateOptions } from "./opening.js";
import { write } from "./output.js";
import { Progress } from "./progress.js";
import { stopOnSignal } from "./signals.js";

/** Making them takes longer than reserving them, which is a disk sync or two. */
const DEFAULT_BLOCK_SIZE = 2 ** 18;
/** What fits in buffers of 29 MiB. */
const MAX_BLOCK_SIZE = 2 ** 20;

interface NextOptions extends StateOptions, FormatOptions<"u64"> {
  count: number;
  blockSize: number;
}

export function addNextCommand(program: Command): void {
  const command = program
    .command("next")
    .summary("issue ids")
    .description("Issues ids and writes them to standard output, one per line.")
    .option("-n, --count <n>", "how many", integer(1), 1)
    .option(
      "--block-size <n>",
      "numbers to reserve at a time, at most",
      integer(1, MAX_BLOCK_SIZE),
      DEFAULT_BLOCK_SIZE,
    );
  addFormatOptions(command, [...TOKEN_FORMS, "u64"], "text form (default: the config's, or base62)");
  addStateOptions(command);
  command
    .addHelpText(
      "after",
      `
A state file and an instance id must be named, by options or by --config: two
files with the same instance id issue the same ids. A missing file is created,
with a warning. A run that is cut short wastes the rest of its last block: the
numbers are a gap, and are never repeated.

Examples:
  permid64 next --state orders.state --instance 42
  permid64 next -s orders.state -i 42 -n 1000 --no-create
  permid64 next -s orders.state -i 42 -n 10000000 -f u64 > ids.txt
  permid64 next -s orders.state -i 42 -f crockford32 --prefix ord --check
  PERMID64_KEY=$(cat key) permid64 next --kind speck -s orders.state -i 42
  permid64 next --config orders.json --no-create`,
    )
    .action(next);
}

async function next({ count, blockSize, ...options }: NextOptions): Promise<void> {
  const { ids, close } = openWithState("next", options);
  const stopped = stopOnSignal();
  const progress = new Progress("tokens", count);
  try {
    let size = Math.min(count, blockSize);
    const issueLines = issuerOf(ids, options.format, size);
    for (let left = count; left > 0 && !stopped(); ) {
      size = Math.min(size, left);
      let lines: Uint8Array;
      try {
        lines = issueLines(size);
      } catch (error) {
        // Smaller steps, so that all that are left are issued before this is reported.
        if (!(error instanceof CounterExhaustedError) || size === 1) throw error;
        size = Math.floor(size / 2);
        continue;
      }
      await write(process.stdout, lines);
      left -= size;
      progress.add(size);
    }
  } finally {
    progress.clear();
    close();
  }
}
