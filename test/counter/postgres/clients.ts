import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import type { Claim, PostgresClient } from "../../support/library.ts";

export const CLAIM: Claim = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

/** A user's client, and how to end it. */
export interface OpenClient {
  readonly client: PostgresClient;
  /** Runs one statement, as the user would. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

export interface ClientKind {
  readonly name: string;
  /** What counters on this client need to be told. */
  readonly options: { readonly allowFsyncOff?: boolean };
  connect(url: string, connections?: number): OpenClient;
}

export const PG: ClientKind = {
  name: "pg",
  options: {},
  connect(url, connections = 10) {
    const pool = new pg.Pool({ connectionString: url, max: connections });
    // As pg asks of everybody who uses a pool.
    pool.on("error", () => {});
    return { client: pool, query: async (text) => (await pool.query(text)).rows, end: () => pool.end() };
  },
};

export const POSTGRES: ClientKind = {
  name: "postgres",
  options: {},
  connect(url, connections = 10) {
    // Its own query for types leaves a rejection unhandled where the connection breaks.
    const sql = postgres(url, { max: connections, onnotice: () => {}, fetch_types: false });
    return { client: sql, query: (text) => sql.unsafe(text), end: () => sql.end({ timeout: 1 }) };
  },
};

/** One for the process, since it takes a second to start. */
let shared: PGlite | undefined;

/** In this process and in memory: there is no server, and so no URL. */
export const PGLITE: ClientKind = {
  name: "PGlite",
  options: { allowFsyncOff: true },
  connect() {
    shared ??= new PGlite();
    const client = shared;
    return {
      client,
      query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
      end: async () => {},
    };
  },
};
