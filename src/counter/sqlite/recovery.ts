import type { DatabaseSync } from "node:sqlite";
import { builtin } from "../../base/runtime.js";

interface ShownRow {
  readonly name: string;
  readonly lineage: string;
  readonly fingerprint: string;
  readonly instanceId: bigint;
  readonly mark: bigint;
  readonly ceiling: bigint;
}

/** The rows of a state file, as far as the file itself shows them. */
export type Shown = readonly ShownRow[];

const ROWS = `SELECT name, lineage, fingerprint, instance_id AS instanceId, mark, ceiling
  FROM space JOIN counter ON space = name`;

function listRows(database: DatabaseSync): Shown {
  const statement = database.prepare(ROWS);
  statement.setReadBigInts(true);
  return statement.all() as unknown as Shown;
}

/**
 * Reads the rows without locks, and without the journal. A process in the middle of a commit, or a power cut, can leave
 * pages of two versions: rows count only if SQLite finds the whole file consistent. `checkStateFile` judges any other file.
 *
 * Node before 22.15 opens no URIs, and shows nothing.
 */
export function shownBy(path: string): Shown {
  const { DatabaseSync } = builtin("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    const { sep } = builtin("node:path");
    const uri = `file:///${path.split(sep).filter(Boolean).map(encodeURIComponent).join("/")}?immutable=1`;
    database = new DatabaseSync(uri, { readOnly: true });
    const { quick_check: result } = database.prepare("PRAGMA quick_check").get()!;
    return result === "ok" ? listRows(database) : [];
  } catch {
    return [];
  } finally {
    database?.close();
  }
}

/**
 * Opens the file, which plays its journal if a process was killed in a commit, and lifts all marks to those that the file
 * showed before.
 *
 * A journal that was parted from its file for a while is too old, and undoes commits that came after it. A mark that is
 * lifted for nothing only wastes the numbers of one commit. The mode EXCLUSIVE keeps the lock of the recovery until the
 * marks are lifted, so that no other process reserves in between.
 */
export function recover(database: DatabaseSync, shown: Shown): void {
  if (shown.length === 0) return;
  database.exec("PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON; PRAGMA locking_mode = EXCLUSIVE");
  lift(database, shown);
  database.exec("PRAGMA locking_mode = NORMAL");
  // The lock is released by the next read.
  database.prepare("SELECT count(*) FROM sqlite_schema").get();
}

function lift(database: DatabaseSync, shown: Shown): void {
  const keyOf = ({ name, lineage, instanceId }: ShownRow) => `${lineage}:${instanceId}:${name}`;
  const found = new Map(listRows(database).map((row) => [keyOf(row), row.mark]));
  const lost = shown.filter((row) => (found.get(keyOf(row)) ?? -1n) < row.mark);
  if (lost.length === 0) return;
  const setLineage = database.prepare("UPDATE space SET lineage = ?, fingerprint = ? WHERE name = ? AND lineage <> ?");
  const addSpace = database.prepare("INSERT OR IGNORE INTO space VALUES (?, ?, ?)");
  const setMark = database.prepare(
    "UPDATE counter SET mark = max(mark, ?), ceiling = max(ceiling, ?) WHERE space = ? AND instance_id = ?",
  );
  const addCounter = database.prepare("INSERT INTO counter VALUES (?, ?, ?, ?)");
  database.exec("BEGIN IMMEDIATE");
  for (const { name, lineage, fingerprint, instanceId, mark, ceiling } of lost) {
    setLineage.run(lineage, fingerprint, name, lineage);
    addSpace.run(name, lineage, fingerprint);
    if (Number(setMark.run(mark, ceiling, name, instanceId).changes) === 0) {
      addCounter.run(name, instanceId, mark, ceiling);
    }
  }
  database.exec("COMMIT");
}
