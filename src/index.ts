export { AsyncId64, type AsyncId64Options, type AsyncId64Stats } from "./async-id64.js";
export type { U64Like } from "./check.js";
export { base62ToU64, u64ToBase62 } from "./codec/base62.js";
export { crockford32ToU64, u64ToCrockford32 } from "./codec/crockford32.js";
export type { Id64Config } from "./config.js";
export type { Lease, LeaseHooks } from "./counter/async-block-queue.js";
export type { AsyncCounter, Block, Counter, Lineage } from "./counter/counter.js";
export { DurableObjectCounter, type DurableObjectStore } from "./counter/durable-object.js";
export { IndexedDbCounter, type IndexedDbOptions } from "./counter/indexeddb/counter.js";
export type { IndexedDbFactory } from "./counter/indexeddb/database.js";
export { MemoryCounter } from "./counter/memory.js";
export type { PGliteDatabase, PgPool, PgPoolClient, PostgresClient, PostgresSql } from "./counter/postgres/client.js";
export {
  PostgresCounter,
  type PostgresCounterOptions,
  type PostgresCounterState,
  type PostgresTableOptions,
} from "./counter/postgres/counter.js";
export type { RecordCounterOptions, RecordCreateOptions } from "./counter/record.js";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./counter/redis/client.js";
export { RedisCounter, type RedisCounterOptions, type RedisCounterState } from "./counter/redis/counter.js";
export type { RedisDurability } from "./counter/redis/durability.js";
export type { RedisLeaseOptions, RedisSpaceOptions } from "./counter/redis/space.js";
export { SqliteCounter, type SqliteCounterOptions, type SqliteCounterState } from "./counter/sqlite/counter.js";
export type { DecodedId, DecodedIds, EngineChoice, EngineName } from "./engine/engine.js";
export { useWasm, type WasmModule } from "./engine/select.js";
export * from "./errors.js";
export { type CounterSource, Id64, type Id64Options } from "./id64.js";
export { instanceIdFromEnv, instanceIdFromPodName } from "./instance-id.js";
export { fromInt64, toInt64 } from "./int64.js";
export { generateKey, type SecretKey } from "./key.js";
export { Layout64 } from "./layout.js";
export { Feistel64Permutation } from "./permutation/feistel.js";
export { IdentityPermutation } from "./permutation/identity.js";
export { MultiplyOddPermutation } from "./permutation/multiplicative.js";
export type { Permutation, PermutationConfig } from "./permutation/permutation.js";
export { SpeckPermutation } from "./permutation/speck.js";
export type { EpochKey, KeyOptions } from "./public-id/key-ring.js";
export {
  type LegacyDecoder,
  type LegacyReader,
  type LegacyResult,
  legacyInteger,
  legacyUuid,
} from "./public-id/legacy.js";
export { PublicId, type PublicIdOptions } from "./public-id/public-id.js";
export { TokenFormat } from "./token/format.js";
export type { Token, TokenOptions } from "./token/text.js";
