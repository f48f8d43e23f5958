import { invalidType, show } from "../../base/check.js";

/** The part of a `pg` Pool that a counter uses. */
export interface PgPool {
  connect(
    callback: (
      error: Error | undefined,
      client: PgPoolClient | undefined,
      release: (destroy?: boolean) => void,
    ) => void,
  ): void;
  /** Tells a pool from a single client, which its owner may have in a transaction. */
  readonly totalCount: number;
}

/** The part of a `pg` Pool's connection that a counter uses. */
export interface PgPoolClient {
  query(text: string): Promise<unknown>;
  on(event: "error" | "notice", listener: (notice: Error) => void): unknown;
  off(event: "error" | "notice", listener: (notice: Error) => void): unknown;
}

/** The part of the `sql` that `postgres()` returns that a counter uses. */
export interface PostgresSql {
  unsafe(text: string): PromiseLike<unknown>;
  /** Tells it from the `sql` of a transaction. */
  begin(...args: never): unknown;
}

/** The part of a PGlite that a counter uses. */
export interface PGliteDatabase {
  exec(text: string): Promise<unknown>;
  /** Tells it from the handle of a transaction. */
  transaction(...args: never): unknown;
}

/** The user's own client: a `pg` Pool, the `sql` of `postgres`, or a PGlite. */
export type PostgresClient = PgPool | PostgresSql | PGliteDatabase;

/** All columns are cast to text, because a client's parsers may do anything with other types. */
export type Row = Readonly<Record<string, string | null>>;

/** A text on its way. `abandon` is called when nobody waits for the result any more. */
interface Sending {
  readonly result: Promise<Row[][]>;
  abandon(): void;
}

/**
 * Sends several statements as one message of the simple query protocol, which the server runs as one transaction: it is
 * committed when the answer is there, and undone if there is none but an error. No client can leave it open, and so hold
 * the lock of a row, however it ends. A `text` is asked for when there is a connection, where the client tells. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 */
export type Send = (text: () => string) => Sending;

/**
 * The warning of a commit that stopped waiting for its synchronous standby: `warning` or `admin_shutdown`, which no
 * other statement of ours raises. Its text depends on `lc_messages`.
 */
const NOT_REPLICATED = /^(01000|57P01)$/;

const CLIENTS = "a Pool of pg, the sql of postgres, or a PGlite";

const has = (value: object, ...names: string[]) => names.every((name) => name in value);

export function senderOf(client: PostgresClient): Send {
  // The `sql` of postgres is a function.
  if ((typeof client === "object" && client !== null) || typeof client === "function") {
    if (has(client, "connect", "totalCount")) return sendByPool(client as PgPool);
    if (has(client, "unsafe", "begin")) return sendByPostgres(client as PostgresSql);
    if (has(client, "exec", "transaction")) return sendByPGlite(client as PGliteDatabase);
    if (has(client, "connect", "query")) {
      throw invalidType("client", CLIENTS, "a single Client of pg, which may be in a transaction: use a Pool");
    }
  }
  throw invalidType("client", CLIENTS, show(client));
}

function sendByPool(pool: PgPool): Send {
  return (text) => {
    let abandoned = false;
    let destroy = () => {};
    const run = async (client: PgPoolClient, giveBack: (destroy: boolean) => void) => {
      // A connection that breaks also emits an `error` event, and an unhandled one would end the process.
      const ignore = () => {};
      let isReplicated = true;
      const watch = (notice: Error) => {
        if (NOT_REPLICATED.test(String((notice as { code?: unknown }).code))) isReplicated = false;
      };
      let released = false;
      const release = (broken: boolean) => {
        if (released) return;
        released = true;
        client.off("notice", watch);
        giveBack(broken);
        // The pool listens from now on.
        client.off("error", ignore);
      };
      client.on("error", ignore);
      client.on("notice", watch);
      destroy = () => release(true);
      try {
        const results = rowsOf(await client.query(text()));
        release(false);
        if (!isReplicated) throw new Error("the standby did not confirm the commit: its outcome is unknown");
        return results;
      } catch (error) {
        release(true);
        throw error;
      }
    };
    const result = new Promise<Row[][]>((resolve, reject) => {
      // A callback is called in time to listen: the next message of the same packet may be the connection's last.
      pool.connect((error, client, release) => {
        if (client && !abandoned) return void run(client, release).then(resolve, reject);
        release();
        reject(error ?? new Error("nobody waits for the connection any more"));
      });
    });
    return {
      result,
      abandon() {
        abandoned = true;
        destroy();
      },
    };
  };
}

/**
 * Transactions of this client have connections of their own, so a plain query is never part of one. The client cannot close a
 * single connection: an abandoned text still runs, and its numbers are a gap.
 */
function sendByPostgres(sql: PostgresSql): Send {
  return (text) => ({ result: Promise.resolve(sql.unsafe(text())).then(rowsOf), abandon() {} });
}

/** A PGlite has one connection, and lets nothing in between the statements of a transaction. */
function sendByPGlite(database: PGliteDatabase): Send {
  return (text) => ({ result: database.exec(text()).then(rowsOf), abandon() {} });
}

/** A result of `postgres`, or of `pg` and PGlite. */
type Result = Row[] | { rows: Row[]; fields: readonly unknown[] };

/** The rows of each statement that has columns. `postgres` leaves out the others, except at the beginning, and a list of one. */
function rowsOf(results: unknown): Row[][] {
  const list = "command" in (results as object) ? [results as Result] : (results as Result[]);
  return list
    .filter((result) => Array.isArray(result) || result.fields.length > 0)
    .map((result) => (Array.isArray(result) ? result : result.rows));
}
