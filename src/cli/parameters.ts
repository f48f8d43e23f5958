import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { type EngineChoice, Id64, type Id64Config, Id64Decoder, Layout64, MemoryCounter } from "../index.js";
import { parseInstance, parseLayout, parseRounds, SAFE_ROUNDS } from "./arguments.js";
import { UsageError } from "./failure.js";
import { type FormatOptions, tokenOptionsOf } from "./formats.js";
import { isSet, keyFrom, u64From } from "./secrets.js";

export const KINDS = ["multiplicative", "feistel", "speck", "identity"] as const;

/** The parameters that decide how ids are made. */
export interface PermutationOptions {
  config?: string;
  kind?: (typeof KINDS)[number];
  rounds?: number;
  layout?: { instanceBits: number; sequenceBits: number };
  engine: EngineChoice;
}

export interface InstanceOptions extends PermutationOptions {
  instance?: number;
}

export function addPermutationOptions(command: Command): void {
  command
    .addOption(new Option("--kind <kind>", `permutation (default: ${KINDS[0]})`).choices(KINDS))
    .option("--rounds <n>", `rounds of --kind feistel (default: ${SAFE_ROUNDS})`, parseRounds);
  addLayoutOption(command);
  command.addOption(
    new Option("--config <file>", "parameters and key from JSON, as toConfig() gives").conflicts([
      "kind",
      "rounds",
      "layout",
    ]),
  );
  addEngineOption(command);
}

export function addLayoutOption(command: Command): void {
  command.option("--layout <bits>", "bits of instance id + sequence (default: 16+48)", parseLayout);
}

export function addEngineOption(command: Command): void {
  command.addOption(
    new Option("--engine <engine>", "what computes").choices(["auto", "wasm", "bigint"]).default("auto"),
  );
}

export function addInstanceOption(command: Command, otherwise?: string): void {
  command.option("-i, --instance <id>", `instance id${otherwise ? ` (default: ${otherwise})` : ""}`, parseInstance);
}

/** The config of a generator or decoder; the instance is 0 where none was named. */
export function configOf(options: InstanceOptions & FormatOptions): Id64Config {
  const config = options.config === undefined ? configOfOptions(options) : configOfFile(options.config);
  const { instance } = options;
  return { ...config, ...tokenOptionsOf(options), ...(instance !== undefined && { instanceId: instance }) };
}

export function decoderOf(config: Id64Config, { engine }: PermutationOptions): Id64Decoder {
  return Id64Decoder.fromConfig(config, { engine });
}

function configOfFile(path: string): Id64Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--config cannot be read: ${(error as Error).message}`);
  }
  try {
    // The error of JSON.parse would quote the text, and so the key.
    Id64.fromConfig(text, { counter: new MemoryCounter() });
  } catch (error) {
    throw Object.assign(error as Error, { message: `--config ${path}: ${(error as Error).message}` });
  }
  return JSON.parse(text) as Id64Config;
}

function configOfOptions({ instance = 0, kind, rounds, layout }: InstanceOptions): Id64Config {
  if (rounds !== undefined && kind !== "feistel") throw new UsageError("--rounds goes with --kind feistel");
  // A key is set for ids that are made with it.
  if (kind === undefined && isSet("key")) {
    throw new UsageError("PERMID64_KEY is set: say --kind speck or feistel to use it, or another kind not to");
  }
  const common = { instanceId: instance, ...(layout && { layout }), counter: new MemoryCounter() };
  switch (kind) {
    case "feistel":
      return Id64.feistel({ ...common, ...u64From("key"), ...(rounds && { rounds }) }).toConfig();
    case "speck":
      return Id64.speck({ ...common, key: keyFrom("key") }).toConfig();
    case "identity":
      return Id64.identity(common).toConfig();
    default:
      return Id64.multiplicative({ ...common, ...u64From("a"), ...u64From("b") }).toConfig();
  }
}

/** Refuses an instance id that no generator of the layout can have. */
export function checkInstance(instance: number, layout: PermutationOptions["layout"]): Layout64 {
  const checked = new Layout64(layout);
  if (instance <= checked.maxInstanceId) return checked;
  const { instanceBits, sequenceBits, maxInstanceId } = checked;
  throw new UsageError(
    `--instance expected at most ${maxInstanceId}, got ${instance}: ` +
      `that is what --layout ${instanceBits}+${sequenceBits} has${layout ? "" : ", the default"}`,
  );
}
