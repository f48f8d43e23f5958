export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LeaseInstanceOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export type { PGliteDatabase, PgPool, PgPoolClient, PostgresClient, PostgresSql } from "./client.js";
export { PostgresCounter, type PostgresCounterOptions, type PostgresCreateOptions } from "./counter.js";
export type { PostgresTableOptions } from "./store.js";
