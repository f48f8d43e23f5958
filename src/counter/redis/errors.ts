import {
  CounterBusyError,
  CounterConfigError,
  CounterCorruptError,
  CounterUnavailableError,
  PermId64Error,
} from "../../base/errors.js";

/** Words of error replies: the first one, or before Redis 7 a later one where a script called the command. */
const REPLIES: readonly (readonly [RegExp, new (message: string, options: ErrorOptions) => PermId64Error])[] = [
  [/\bWRONGTYPE\b|hash value is not an integer/, CounterCorruptError],
  [/\b(NOAUTH|WRONGPASS|NOPERM|DENIED)\b|unknown command/, CounterConfigError],
  [/^BUSY\b/, CounterBusyError],
];

/**
 * Names what went wrong; `error` came from the client. All other replies are transient, such as those of a restart, a failover
 * or a full disk: NOREPLICAS, READONLY, LOADING, OOM, MISCONF, MASTERDOWN, CLUSTERDOWN, MOVED, a closed connection.
 */
export function translateRedisError(error: unknown, where: string): unknown {
  // Ours, and those of arguments.
  if (error instanceof PermId64Error || error instanceof RangeError || error instanceof TypeError) return error;
  // Clients hang the command on its error, with a password if that was an argument: only the text is kept.
  const { name, message } = error as Error;
  const text = message || name;
  const [, kind = CounterUnavailableError] = REPLIES.find(([pattern]) => pattern.test(text)) ?? [];
  return new kind(`${where} cannot be used: ${text}`, { cause: new Error(text) });
}
