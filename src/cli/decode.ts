import { type Command, Option } from "commander";
import { Layout64 } from "../index.js";
import { convert } from "./convert.js";
import { addFormatOptions, type FormatOptions, TOKEN_FORMS } from "./formats.js";
import { addPermutationOptions, configOf, decoderOf, type PermutationOptions } from "./parameters.js";
import { tableOf, writeColumns, writeJson } from "./rows.js";
import { TokenDecoder } from "./token-decoder.js";

interface DecodeOptions extends PermutationOptions, FormatOptions<"auto" | "u64"> {
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
    .argument("[token...]", "tokens or decimal numbers")
    .option("--json", "one JSON object per line: token, raw, instanceId, sequence")
    .addOption(new Option("--tsv", "the same, separated by tabs").conflicts("json"));
  addFormatOptions(
    command,
    ["auto", ...TOKEN_FORMS, "u64"],
    "how to read them; auto (the default): with a prefix or check, as tokens; else 11 characters are base62, 13 are crockford32; others decimal",
  );
  addPermutationOptions(command);
  command
    .addHelpText(
      "after",
      `
Decoding needs the parameters that the ids were issued under, and no state.
Other parameters give other numbers and no error: the sign is an instance id
that is none of yours. A line that is no id is reported, and the rest goes on.

Examples:
  permid64 decode E5xm7QFdS1Z
  permid64 decode --kind feistel Gh4oy6lscYS 14011937430753864048
  permid64 decode --config orders.json --json < tokens.txt | jq .sequence
  cut -d' ' -f3 access.log | permid64 decode --tsv`,
    )
    .action(decode);
}

async function decode(tokens: string[], { format = "auto", json, tsv, ...options }: DecodeOptions): Promise<void> {
  const config = configOf({ ...options, format });
  const layout = new Layout64(config.layout);
  const table = tableOf(layout);
  const decoder = new TokenDecoder(
    decoderOf(config, options),
    { layout, format, decorated: config.prefix !== undefined || config.check === true },
    json ? writeJson : tsv ? writeColumns : table.writeRow,
  );
  await convert(decoder, tokens, json || tsv ? "" : table.heading);
}
