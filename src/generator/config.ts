import { invalidConfig, invalidType, show, typeOf } from "../base/check.js";
import { checkOptions, type OptionNames } from "../base/options.js";
import type { EngineChoice, Permutation } from "../engine/engine.js";
import { Feistel64Permutation } from "../permutation/feistel.js";
import { IdentityPermutation } from "../permutation/identity.js";
import { MultiplyOddPermutation } from "../permutation/multiplicative.js";
import { BuiltInPermutation, type PermutationConfig } from "../permutation/permutation.js";
import { SpeckPermutation } from "../permutation/speck.js";
import type { TokenOptions } from "../token/text.js";
import type { DecoderOptions, DecoderParts } from "./options.js";

/** All parameters of a generator, as plain JSON. It holds the key: keep it where keys are kept. */
export interface Id64Config extends TokenOptions {
  /** The permutation and its parameters, the key included. */
  permutation: PermutationConfig;
  /** The instance id: an integer from 0 to 2^instanceBits - 1. */
  instanceId: number;
  /** The bits of a raw: instance id above, sequence number below, 64 in all. */
  layout: { instanceBits: number; sequenceBits: number };
  /** Numbers reserved at a time, 1 to 2^32 - 1: `blockSize` of an {@link Id64}, `minBlock` of an {@link AsyncId64}. */
  blockSize: number;
  /** The path of the state file. Absent where the generator was given a counter. */
  stateFile?: string;
}

const CONFIG_NAMES: OptionNames<Id64Config> = {
  permutation: true,
  instanceId: true,
  layout: true,
  blockSize: true,
  stateFile: true,
  prefix: true,
  codec: true,
  check: true,
};

/** The config of a generator with these parts. */
export function toConfig(
  { permutation, layout: { instanceBits, sequenceBits }, text }: DecoderParts,
  instanceId: number,
  blockSize: number,
): Id64Config {
  return {
    permutation: permutationToConfig(permutation),
    instanceId,
    layout: { instanceBits, sequenceBits },
    blockSize,
    ...text.options,
  };
}

/** Takes JSON text, or the object that it stands for. */
export function parseConfig(json: unknown): Id64Config {
  let config = json;
  if (typeof json === "string") {
    try {
      config = JSON.parse(json);
    } catch {
      // Without the parser's own error, which quotes the text and so the key.
      throw invalidConfig("JSON", "text that is not");
    }
  }
  if (typeof config !== "object" || config === null) throw invalidConfig("an object or its JSON", typeOf(config));
  return checkOptions("config", config as Id64Config, CONFIG_NAMES);
}

/** The options of a decoder in a config. */
export function decoderConfig(
  json: Id64Config | string,
  engine: EngineChoice,
): DecoderOptions & { permutation: Permutation } {
  const { instanceId: _, blockSize: __, stateFile: ___, permutation, ...options } = parseConfig(json);
  return { ...options, engine, permutation: permutationFromConfig(permutation, engine) };
}

export function permutationFromConfig(config: PermutationConfig, engine: EngineChoice): Permutation {
  if (typeof config !== "object" || config === null) throw invalidConfig('an object "permutation"', typeOf(config));
  switch (config.kind) {
    case "identity":
      return new IdentityPermutation({ engine });
    case "multiplicative":
      return new MultiplyOddPermutation({ a: parseU64("a", config.a), b: parseU64("b", config.b), engine });
    case "feistel": {
      const { rounds } = config;
      return new Feistel64Permutation({
        key: parseU64("key", config.key),
        ...(rounds !== undefined && { rounds }),
        engine,
      });
    }
    case "speck":
      return new SpeckPermutation({ key: checkHexKey(config.key), engine });
    default:
      throw invalidConfig(
        '"permutation.kind" of "identity", "multiplicative", "feistel" or "speck"',
        show((config as { kind: unknown }).kind),
      );
  }
}

/** The config of a permutation of this library. Throws a TypeError for others, which have no text form. */
function permutationToConfig(permutation: Permutation): PermutationConfig {
  const parameters = BuiltInPermutation.parametersOf(permutation);
  switch (parameters?.kind) {
    case "identity":
      return { kind: "identity" };
    case "multiplicative":
      return { kind: "multiplicative", a: String(parameters.a), b: String(parameters.b) };
    case "feistel":
      return { kind: "feistel", key: String(parameters.key), rounds: parameters.rounds };
    case "speck":
      return { kind: "speck", key: parameters.key };
    default:
      throw invalidType("permutation", "one of permid64's own, which have a text form", "another");
  }
}

/** A u64 as JSON carries it. It may be a key, so the error does not show it. */
function parseU64(name: string, text: unknown): bigint {
  if (typeof text !== "string" || !/^([0-9]{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) {
    throw invalidConfig(`"permutation.${name}" as a string, decimal or hexadecimal`, "another");
  }
  return BigInt(text);
}

/** A key as JSON carries it. */
function checkHexKey(text: unknown): string {
  if (typeof text !== "string" || !/^[0-9a-f]{32}$/i.test(text)) {
    throw invalidConfig('"permutation.key" as 32 hexadecimal digits', "another");
  }
  return text;
}
