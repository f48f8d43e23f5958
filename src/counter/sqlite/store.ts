import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  CounterBusyError,
  CounterCorruptError,
  CounterNotInitializedError,
  CounterRollbackError,
  CounterUnavailableError,
} from "../../base/errors.js";
import { builtin } from "../../base/runtime.js";
import { isBusy, translate } from "./errors.js";
import { checkStateFile, createStateFile } from "./schema.js";

export interface SpaceRow {
  readonly lineage: string;
  readonly fingerprint: string;
}

export interface CounterRow {
  readonly mark: bigint;
  readonly ceiling: bigint;
}

/**
 * Milliseconds that SQLite may wait for a lock by itself: three sleeps, of 1, 2 and 5. It would go on with sleeps of up
 * to 100, which seldom end in one of the short moments when a busy file is free: others get all blocks for seconds.
 */
const SHORT_WAIT = 8;

/** An open state file: its rows, and transactions over them. What a mark means is the counter's business. */
export class StateFile {
  readonly path: string;
  readonly created: boolean;
  readonly #database: DatabaseSync;
  readonly #busyTimeout: number;
  readonly #identity: string | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readCounter: StatementSync;
  readonly #readSpace: StatementSync;
  readonly #writeMark: StatementSync;

  constructor(path: string, { create, busyTimeout }: { create: boolean; busyTimeout: number }) {
    // Absolute, because the process may change folder; and so that ":memory:" is a file like any other.
    this.path = builtin("node:path").resolve(path);
    let database: DatabaseSync | undefined;
    try {
      this.created = this.#requireFile(create);
      this.#identity = identityOf(this.path);
      const { DatabaseSync } = builtin("node:sqlite");
      database = new DatabaseSync(this.path);
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
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
      database.exec(`PRAGMA busy_timeout = ${Math.min(busyTimeout, SHORT_WAIT)}`);
      this.#busyTimeout = busyTimeout;
      this.#database = database;
    } catch (error) {
      database?.close();
      throw translate(error, this.path);
    }
  }

  /**
   * Makes sure that there is a file, and that it is not empty: SQLite would take that for a new database. Returns
   * whether it had to be created.
   */
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

  /** Runs `work` alone among all processes; what it wrote is durable when this returns, and undone when it throws. */
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
      throw translate(error, this.path);
    }
  }

  /** Waits for others to release their locks. A commit that met one can be tried again. */
  #patiently(statement: StatementSync): void {
    const deadline = performance.now() + this.#busyTimeout;
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

  space(name: string): SpaceRow | undefined {
    return this.#readSpace.get(name) as SpaceRow | undefined;
  }

  addSpace(name: string, fingerprint: string): SpaceRow {
    const lineage = crypto.randomUUID();
    this.#database.prepare("INSERT INTO space VALUES (?, ?, ?)").run(name, lineage, fingerprint);
    return { lineage, fingerprint };
  }

  setFingerprint(name: string, fingerprint: string): void {
    this.#database.prepare("UPDATE space SET fingerprint = ? WHERE name = ?").run(fingerprint, name);
  }

  counter(name: string, instanceId: number): CounterRow | undefined {
    const row = this.#readCounter.get(name, instanceId) as CounterRow | undefined;
    // The schema promises this, but can be edited after the file was opened and checked.
    if (row && !(typeof row.mark === "bigint" && 0n <= row.mark && row.mark <= row.ceiling)) {
      throw new CounterCorruptError(
        `state file ${this.path} has been edited: instance ${instanceId} has no valid mark`,
      );
    }
    return row;
  }

  addCounter(name: string, instanceId: number, { mark, ceiling }: CounterRow): void {
    this.#database.prepare("INSERT INTO counter VALUES (?, ?, ?, ?)").run(name, instanceId, mark, ceiling);
  }

  setCounter(name: string, instanceId: number, { mark, ceiling }: CounterRow): void {
    this.#writeMark.run(mark, ceiling, name, instanceId);
  }

  list(): (SpaceRow & CounterRow & { name: string; instanceId: bigint })[] {
    try {
      const statement = this.#database.prepare(
        `SELECT name, lineage, fingerprint, instance_id AS instanceId, mark, ceiling
          FROM space JOIN counter ON space = name ORDER BY name, instance_id`,
      );
      statement.setReadBigInts(true);
      return statement.all() as unknown as ReturnType<StateFile["list"]>;
    } catch (error) {
      throw translate(error, this.path);
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
  database.exec("PRAGMA synchronous = EXTRA");
}
