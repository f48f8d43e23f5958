export type { U64Like } from "./base/check.js";
export * from "./base/errors.js";
export { fromInt64, toInt64 } from "./base/int64.js";
export { generateKey, type SecretKey } from "./base/keys.js";
export { Layout64, type LayoutOptions } from "./base/layout.js";
export type { AsyncCounter, Block, Claim, Counter } from "./counter/counter.js";
export { instanceIdFromEnv, instanceIdFromPodName } from "./counter/instance-id.js";
export { MemoryCounter } from "./counter/memory.js";
export * from "./counter/sqlite/index.js";
export { useWasm, type WasmModule } from "./engine/choose.js";
export type { DecodedId, DecodedIds, EngineChoice, EngineName, Permutation } from "./engine/engine.js";
export { AsyncId64 } from "./generator/async-id64.js";
export type { AsyncId64Options, AsyncId64Stats } from "./generator/async-options.js";
export type { Lease, LeaseHooks } from "./generator/blocks/async-queue.js";
export type { Id64Config } from "./generator/config.js";
export { type CounterSource, Id64, type Id64Options } from "./generator/id64.js";
export { Id64Decoder } from "./generator/id64-decoder.js";
export type { DecoderOptions, GeneratorOptions, SeparatorOptions } from "./generator/options.js";
export { Feistel64Permutation, type FeistelOptions } from "./permutation/feistel.js";
export { IdentityPermutation } from "./permutation/identity.js";
export { type MultiplicativeOptions, MultiplyOddPermutation } from "./permutation/multiplicative.js";
export type { PermutationConfig } from "./permutation/permutation.js";
export { type SpeckOptions, SpeckPermutation } from "./permutation/speck.js";
export {
  type LegacyDecoder,
  type LegacyIntegerOptions,
  type LegacyReader,
  type LegacyResult,
  legacyInteger,
  legacyUuid,
} from "./public-id/legacy.js";
export type {
  EpochKey,
  EpochKeys,
  PublicIdOptions,
  RotatingKeyOptions,
  SingleKeyOptions,
} from "./public-id/options.js";
export { PublicId } from "./public-id/public-id.js";
export type { RowNumber, RowNumberLike, RowNumbers } from "./public-id/row-number.js";
export { base62ToU64, u64ToBase62 } from "./token/base62.js";
export { type Crockford32Options, crockford32ToU64, u64ToCrockford32 } from "./token/crockford32.js";
export { TokenFormat, type TokenFormatOptions } from "./token/format.js";
export type { Token, TokenOptions } from "./token/text.js";
