import { CounterCorruptError, CounterUnavailableError, PermId64Error } from "../../base/errors.js";

/** Names what went wrong; `error` came from the browser. https://www.w3.org/TR/IndexedDB/#exceptions */
export function translateIndexedDbError(error: unknown, where: string): unknown {
  // Ours, and those of arguments.
  if (error instanceof PermId64Error || error instanceof RangeError) return error;
  const { name, message } = (error ?? { name: "AbortError", message: "no reason given" }) as Error;
  const options = { cause: error };
  switch (name) {
    case "QuotaExceededError":
      return new CounterUnavailableError(`${where} cannot be written: this site has used up its storage`, options);
    case "NotFoundError":
    case "VersionError":
      return new CounterCorruptError(`${where} holds no counters, or is of a later version of permid64`, options);
    case "NotReadableError":
      return new CounterCorruptError(`${where} is damaged: ${message}`, options);
    default:
      return new CounterUnavailableError(`${where} cannot be used: ${name}: ${message}`, options);
  }
}
