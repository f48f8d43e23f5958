import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type Counter,
  type EngineChoice,
  Id64,
  type Id64Config,
  MemoryCounter,
  SqliteCounter,
  type SqliteCounterOptions,
} from "../index.js";
import { UsageError } from "./failure.js";
import { type FormatOptions, tokenOptionsOf } from "./formats.js";
import { isSet, keyFrom, u64From } from "./secrets.js";

const DEFAULT_STATE_FILE = "permid64.state";
const DEFAULT_SPACE = "default";

export const KINDS = ["multiplicative", "feistel", "speck", "identity"] as const;

/** Fewer are refused for new ids. */
const SAFE_ROUNDS = 6;

/** What decides how ids are made. */
export interface PermutationOptions {
  config?: string;
  kind?: (typeof KINDS)[number];
  rounds?: number;
  layout?: { instanceBits?: number; sequenceBits?: number };
  engine: EngineChoice;
}

export interface InstanceOptions extends PermutationOptions {
  instance?: number;
}

/** Where the numbers come from. */
export interface StateOptions extends InstanceOptions {
  state?: string;
  name: string;
  create: boolean;
}

export function addPermutationOptions(command: Command): void {
  command
    .addOption(new Option("--kind <kind>", `permutation (default: ${KINDS[0]})`).choices(KINDS))
    .option("--rounds <n>", `rounds of --kind feistel (default: ${SAFE_ROUNDS})`, parseRounds)
    .option("--layout <bits>", "bits of instance id + sequence (default: 16+48)", parseLayout)
    .addOption(
      new Option("--config <file>", "parameters and key from JSON, as toConfig() gives").conflicts([
        "kind",
        "rounds",
        "layout",
      ]),
    )
    .addOption(new Option("--engine <engine>", "what computes").choices(["auto", "wasm", "bigint"]).default("auto"));
}

export function addInstanceOptions(command: Command, otherwise = "or 0"): void {
  command.option("-i, --instance <id>", `instance id (default: the config's, ${otherwise})`, integer(0));
  addPermutationOptions(command);
}

export function addStateOptions(command: Command, otherwiseInstance?: string): void {
  command.option("-s, --state <file>", `state file (default: the config's, or ${DEFAULT_STATE_FILE})`);
  addNameOption(command);
  command.option("--no-create", "fail if the file or the instance in it is missing");
  addInstanceOptions(command, otherwiseInstance);
}

export function addNameOption(command: Command): void {
  command.option("--name <space>", "id space in the state file", DEFAULT_SPACE);
}

/** A parser of whole numbers. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`);
    }
    return value;
  };
}

export function bigint(text: string): bigint {
  if (!/^[0-9]{1,20}$/.test(text)) throw new InvalidArgumentError("Expected a decimal number from 0 to 2^64 - 1.");
  return BigInt(text);
}

function parseLayout(text: string): { instanceBits: number; sequenceBits: number } {
  const [, instanceBits, sequenceBits] = /^([0-9]{1,2})\+([0-9]{1,2})$/.exec(text) ?? [];
  if (sequenceBits === undefined) throw new InvalidArgumentError("Expected two numbers such as 16+48.");
  return { instanceBits: Number(instanceBits), sequenceBits: Number(sequenceBits) };
}

function parseRounds(text: string): number {
  const rounds = integer(1)(text);
  if (rounds >= SAFE_ROUNDS) return rounds;
  throw new InvalidArgumentError(
    `With fewer than ${SAFE_ROUNDS}, ids show structure; for ids that exist, use --config.`,
  );
}

/** A generator for what needs no state: decoding, and showing what numbers become, from `start` on. */
export function openWithoutState(options: InstanceOptions & FormatOptions, start = 0n): Id64 {
  return open(configOf(options), new MemoryCounter({ start }), options);
}

/** A generator on the state file, which reserves what a call needs and no more. */
export function openWithState(
  options: StateOptions & FormatOptions,
  { floor }: Pick<SqliteCounterOptions, "floor"> = {},
): { ids: Id64; path: string; close(): void } {
  const config = configOf(options);
  // First without the file, so that wrong parameters leave none behind.
  open(config, new MemoryCounter(), options);
  const path = options.state ?? config.stateFile ?? DEFAULT_STATE_FILE;
  const { name, create } = options;
  const counter = new SqliteCounter(path, { name, create, ...(floor !== undefined && { floor }) });
  const close = () => counter.close();
  try {
    return { ids: open({ ...config, blockSize: 1 }, counter, options), path, close };
  } catch (error) {
    close();
    throw error;
  }
}

function open(config: Id64Config, counter: Counter, { engine }: PermutationOptions): Id64 {
  return Id64.fromConfig(config, { counter, engine });
}

function configOf(options: InstanceOptions & FormatOptions): Id64Config {
  const config = options.config === undefined ? configOfOptions(options) : configOfFile(options.config);
  const { instance } = options;
  return { ...config, ...tokenOptionsOf(options), ...(instance !== undefined && { instanceId: instance }) };
}

function configOfFile(path: string): Id64Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--config cannot be read: ${(error as Error).message}`);
  }
  // Refuses what is no config in words that do not quote it, as those of JSON.parse would.
  Id64.fromConfig(text, { counter: new MemoryCounter() });
  return JSON.parse(text) as Id64Config;
}

function configOfOptions({ instance = 0, kind, rounds, layout = {} }: InstanceOptions): Id64Config {
  if (rounds !== undefined && kind !== "feistel") throw new UsageError("--rounds goes with --kind feistel");
  // Whoever set a key does not mean ids that are made without it.
  if (kind === undefined && isSet("key")) {
    throw new UsageError("PERMID64_KEY is set: say --kind speck or feistel to use it, or another kind not to");
  }
  const common = { instanceId: instance, layout, counter: new MemoryCounter() };
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
