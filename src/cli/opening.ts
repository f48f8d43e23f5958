import type { Command } from "commander";
import {
  type Counter,
  Id64,
  type Id64Config,
  MemoryCounter,
  SqliteCounter,
  type SqliteCounterOptions,
} from "../index.js";
import { UsageError } from "./failure.js";
import type { FormatOptions } from "./formats.js";
import {
  addInstanceOption,
  addPermutationOptions,
  configOf,
  type InstanceOptions,
  type PermutationOptions,
} from "./parameters.js";

const DEFAULT_NAME = "default";

/** The state file, and the row in it. */
export interface StateOptions extends InstanceOptions {
  state?: string;
  name: string;
  create: boolean;
}

export function addStateOptions(command: Command): void {
  command.option("-s, --state <file>", "state file (default: the config's)");
  addInstanceOption(command, "the config's");
  addNameOption(command);
  command.option("--no-create", "fail if the file or the instance in it is missing");
  addPermutationOptions(command);
}

export function addNameOption(command: Command): void {
  command.option("--name <space>", "id space in the state", DEFAULT_NAME);
}

/** A generator on its state file. */
export interface OpenGenerator {
  readonly ids: Id64;
  close(): void;
}

/**
 * The config and the state file that the options of `command` name. There are no defaults for file and instance: services in
 * two folders would share them, and issue the same ids.
 */
export function sourceOf(command: string, options: StateOptions & FormatOptions): { config: Id64Config; path: string } {
  const { state, instance, config: file } = options;
  const missing = () =>
    new UsageError(
      `${command} needs a state file and an instance id: add --state orders.state --instance 42, or --config with both`,
    );
  if (file === undefined && (state === undefined || instance === undefined)) throw missing();
  const config = configOf(options);
  const path = state ?? config.stateFile;
  if (path === undefined) throw missing();
  return { config, path };
}

/** Opens the generator that the options of `command` name. Each call reserves what it needs and no more. */
export function openWithState(
  command: string,
  options: StateOptions & FormatOptions,
  { floor }: Pick<SqliteCounterOptions, "floor"> = {},
): OpenGenerator {
  const { config, path } = sourceOf(command, options);
  // First without the file, so that wrong parameters leave none behind.
  generatorOf(config, new MemoryCounter(), options);
  const { name, create } = options;
  const counter = new SqliteCounter(path, { name, create, ...(floor !== undefined && { floor }) });
  const close = () => counter.close();
  try {
    return { ids: generatorOf({ ...config, blockSize: 1 }, counter, options), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A generator for test vectors, from `start` on. It leaves nothing behind. */
export function openForVectors(options: InstanceOptions, start: bigint): Id64 {
  return generatorOf(configOf(options), new MemoryCounter({ startAt: start }), options);
}

const generatorOf = (config: Id64Config, counter: Counter, { engine }: PermutationOptions) =>
  Id64.fromConfig(config, { counter, engine });
