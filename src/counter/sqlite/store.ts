import type { DatabaseSync, StatementSync } from "node:sqlite";
import { checkInteger, checkString, outOfRange, show } from "../../base/check.js";
import {
  CounterBusyError,
  CounterCorruptError,
  CounterNotInitializedError,
  CounterRollbackError,
  CounterUnavailableError,
} from "../../base/errors.js";
import { builtin } from "../../base/runtime.js";
import type { StoredInstance } from "../admission.js";
import { MAX_MARK } from "../checks.js";
import type { CounterState } from "../options.js";
import { isBusy, translateSqliteError } from "./errors.js";
import { requireOneName } from "./file.js";
import { recover, shownBy } from "./recovery.js";
import { checkStateFile, createStateFile } from "./schema.js";

const DEFAULT_TIMEOUT = 5000;

/**
 * Milliseconds that SQLite may wait for a lock by itself: three sleeps, of 1, 2 and 5. It would go on with sleeps of up
 * to 100, which seldom end in one of the short moments when a busy file is free: others get all blocks for seconds.
 */
const SHORT_WAIT = 8;

export interface SqliteOptions {
  /** Milliseconds to wait for another process's lock, 0 to 600000; default 5000. The wait blocks the thread. */
  timeout?: number;
}

export interface SpaceRow {
  readonly lineage: string;
  /** Empty until the first generator opens. */
  readonly fingerprint: string;
}

/** An open state file: transactions, and the rows in them. The meaning of a mark is the counter's business. */
export class SqliteStore {
  readonly path: string;
  /** Whether the file did not exist before. */
  readonly created: boolean;
  readonly #database: DatabaseSync;
  readonly #timeout: number;
  readonly #identity: string | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readCounter: StatementSync;
  readonly #readSpace: StatementSync;
  readonly #writeMark: StatementSync;

  /** `create` makes a missing file. */
  constructor(path: string, { timeout = DEFAULT_TIMEOUT }: SqliteOptions, create: boolean) {
    checkPath(path);
    checkInteger("timeout", timeout, 0, 600_000);
    const { DatabaseSync } = builtin("node:sqlite");
    // Absolute, because the process may change folder.
    this.path = builtin("node:path").resolve(path);
    let database: DatabaseSync | undefined;
    try {
      this.created = this.#requireFile(create);
      requireOneName(this.path);
      this.#identity = identityOf(this.path);
      const shown = shownBy(this.path);
      database = new DatabaseSync(this.path);
      database.exec(`PRAGMA busy_timeout = ${timeout}`);
      recover(database, shown);
      checkStateFile(this.path, database);
      useRollbackJournal(this.path, database);
      // Statements, since in Deno the errors of "exec" have no "errcode" (2.9.5).
      this.#begin = database.prepare("BEGIN IMMEDIATE");
      this.#commit = database.prepare("COMMIT");
      this.#readSpace = database.prepare("SELECT lineage, fingerprint FROM space WHERE name = ?");
      this.#readCounter = database.prepare("SELECT mark, ceiling FROM counter WHERE space = ? AND instance_id = ?");
      this.#readCounter.setReadBigInts(true);
      this.#writeMark = database.prepare(
        "UPDATE counter SET mark = ?, ceiling = ? WHERE space = ? AND instance_id = ?",
      );
      database.exec(`PRAGMA busy_timeout = ${Math.min(timeout, SHORT_WAIT)}`);
      this.#timeout = timeout;
      this.#database = database;
    } catch (error) {
      database?.close();
      throw translateSqliteError(error, this.path);
    }
  }

  /** Opens an existing file, or with `create` a new one, for one task of an operator's. */
  static with<T>(path: string, options: SqliteOptions, create: boolean, task: (store: SqliteStore) => T): T {
    const store = new SqliteStore(path, options, create);
    try {
      return task(store);
    } finally {
      store.close();
    }
  }

  /** Makes sure that there is a file, and that it is not empty: SQLite would take an empty file for a new database. */
  #requireFile(create: boolean): boolean {
    // Not existsSync, which takes a file that one may not see for a missing one.
    const stat = () => builtin("node:fs").statSync(this.path, { throwIfNoEntry: false });
    // Asked first, since a journal comes after its file: other processes may be creating it right now.
    const journal = builtin("node:fs").existsSync(`${this.path}-journal`);
    const file = stat();
    if (file) {
      if (file.size > 0) return false;
      throw new CounterCorruptError(
        `state file ${this.path} is empty: its numbers are lost. Restore it, or start a new one with "floor"`,
      );
    }
    if (!create) throw new CounterNotInitializedError(`state file ${this.path} does not exist`);
    if (journal) {
      throw new CounterCorruptError(
        `state file ${this.path} is missing, but its journal is there: restore the file, or remove the journal to start anew`,
      );
    }
    if (!createStateFile(this.path)) {
      // Another process was faster; or something is there that is no file.
      if (stat()) return false;
      throw new CounterUnavailableError(`state file ${this.path} is a link that leads nowhere`);
    }
    return true;
  }

  /** Runs `work` alone among all processes. Its writes are durable when this returns, and undone when it throws. */
  transaction<T>(work: () => T): T {
    try {
      this.#patiently(this.#begin);
      try {
        this.#checkIdentity();
        const result = work();
        this.#patiently(this.#commit);
        return result;
      } catch (error) {
        this.#rollback();
        throw error;
      }
    } catch (error) {
      this.#checkIdentity(); // Of a file that is gone, SQLite says no more than that it cannot be read.
      throw translateSqliteError(error, this.path);
    }
  }

  /** Waits for others to release their locks. A commit that met one can be tried again. */
  #patiently(statement: StatementSync): void {
    const deadline = performance.now() + this.#timeout;
    for (;;) {
      try {
        statement.run();
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw error;
      }
    }
  }

  #rollback(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // After some errors, such as a full disk, SQLite has rolled back by itself, and says that there is nothing to do.
    }
  }

  /** Undefined if there is no such id space. */
  read(name: string, instanceId: number): StoredInstance | undefined {
    const space = this.#readSpace.get(name) as SpaceRow | undefined;
    if (!space) return undefined;
    const row = this.#readCounter.get(name, instanceId) as { mark: unknown; ceiling: unknown } | undefined;
    const { lineage, fingerprint } = space;
    return { lineage, fingerprint: fingerprint || undefined, mark: row?.mark, ceiling: row?.ceiling };
  }

  /** Makes an instance, and its id space if it is the first. Returns the lineage. */
  add(name: string, instanceId: number, mark: bigint): string {
    let space = this.#readSpace.get(name) as SpaceRow | undefined;
    if (!space) {
      if (this.#readCounter.get(name, instanceId)) {
        throw new CounterCorruptError(`state file ${this.path} has been edited: id space "${name}" is gone`);
      }
      space = { lineage: crypto.randomUUID(), fingerprint: "" };
      this.#database.prepare("INSERT INTO space VALUES (?, ?, ?)").run(name, space.lineage, space.fingerprint);
    }
    this.#database.prepare("INSERT INTO counter VALUES (?, ?, ?, ?)").run(name, instanceId, mark, MAX_MARK);
    return space.lineage;
  }

  setFingerprint(name: string, fingerprint: string): void {
    this.#database.prepare("UPDATE space SET fingerprint = ? WHERE name = ?").run(fingerprint, name);
  }

  setMark(name: string, instanceId: number, mark: bigint, ceiling: bigint): void {
    this.#writeMark.run(mark, ceiling, name, instanceId);
  }

  /** The highest instance id of an id space, or -1. */
  highestInstance(name: string): number {
    const row = this.#database.prepare("SELECT max(instance_id) AS id FROM counter WHERE space = ?").get(name);
    return (row?.id as number | null) ?? -1;
  }

  list(): CounterState[] {
    try {
      const statement = this.#database.prepare(
        `SELECT name, instance_id AS instanceId, mark, ceiling, fingerprint, lineage
          FROM space JOIN counter ON space = name ORDER BY name, instance_id`,
      );
      statement.setReadBigInts(true);
      const rows = statement.all() as unknown as (CounterState & { instanceId: bigint })[];
      return rows.map((row) => ({ ...row, instanceId: Number(row.instanceId) }));
    } catch (error) {
      throw translateSqliteError(error, this.path);
    }
  }

  close(): void {
    this.#database.close();
  }

  /** A handle goes on working on a file that is no longer at its path, where other processes find another one. */
  #checkIdentity(): void {
    if (identityOf(this.path) !== this.#identity) {
      throw new CounterRollbackError(`state file ${this.path} was deleted or replaced while in use`);
    }
  }
}

function checkPath(path: string): void {
  const expected = "the path of a file";
  if (checkString("path", path) === "" || path.includes("\0")) throw outOfRange("path", expected, show(path));
  // SQLite takes these for a database in memory, which forgets, and for a URL.
  if (path === ":memory:" || /^file:/i.test(path)) {
    throw outOfRange("path", `${expected} (in memory: MemoryCounter)`, show(path));
  }
}

function identityOf(path: string): string | undefined {
  const stat = builtin("node:fs").statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/**
 * A rollback journal that is synced and ended by a synced header of zeros: a commit survives a power cut, and between
 * commits the one file is all there is. To remove the journal each time takes 1.4 times as long. Write-ahead logging
 * would take a third, but whoever copies or restores the file without its log puts numbers back.
 * https://www.sqlite.org/pragma.html#pragma_journal_mode
 */
function useRollbackJournal(path: string, database: DatabaseSync): void {
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = PERSIST").get()!;
  if (mode !== "persist") throw new CounterBusyError(`state file ${path} is held in journal mode ${mode}`);
  // On macOS, a plain fsync leaves data in the drive's cache. Elsewhere, fullfsync changes nothing.
  database.exec("PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON");
}
