import { checkInteger } from "../base/check.js";
import { CounterTimeoutError } from "../base/errors.js";
import { inTime } from "../base/timers.js";

/** Milliseconds for one call. */
export const checkTimeout = (value: number) => checkInteger("timeout", value, 1, 600_000);

export const lateAnswer = (where: string, milliseconds: number) =>
  new CounterTimeoutError(`${where} did not answer within ${milliseconds} ms`);

/** The result of `work`, or a CounterTimeoutError after so many milliseconds. A later result is dropped. */
export const withDeadline = <T>(work: Promise<T>, milliseconds: number, where: string): Promise<T> =>
  inTime(
    () => work,
    milliseconds,
    () => lateAnswer(where, milliseconds),
  );
