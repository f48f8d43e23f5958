import {
  CounterBusyError,
  CounterConfigError,
  CounterCorruptError,
  CounterNotInitializedError,
  CounterTimeoutError,
  CounterUnavailableError,
  PermId64Error,
} from "../../base/errors.js";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const DIVISION_BY_ZERO = "22012";
const READ_ONLY = "25006";
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
const INSUFFICIENT_PRIVILEGE = "42501";
const LOCK_NOT_AVAILABLE = "55P03";
const QUERY_CANCELED = "57014";
const UNDEFINED_TABLE = "42P01";
const INVALID_SCHEMA = "3F000";
export const DUPLICATE_TABLE = "42P07";

/** A function that is missing, or not to be called here. */
const REFUSED = /^(42883|0A000|55000)$/;

/** A column that is missing or of another type, or a value that no write of ours put there. */
const CORRUPT = /^(22...|23502|23514|42703|42804|42883)$/;

export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The transaction was undone because of another one, and the same may succeed now. */
export function isConflict(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED;
}

/**
 * Names what went wrong; `error` came from the client. When a counter starts, a refusal is a wrong configuration. Later, it
 * may be a transient error.
 */
export function translatePostgresError(error: unknown, where: string, starting: boolean): unknown {
  // Ours, and those of arguments.
  if (error instanceof PermId64Error || error instanceof RangeError) return error;
  const state = sqlStateOf(error) ?? "";
  const text = `${where}: ${error instanceof Error ? error.message : String(error)}`;
  const options = { cause: error };
  if (starting && REFUSED.test(state)) {
    return new CounterConfigError(`${text}; "allowUnknownServer" does without the server's identity`, options);
  }
  switch (state) {
    case SERIALIZATION_FAILURE:
    case DEADLOCK_DETECTED:
    case LOCK_NOT_AVAILABLE:
      return new CounterBusyError(text, options);
    case QUERY_CANCELED:
      return new CounterTimeoutError(text, options);
    case UNDEFINED_TABLE:
    case INVALID_SCHEMA:
      return new CounterNotInitializedError(text, options);
    case READ_ONLY:
    case INSUFFICIENT_PRIVILEGE:
      return new (starting ? CounterConfigError : CounterUnavailableError)(text, options);
    case DIVISION_BY_ZERO:
      return new CounterUnavailableError(`${where}: the pool gave a connection that is within a transaction`, options);
    default:
      return new (CORRUPT.test(state) ? CounterCorruptError : CounterUnavailableError)(text, options);
  }
}
