export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LeaseInstanceOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./client.js";
export { RedisCounter, type RedisCounterOptions, type RedisLeaseInstanceOptions } from "./counter.js";
export type { RedisDurability } from "./durability.js";
export type { RedisCreateOptions, RedisOptions, RedisReplicasOptions } from "./store.js";
