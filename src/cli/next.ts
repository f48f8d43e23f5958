import { constants } from "node:os";
import type { Command } from "commander";
import { CounterExhaustedError, type Id64 } from "../index.js";
import { LINE_FEED, MAX_DECIMAL_LENGTH, U32_PER_U64, U64_HIGH, U64_LOW, writeU64 } from "./decimal.js";
import { addFormatOptions, type FormatOptions } from "./formats.js";
import { write } from "./output.js";
import { addStateOptions, integer, openWithState, type StateOptions } from "./parameters.js";
import { Progress } from "./progress.js";
import { BASE62_LENGTH } from "./token-decoder.js";

/** Making them takes longer than reserving them, which is a disk sync or two. */
const DEFAULT_BLOCK_SIZE = 2 ** 18;
/** What fits in buffers of 29 MiB. */
const MAX_BLOCK_SIZE = 2 ** 20;

interface NextOptions extends StateOptions, FormatOptions<"u64"> {
  count: number;
  blockSize: number;
}

/** Issues `count` ids and returns them as lines, in a buffer that the next call may overwrite. */
type IssueLines = (count: number) => Uint8Array;

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
  addFormatOptions(command, ["base62", "base32", "u64"], "text form (default: the config's, or base62)");
  addStateOptions(command);
  command
    .addHelpText(
      "after",
      `
A run that is cut short wastes the rest of its last block: a gap, never a
repeat.

Examples:
  permid64 next
  permid64 next -n 1000 -s orders.state -i 42
  permid64 next -n 10000000 -f u64 > ids.txt
  permid64 next -f base32 --prefix ord --check
  PERMID64_KEY=$(cat key) permid64 next --kind feistel -s orders.state
  permid64 next --config orders.json --no-create`,
    )
    .action(next);
}

async function next({ count, blockSize, ...options }: NextOptions): Promise<void> {
  const { ids, close } = openWithState(options);
  const stopped = stopOnSignal();
  const progress = new Progress(count);
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

/** The first signal stops after the block at hand, which the returned function tells; a second one at once. */
function stopOnSignal(): () => boolean {
  const signals = ["SIGINT", "SIGTERM"] as const;
  let stopped = false;
  const stop = (signal: (typeof signals)[number]) => {
    stopped = true;
    process.exitCode = 128 + constants.signals[signal];
    for (const each of signals) process.off(each, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return () => stopped;
}

function issuerOf(ids: Id64, format: NextOptions["format"], blockSize: number): IssueLines {
  if (format === "u64") return u64(ids, blockSize);
  // No other tokens are so short.
  return ids.format.length === BASE62_LENGTH ? base62(ids, blockSize) : tokens(ids);
}

function base62(ids: Id64, blockSize: number): IssueLines {
  const stride = BASE62_LENGTH + 1;
  const lines = new Uint8Array(blockSize * stride);
  return (count) => {
    const part = lines.subarray(0, count * stride);
    ids.fillBase62(part, { separator: LINE_FEED });
    return part;
  };
}

function tokens(ids: Id64): IssueLines {
  return (count) => Buffer.from(`${ids.takeTokens(count).join("\n")}\n`, "latin1");
}

function u64(ids: Id64, blockSize: number): IssueLines {
  const values = new BigUint64Array(blockSize);
  const halves = new Uint32Array(values.buffer);
  const lines = new DataView(new ArrayBuffer(blockSize * (MAX_DECIMAL_LENGTH + 1)));
  return (count) => {
    ids.fillU64(values.subarray(0, count));
    let at = 0;
    for (let i = 0; i < count * U32_PER_U64; i += U32_PER_U64) {
      at = writeU64(lines, at, halves[i + U64_HIGH]!, halves[i + U64_LOW]!);
      lines.setUint8(at++, LINE_FEED);
    }
    return new Uint8Array(lines.buffer, 0, at);
  };
}
