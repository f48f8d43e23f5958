import { invalidType, show } from "../../base/check.js";
import { CounterTimeoutError } from "../../base/errors.js";
import { withDeadline } from "../deadline.js";

/** What is used of a `pg` Pool. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  /** Tells a pool from a single client, which its owner may have in a transaction. */
  readonly totalCount: number;
}

/** What is used of a connection of a `pg` Pool. */
export interface PgPoolClient {
  query(text: string): Promise<unknown>;
  release(destroy?: boolean): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/** What is used of the `sql` that `postgres()` returns. */
export interface PostgresSql {
  unsafe(text: string): PromiseLike<unknown>;
  /** Tells it from the `sql` of a transaction. */
  begin(...args: never): unknown;
}

/** What is used of a PGlite. */
export interface PGliteDatabase {
  exec(text: string): Promise<unknown>;
  /** Tells it from the handle of a transaction. */
  transaction(...args: never): unknown;
}

/** The user's own client: a `pg` Pool, the `sql` of `postgres`, or a PGlite. */
export type PostgresClient = PgPool | PostgresSql | PGliteDatabase;

/** Columns are read as text, whatever the client's parsers make of other types. */
export type Row = Readonly<Record<string, string | null>>;

/** A text on its way. `abandon` is told when nobody waits for it any more. */
interface Sending {
  readonly result: Promise<Row[][]>;
  abandon(): void;
}

/**
 * Sends several statements as one message of the simple query protocol, which the server runs as one transaction: it is
 * committed when the answer is there, and undone if there is none but an error. No client can leave it open, and so hold
 * the lock of a row, however it ends. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 */
type Send = (text: string) => Sending;

const has = (value: object, ...names: string[]) => names.every((name) => name in value);

function senderOf(client: PostgresClient): Send {
  // The `sql` of postgres is a function.
  if ((typeof client === "object" && client !== null) || typeof client === "function") {
    if (has(client, "connect", "totalCount")) return sendByPool(client as PgPool);
    if (has(client, "unsafe", "begin")) return sendByPostgres(client as PostgresSql);
    if (has(client, "exec", "transaction")) return sendByPGlite(client as PGliteDatabase);
  }
  throw invalidType("client", "a Pool of pg, the sql of postgres, or a PGlite", show(client));
}

function sendByPool(pool: PgPool): Send {
  return (text) => {
    let abandoned = false;
    let destroy = () => {};
    const work = async () => {
      const client = await pool.connect();
      if (abandoned) {
        client.release();
        return [];
      }
      let released = false;
      const release = (broken: boolean) => {
        if (!released) client.release(broken);
        released = true;
      };
      destroy = () => release(true);
      // A connection that breaks says so by an event as well, which would end the process if nobody listened.
      const ignore = () => {};
      client.on("error", ignore);
      try {
        const results = rowsOf(await client.query(text));
        client.off("error", ignore);
        release(false);
        return results;
      } catch (error) {
        release(true);
        throw error;
      }
    };
    return {
      result: work(),
      abandon() {
        abandoned = true;
        destroy();
      },
    };
  };
}

/**
 * Transactions of this client have connections of their own, so that a plain query is never part of one. It can
 * not close a single connection; what is abandoned goes on, and is a gap.
 */
function sendByPostgres(sql: PostgresSql): Send {
  return (text) => ({ result: Promise.resolve(sql.unsafe(text)).then(rowsOf), abandon() {} });
}

/** A PGlite has one connection, and lets nothing in between the statements of a transaction. */
function sendByPGlite(database: PGliteDatabase): Send {
  return (text) => ({ result: database.exec(text).then(rowsOf), abandon() {} });
}

/** What `postgres` gives, and what `pg` and PGlite do. */
type Result = Row[] | { rows: Row[]; fields: readonly unknown[] };

/** The rows of each statement that has columns. `postgres` leaves out the others, except at the beginning. */
function rowsOf(results: unknown): Row[][] {
  return (results as Result[])
    .filter((result) => Array.isArray(result) || result.fields.length > 0)
    .map((result) => (Array.isArray(result) ? result : result.rows));
}

/** Runs transactions on the user's client, on a connection of their own. */
export class Database {
  readonly #send: Send;
  readonly #timeout: number;

  constructor(client: PostgresClient, timeout: number) {
    this.#send = senderOf(client);
    this.#timeout = timeout;
  }

  /** When a call that begins now has to end, by the monotonic clock. */
  deadline(): number {
    return performance.now() + this.#timeout;
  }

  /** Resolves once all is committed, with the rows of the statements that have columns: to be counted from the last. */
  async transaction(statements: readonly string[], deadline: number, where: string): Promise<Row[][]> {
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    const { result, abandon } = this.#send([...preamble(Math.ceil(0.9 * left)), ...statements].join(";\n"));
    try {
      return await withDeadline(result, left, where);
    } catch (error) {
      if (error instanceof CounterTimeoutError) abandon();
      throw error;
    }
  }
}

/**
 * What a role or database has as its defaults does not matter: the commit is waited for, nothing is read-only, and a
 * change by others that came first is no failure. The server gives up on a lock before we give up on the server: then
 * it is known that nothing was reserved.
 *
 * The last line fails, by a division by zero, on a connection that its last user gave back within a transaction: what
 * would be part of that could be undone with it.
 */
const preamble = (lockTimeout: number) => [
  "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
  "SET LOCAL synchronous_commit = on",
  `SET LOCAL lock_timeout = ${lockTimeout}`,
  "SELECT 1 / (now() = statement_timestamp())::integer",
];
