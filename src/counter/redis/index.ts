export type { IoredisClient, NodeRedisClient, RedisClient } from "./client.js";
export { RedisCounter, type RedisCounterOptions, type RedisCounterState } from "./counter.js";
export type { RedisDurability } from "./durability.js";
export type { RedisLeaseOptions, RedisSpaceOptions } from "./store.js";
