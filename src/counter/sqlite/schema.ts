import type { DatabaseSync } from "node:sqlite";
import { CounterConfigError, CounterCorruptError } from "../../base/errors.js";
import { builtin } from "../../base/runtime.js";
import { SQLITE_NOTADB } from "./errors.js";
import { draftOf } from "./file.js";

/** "p64s" in the database header, which `file` and `checkStateFile` read. */
const APPLICATION_ID = 0x7036_3473;
const FORMAT = 1;

/** https://www.sqlite.org/fileformat.html#the_database_header */
const MIN_PAGE_SIZE = 512;

/**
 * An id space shares one layout and permutation, and so one fingerprint, which is empty until the first generator opens. Each
 * of its instances has one mark, the first number not yet reserved. `lineage` is random: it tells this store from any other
 * with the same names.
 */
const SCHEMA = [
  `CREATE TABLE space (
  name TEXT NOT NULL PRIMARY KEY,
  lineage TEXT NOT NULL,
  fingerprint TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE counter (
  space TEXT NOT NULL REFERENCES space (name),
  instance_id INTEGER NOT NULL CHECK (instance_id BETWEEN 0 AND 4294967295),
  mark INTEGER NOT NULL CHECK (mark BETWEEN 0 AND ceiling),
  ceiling INTEGER NOT NULL,
  PRIMARY KEY (space, instance_id)
) STRICT, WITHOUT ROWID`,
  `CREATE TRIGGER mark_never_falls BEFORE UPDATE ON counter
  WHEN NEW.mark < OLD.mark OR NEW.space <> OLD.space OR NEW.instance_id <> OLD.instance_id BEGIN
  SELECT RAISE(ABORT, 'the mark never moves down');
END`,
  // REPLACE deletes without asking the trigger below.
  `CREATE TRIGGER counter_is_never_replaced BEFORE INSERT ON counter
  WHEN EXISTS (SELECT * FROM counter WHERE space = NEW.space AND instance_id = NEW.instance_id) BEGIN
  SELECT RAISE(ABORT, 'a counter is never replaced');
END`,
  `CREATE TRIGGER counter_is_never_deleted BEFORE DELETE ON counter BEGIN
  SELECT RAISE(ABORT, 'a counter is never deleted');
END`,
];

/**
 * Makes the whole file under another name, then links it into place. No other process ever sees it half made, and of two
 * processes that try, one wins. Returns whether this process won.
 */
export function createStateFile(path: string): boolean {
  const fs = builtin("node:fs");
  const { dirname } = builtin("node:path");
  const { DatabaseSync } = builtin("node:sqlite");
  const draft = draftOf(path);
  try {
    fs.closeSync(fs.openSync(draft, "wx", 0o600));
    const database = new DatabaseSync(draft);
    try {
      database.exec(
        `PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON; BEGIN; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; ${SCHEMA.join(";")}; COMMIT`,
      );
    } finally {
      database.close();
    }
    linkDraft(draft, path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    // Another process that made the file removes the drafts of all others.
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || fs.existsSync(path)) return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
    fs.rmSync(`${draft}-journal`, { force: true });
  }
}

function linkDraft(draft: string, path: string): void {
  try {
    builtin("node:fs").linkSync(draft, path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) throw error;
    throw new CounterConfigError(
      `state file ${path} cannot be created: its folder refuses hard links (${code}). Use a local file system that has them`,
      { cause: error },
    );
  }
}

/** Makes the new name durable. Windows has no such call and needs none. */
function syncFolder(folder: string): void {
  if (globalThis.process.platform === "win32") return;
  const fs = builtin("node:fs");
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Throws unless the file that `database` has opened is an unedited state file.
 *
 * All is read through SQLite: to open and close the file beside SQLite would release the locks that other threads of this
 * process hold on it. https://www.sqlite.org/howtocorrupt.html (2.2)
 */
export function checkStateFile(path: string, database: DatabaseSync): void {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  // SQLite takes a file of fewer bytes than a page for an empty database.
  if (builtin("node:fs").statSync(path).size < MIN_PAGE_SIZE) throw notSqlite(path);
  let applicationId: unknown;
  try {
    applicationId = pragma("application_id");
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_NOTADB) throw notSqlite(path);
    throw error;
  }
  if (applicationId !== APPLICATION_ID) {
    throw new CounterCorruptError(`file ${path} is a SQLite database, but not a permid64 state file`);
  }
  const format = pragma("user_version");
  if (format !== FORMAT) {
    throw new CounterCorruptError(
      `state file ${path} has format ${format}: this version of permid64 reads format ${FORMAT}`,
    );
  }
  // SQLite reads the missing part of a last page as zeros, and zeros can be a mark. The size is asked second, since
  // another process may make the file longer in between.
  const size = Number(pragma("page_count")) * Number(pragma("page_size"));
  if (builtin("node:fs").statSync(path).size < size) {
    throw new CounterCorruptError(`state file ${path} is damaged: it has been cut short`);
  }
  const found = database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").all();
  if (found.map(({ sql }) => sql).join(";") !== SCHEMA.join(";")) {
    throw new CounterCorruptError(`state file ${path} has been edited: its schema is not permid64's`);
  }
  const result = pragma("quick_check");
  if (result !== "ok") throw new CounterCorruptError(`state file ${path} is damaged: ${result}`);
}

/** The error for a file that is no database. Nobody has locks on it, so it can be read as any file. */
function notSqlite(path: string): CounterCorruptError {
  const text = builtin("node:fs").readFileSync(path, "latin1");
  return new CounterCorruptError(
    /^\s*[0-9]+\s*$/.test(text)
      ? `state file ${path} is the Python permid64's, a number as text. Import it into a new file: ` +
          `permid64 state import ${path} --state NEW`
      : `file ${path} is not a permid64 state file`,
  );
}
