export { base62ToU64, u64ToBase62 } from "./codec/base62.js";
export { crockford32ToU64, u64ToCrockford32 } from "./codec/crockford32.js";
export type { Id64Config } from "./config.js";
export type { AsyncCounter, Block, Counter, Lineage } from "./counter/counter.js";
export { MemoryCounter } from "./counter/memory.js";
export type { PGliteDatabase, PgPool, PgPoolClient, PostgresClient, PostgresSql } from "./counter/postgres/client.js";
export {
  PostgresCounter,
  type PostgresCounterOptions,
  type PostgresCounterState,
  type PostgresTableOptions,
} from "./counter/postgres/counter.js";
export { SqliteCounter, type SqliteCounterOptions, type SqliteCounterState } from "./counter/sqlite/counter.js";
export type { DecodedId, DecodedIds, EngineChoice, EngineName } from "./engine/engine.js";
export { useWasm, type WasmModule } from "./engine/select.js";
export * from "./errors.js";
export { type CounterSource, Id64, type Id64Options } from "./id64.js";
export { Layout64 } from "./layout.js";
export { Feistel64Permutation } from "./permutation/feistel.js";
export { IdentityPermutation } from "./permutation/identity.js";
export { MultiplyOddPermutation } from "./permutation/multiplicative.js";
export type { Permutation, PermutationConfig } from "./permutation/permutation.js";
