import { type Command, Option } from "commander";
import { type EngineChoice, PublicId } from "../index.js";
import { convert } from "./convert.js";
import { UsageError } from "./failure.js";
import { addFormatOptions, type FormatOptions, tokenOptionsOf } from "./formats.js";
import { integer } from "./parameters.js";
import { isSet, keyFrom } from "./secrets.js";

interface PublicOptions extends FormatOptions<"uuid"> {
  type: string;
  tenant?: string;
  bits?: number;
  epoch?: "0" | "1";
  json?: true;
  engine: EngineChoice;
}

/** A row's number, and what it is shown as. */
interface Pair {
  value: string;
  token: string;
}

/** One direction: makes the pair of what it got, and says which half of it is the answer. */
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
    .description("Makes the public ids of rows, and tells which rows they are of, as the library's PublicId does.");
  command.addHelpText(
    "after",
    `
The key is PERMID64_KEY. While another one takes over from it, set both:
PERMID64_KEY to the new one, PERMID64_PREVIOUS_KEY to the one before, and
--epoch to that of the new one, which encodes. Tokens of both are decoded.

Examples:
  permid64 public encode --type order --prefix ord 123
  permid64 public decode --help`,
  );

  const encode = command
    .command("encode")
    .summary("make the public ids of rows")
    .description("Makes the public ids of rows, whose numbers are arguments or one per line on standard input.")
    .argument("[number...]", "decimal numbers");
  addPublicOptions(encode);
  encode
    .addHelpText(
      "after",
      `
Examples:
  permid64 public encode --type order --prefix ord 123 124
  psql -Atc 'select id from orders' | permid64 public encode --type order`,
    )
    .action((numbers: string[], options: PublicOptions) => run(ENCODE, numbers, options));

  const decode = command
    .command("decode")
    .summary("tell which rows public ids are of")
    .description("Tells the numbers of rows by their public ids, given as arguments or one per line on standard input.")
    .argument("[token...]", "tokens, or UUIDs with --format uuid");
  addPublicOptions(decode);
  decode
    .addHelpText(
      "after",
      `
A line that is no such token is reported, and the rest goes on: with --json,
each answer says what it is the answer to.

Examples:
  permid64 public decode --type order --prefix ord ord_0d5WiMPqqcI
  permid64 public decode --type order --json < tokens.txt`,
    )
    .action((tokens: string[], options: PublicOptions) => run(DECODE, tokens, options));
}

function addPublicOptions(command: Command): void {
  command
    .requiredOption("--type <name>", "what the rows are, as the service says it")
    .option("--tenant <name>", "whose they are, if the service says it");
  addFormatOptions(command, ["base62", "base32", "uuid"], "text form (default: base62)");
  command
    .option("--bits <n>", "numbers are below 2^n (default: 48)", integer(1, 63))
    .addOption(new Option("--epoch <epoch>", "that of PERMID64_KEY (default: 0)").choices(["0", "1"]))
    .option("--json", "one JSON object per line: value, token")
    .addOption(new Option("--engine <engine>", "what computes").choices(["auto", "wasm", "bigint"]).default("auto"));
}

async function run({ pair, answer }: Direction, inputs: string[], options: PublicOptions): Promise<void> {
  const ids = open(options);
  const asUuid = options.format === "uuid";
  let lines = "";
  const conversion = {
    add(text: string) {
      const made = pair(ids, text, asUuid);
      lines += `${options.json ? JSON.stringify(made) : made[answer]}\n`;
    },
    drain() {
      const drained = lines;
      lines = "";
      return drained;
    },
  };
  await convert(conversion, inputs);
}

function open({ type, tenant, bits, epoch, engine, ...format }: PublicOptions): PublicId {
  const common = {
    type,
    ...(tenant !== undefined && { tenant }),
    ...(bits !== undefined && { bits }),
    engine,
    ...tokenOptionsOf(format),
  };
  const rotating = isSet("previousKey");
  // A guess could issue tokens that nobody decodes.
  if (rotating && epoch === undefined) {
    throw new UsageError("PERMID64_PREVIOUS_KEY is set: say --epoch, that of PERMID64_KEY");
  }
  const current = epoch === "1" ? 1 : 0;
  const previous = current === 1 ? 0 : 1;
  return new PublicId({
    ...common,
    keys: {
      current: { epoch: current, key: keyFrom("key") },
      ...(rotating && { previous: { epoch: previous, key: keyFrom("previousKey") } }),
    },
  });
}
