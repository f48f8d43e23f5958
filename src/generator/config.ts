import { invalidConfig, invalidType, show, typeOf } from "../base/check.js";
import type { EngineChoice } from "../engine/engine.js";
import { Feistel64Permutation } from "../permutation/feistel.js";
import { IdentityPermutation } from "../permutation/identity.js";
import { MultiplyOddPermutation } from "../permutation/multiplicative.js";
import { BuiltInPermutation, type Permutation, type PermutationConfig } from "../permutation/permutation.js";
import { SpeckPermutation } from "../permutation/speck.js";
import type { TokenOptions } from "../token/text.js";

/** Everything that decides a generator's ids, as plain JSON. Holds the key: keep it where keys are kept. */
export interface Id64Config extends TokenOptions {
  permutation: PermutationConfig;
  instanceId: number;
  layout: { instanceBits: number; sequenceBits: number };
  blockSize: number;
  /** Absent where the generator was given a counter of its own. */
  stateFile?: string;
}

/** The parameters of a permutation of this library. Throws a TypeError for others, which have no text form. */
export function permutationToConfig(permutation: Permutation): PermutationConfig {
  const spec = BuiltInPermutation.specOf(permutation);
  switch (spec?.kind) {
    case "identity":
      return { kind: "identity" };
    case "multiplicative":
      return { kind: "multiplicative", a: String(spec.a), b: String(spec.b) };
    case "feistel":
      return { kind: "feistel", key: String(spec.key), rounds: spec.rounds };
    case "speck":
      return { kind: "speck", key: spec.key };
    default:
      throw invalidType("permutation", "one of permid64's own, which have a text form", "another");
  }
}

export function permutationFromConfig(config: PermutationConfig, engine: EngineChoice): Permutation {
  if (typeof config !== "object" || config === null) throw invalidConfig('an object "permutation"', typeOf(config));
  switch (config.kind) {
    case "identity":
      return new IdentityPermutation({ engine });
    case "multiplicative":
      return new MultiplyOddPermutation({ a: parseU64("a", config.a), b: parseU64("b", config.b), engine });
    case "feistel":
      return new Feistel64Permutation({ key: parseU64("key", config.key), rounds: config.rounds, engine });
    case "speck":
      return new SpeckPermutation({ key: checkHexKey(config.key), engine });
    default:
      throw invalidConfig(
        '"permutation.kind" of "identity", "multiplicative", "feistel" or "speck"',
        show((config as { kind: unknown }).kind),
      );
  }
}

/** A u64 as JSON carries it. Keys pass here, so the error does not show what it got. */
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

/** Takes JSON text or what it parses to. */
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
  return config as Id64Config;
}
