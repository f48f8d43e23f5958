import { type Command, Option } from "commander";
import { Layout64 } from "../index.js";
import { EXIT_FAILED, lineOf } from "./failure.js";
import { wholeLines } from "./lines.js";
import { write } from "./output.js";
import { addPermutationOptions, openWithoutState, type PermutationOptions } from "./parameters.js";
import { Progress } from "./progress.js";
import { tableOf, writeColumns, writeJson } from "./rows.js";
import { TOKEN_FORMATS, TokenDecoder, type TokenFormat } from "./token-decoder.js";

interface DecodeOptions extends PermutationOptions {
  format: TokenFormat;
  json?: true;
  tsv?: true;
}

export function addDecodeCommand(program: Command): void {
  const command = program
    .command("decode")
    .summary("tell what ids stand for")
    .description(
      "Tells the instance id and sequence number of ids, given as arguments or one per line on standard input.",
    )
    .argument("[token...]", "base62, base32 or decimal numbers")
    .addOption(
      new Option(
        "-f, --format <format>",
        "how to read them; auto: 11 characters are base62, 13 are base32, others decimal",
      )
        .choices(TOKEN_FORMATS)
        .default("auto"),
    )
    .option("--json", "one JSON object per line: token, raw, instanceId, sequence")
    .addOption(new Option("--tsv", "the same, separated by tabs").conflicts("json"));
  addPermutationOptions(command);
  command
    .addHelpText(
      "after",
      `
Decoding needs the parameters that the ids were issued under, and no state.
Under others it gives other numbers, not an error: an instance id that is none
of yours is the sign. A line that is no id is reported, and the rest goes on.

Examples:
  permid64 decode E5xm7QFdS1Z
  permid64 decode --kind feistel Gh4oy6lscYS 14011937430753864048
  permid64 decode --config orders.json --json < tokens.txt | jq .sequence
  cut -d' ' -f3 access.log | permid64 decode --tsv`,
    )
    .action(decode);
}

async function decode(tokens: string[], { format, json, tsv, ...options }: DecodeOptions): Promise<void> {
  const ids = openWithoutState(options);
  const layout = new Layout64(ids.toConfig().layout);
  const table = tableOf(layout);
  const decoder = new TokenDecoder(ids, layout, format, json ? writeJson : tsv ? writeColumns : table.writeRow);
  const progress = new Progress();
  let heading = json || tsv ? "" : table.heading;

  const flush = async () => {
    const { rows, count, problems } = decoder.drain();
    if (problems.length > 0) {
      progress.clear();
      process.exitCode = EXIT_FAILED;
      await write(process.stderr, problems.map(({ error, where }) => lineOf(error, `${where}: `)).join(""));
    }
    if (rows.length > 0) {
      if (heading !== "") await write(process.stdout, heading);
      heading = "";
      await write(process.stdout, rows);
    }
    progress.add(count);
  };

  if (tokens.length > 0) {
    tokens.forEach((token, i) => {
      decoder.addToken(token, `argument ${i + 1}`);
    });
    await flush();
    return;
  }
  try {
    for await (const lines of wholeLines(process.stdin)) {
      decoder.addLines(lines);
      await flush();
    }
  } finally {
    progress.clear();
  }
}
