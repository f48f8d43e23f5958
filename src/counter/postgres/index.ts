export type { PGliteDatabase, PgPool, PgPoolClient, PostgresClient, PostgresSql } from "./client.js";
export {
  PostgresCounter,
  type PostgresCounterOptions,
  type PostgresCounterState,
  type PostgresTableOptions,
} from "./counter.js";
