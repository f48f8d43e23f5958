import { CounterUnavailableError } from "../../base/errors.js";

/** Names what went wrong; `error` came from the runtime. */
export function translateStorageError(error: unknown, where: string): CounterUnavailableError {
  const { message } = error as Error;
  return new CounterUnavailableError(`the storage of ${where} cannot be used: ${message}`, { cause: error });
}
