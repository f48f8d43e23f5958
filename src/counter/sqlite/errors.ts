import { CounterBusyError, CounterCorruptError, CounterUnavailableError, PermId64Error } from "../../base/errors.js";

// Primary result codes: https://www.sqlite.org/rescode.html
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;
export const SQLITE_NOTADB = 26;

/** Whether SQLite met a lock of another connection's, and the same call may succeed later. */
export const isBusy = (error: unknown) => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;

/** Names what went wrong with the state file at `path`; `error` came from SQLite or the file system. */
export function translateSqliteError(error: unknown, path: string): unknown {
  // Ours, and those of arguments.
  if (error instanceof PermId64Error || error instanceof RangeError || error instanceof TypeError) return error;
  const { errcode, message } = error as { errcode?: number; message: string };
  const options = { cause: error };
  const code = errcode === undefined ? undefined : errcode & 0xff;
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new CounterBusyError(`state file ${path} is locked by another process`, options);
    // SQLITE_ERROR is a table that is no longer there, SQLITE_CONSTRAINT a value that no write of ours put there.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_NOTADB:
      return new CounterCorruptError(`state file ${path} is damaged or has been edited: ${message}`, options);
    default: {
      const hint = code === SQLITE_CANTOPEN ? ". Is it a file, in a folder that this process may write to?" : "";
      return new CounterUnavailableError(`state file ${path} cannot be used: ${message}${hint}`, options);
    }
  }
}
