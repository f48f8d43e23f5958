import type { Command } from "commander";
import type { PublicId } from "../../index.js";
import { convert } from "../convert.js";
import { addFormatOptions, TOKEN_FORMS } from "../formats.js";
import { addEngineOption } from "../parameters.js";
import { visibleJson } from "../terminal.js";
import { addPublicOptions, openPublicId, type PublicOptions, typeOption } from "./options.js";

interface ConversionOptions extends PublicOptions {
  json?: true;
}

/** A row's number, and the text that it is shown as. */
interface Pair {
  value: string;
  token: string;
}

/** One direction: makes the pair of an input, and says which half of it is the answer. */
interface Direction {
  answer: keyof Pair;
  pair(ids: PublicId, text: string, asUuid: boolean): Pair;
}

const ENCODE: Direction = {
  answer: "token",
  pair: (ids, value, asUuid) => ({ value, token: asUuid ? ids.toUuid(value) : ids.encode(value) }),
};

const DECODE: Direction = {
  answer: "value",
  pair: (ids, token, asUuid) => ({ value: String(asUuid ? ids.fromUuid(token) : ids.decode(token)), token }),
};

export function addPublicCommand(program: Command): void {
  const command = program
    .command("public")
    .summary("public ids for rows: encode and decode them")
    .description("Makes the public ids of rows, and tells the rows of public ids, as the library's PublicId does.");
  command.addHelpText(
    "after",
    `
The key is PERMID64_KEY. Tokens say which of two epochs their key has: set
PERMID64_KEY_EPOCH to that of the key, 0 or 1, where the key itself is set, or
say --epoch. The first key of a service has epoch 0, the default. While another
key takes over, set PERMID64_KEY to the new one, PERMID64_PREVIOUS_KEY to the
one before, and the epoch to that of the new one. It encodes, and both decode.

Examples:
  permid64 public encode --type order --prefix ord 123
  permid64 public decode --help`,
  );

  const encode = command
    .command("encode")
    .summary("make the public ids of rows")
    .description("Makes the public ids of rows, whose numbers are arguments or one per line on standard input.")
    .argument("[number...]", "decimal numbers");
  addOptions(encode);
  encode
    .addHelpText(
      "after",
      `
Examples:
  permid64 public encode --type order --prefix ord 123 124
  psql -Atc 'select id from orders' | permid64 public encode --type order`,
    )
    .action((numbers: string[], options: ConversionOptions) => convertPublic(ENCODE, numbers, options));

  const decode = command
    .command("decode")
    .summary("tell the rows of public ids")
    .description("Tells the numbers of rows by their public ids, given as arguments or one per line on standard input.")
    .argument("[token...]", "tokens, or UUIDs with --format uuid");
  addOptions(decode);
  decode
    .addHelpText(
      "after",
      `
A line that is no such token is reported, and the rest goes on: with --json,
each answer names its token.

Examples:
  permid64 public decode --type order --prefix ord ord_0d5WiMPqqcI
  permid64 public decode --type order --json < tokens.txt`,
    )
    .action((tokens: string[], options: ConversionOptions) => convertPublic(DECODE, tokens, options));
}

function addOptions(command: Command): void {
  addPublicOptions(command, typeOption().makeOptionMandatory());
  addFormatOptions(command, [...TOKEN_FORMS, "uuid"], "text form (default: base62)");
  command.option("--json", "one JSON object per line: value, token");
  addEngineOption(command);
}

async function convertPublic(
  { pair, answer }: Direction,
  inputs: string[],
  { json, ...options }: ConversionOptions,
): Promise<void> {
  const ids = openPublicId(options);
  const asUuid = options.format === "uuid";
  let lines = "";
  const conversion = {
    add(text: string) {
      const made = pair(ids, text, asUuid);
      lines += `${json ? visibleJson(made) : made[answer]}\n`;
    },
    drain() {
      const drained = lines;
      lines = "";
      return drained;
    },
  };
  await convert(conversion, inputs);
}
