import { type Command, Option } from "commander";
import { type EngineChoice, PublicId } from "../../index.js";
import { integer } from "../arguments.js";
import { UsageError } from "../failure.js";
import { type FormatOptions, tokenOptionsOf } from "../formats.js";
import { epochFrom, isSet, type KeyEpoch, keyFrom } from "../secrets.js";

/** The bits of a row's number, as in the library. */
const DEFAULT_BITS = 48;

export interface PublicOptions extends FormatOptions<"uuid"> {
  type: string;
  tenant?: string;
  bits: number;
  epoch?: KeyEpoch;
  engine: EngineChoice;
}

export function addPublicOptions(command: Command, typeOption: Option): void {
  command
    .addOption(typeOption)
    .option("--tenant <name>", "whose they are, if the service says it")
    .option("--bits <n>", "numbers are below 2^n", integer(1, 63), DEFAULT_BITS)
    .addOption(new Option("--epoch <epoch>", "of PERMID64_KEY (default: 0)").choices(["0", "1"]));
}

export const typeOption = () => new Option("--type <name>", "what the rows are, as the service says it");

export function openPublicId({ type, tenant, bits, epoch, engine, ...format }: PublicOptions): PublicId {
  const rotating = isSet("previousKey");
  const stated = epochFrom(epoch);
  // A guess could issue tokens that nobody decodes.
  if (rotating && stated === undefined) {
    throw new UsageError("PERMID64_PREVIOUS_KEY is set: set PERMID64_KEY_EPOCH too, or say --epoch of PERMID64_KEY");
  }
  const current = stated === "1" ? 1 : 0;
  const previous = current === 1 ? 0 : 1;
  return new PublicId({
    type,
    ...(tenant !== undefined && { tenant }),
    bits,
    engine,
    ...tokenOptionsOf(format),
    keys: {
      current: { epoch: current, key: keyFrom("key") },
      ...(rotating && { previous: { epoch: previous, key: keyFrom("previousKey") } }),
    },
  });
}
