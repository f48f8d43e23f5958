import { InvalidTokenError } from "../base/errors.js";

/** Returns what `decode` does, but undefined if `token` is no string, or if `decode` throws an InvalidTokenError. */
export function decodeOrUndefined<T>(decode: (token: string) => T, token: unknown): T | undefined {
  if (typeof token !== "string") return undefined;
  try {
    return decode(token);
  } catch (error) {
    if (error instanceof InvalidTokenError) return undefined;
    throw error;
  }
}
