import { type Command, Option } from "commander";
import { type Id64, u64ToBase62, u64ToCrockford32 } from "../index.js";
import { bigint, integer } from "./arguments.js";
import { openForVectors } from "./opening.js";
import { write } from "./output.js";
import { addInstanceOption, addPermutationOptions, type InstanceOptions, KINDS } from "./parameters.js";

/** The kinds whose parameters have defaults. */
const DEFAULT_KINDS = KINDS.filter((kind) => kind !== "speck");

interface VectorsOptions extends InstanceOptions {
  count: number;
  from: bigint;
}

export function addVectorsCommand(program: Command): void {
  const command = program
    .command("vectors")
    .summary("print test vectors")
    .description(
      "Prints what the first sequence numbers become, as JSON, so that another implementation can be compared: rows of " +
        "sequence, raw, id, base62, crockford32. Of each kind of permutation that needs no key, unless --kind or --config says which. " +
        "Reserves nothing, and does not print keys.",
    )
    .option("-n, --count <n>", "how many of each", integer(1, 100_000), 10)
    .addOption(new Option("--from <sequence>", "the first sequence number").argParser(bigint).default(0n, "0"));
  addInstanceOption(command, "the config's, or 0");
  addPermutationOptions(command);
  command
    .addHelpText(
      "after",
      `
Examples:
  permid64 vectors
  permid64 vectors --kind feistel --rounds 8 -i 42
  permid64 vectors --from 281474976710655 -n 1`,
    )
    .action(vectors);
}

async function vectors({ count, from, ...options }: VectorsOptions): Promise<void> {
  const each = options.kind || options.config ? [options] : DEFAULT_KINDS.map((kind) => ({ ...options, kind }));
  const generators = each.map((one) => vectorsOf(openForVectors(one, from), count));
  await write(process.stdout, `${JSON.stringify({ generators }, null, 2)}\n`);
}

function vectorsOf(ids: Id64, count: number) {
  const { permutation, instanceId, layout } = ids.toConfig();
  return {
    kind: permutation.kind,
    ...(permutation.kind === "feistel" && { rounds: permutation.rounds }),
    instanceId,
    layout,
    ids: Array.from(ids.takeU64(count), (id) => {
      const { raw, sequence } = ids.decode(id);
      return [`${sequence}`, `${raw}`, `${id}`, u64ToBase62(id), u64ToCrockford32(id)];
    }),
  };
}
