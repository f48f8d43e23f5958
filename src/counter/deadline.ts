import { checkInteger } from "../base/check.js";
import { CounterTimeoutError } from "../base/errors.js";
import { inTime } from "../base/timers.js";

/** Of one call, in milliseconds. */
export const checkTimeout = (value: number) => checkInteger("timeout", value, 1, 600_000);

/** What `work` resolves with, or a CounterTimeoutError after so many milliseconds. What it still comes to is dropped. */
export const withDeadline = <T>(work: Promise<T>, milliseconds: number, where: string): Promise<T> =>
  inTime(
    () => work,
    milliseconds,
    () => new CounterTimeoutError(`${where} did not answer within ${milliseconds} ms`),
  );
