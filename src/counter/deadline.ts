import { checkInteger } from "../base/check.js";
import { CounterTimeoutError } from "../base/errors.js";
import { after } from "../base/timers.js";

/** Milliseconds for one call. */
export const checkTimeout = (value: number) => checkInteger("timeout", value, 1, 600_000);

export const lateAnswer = (where: string, milliseconds: number) =>
  new CounterTimeoutError(`${where} did not answer within ${milliseconds} ms`);

/**
 * The result of `work`, or a CounterTimeoutError after so many milliseconds. A later result is dropped. After a blocked event
 * loop, timers run before the answers that have arrived meanwhile: those are read once more before the deadline counts.
 */
export function withDeadline<T>(work: Promise<T>, milliseconds: number, where: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(milliseconds, () => afterInput(() => reject(lateAnswer(where, milliseconds))));
    work.then(resolve, reject).then(cancel);
  });
}

const afterInput = (task: () => void) => {
  if (typeof setImmediate === "function") setImmediate(task);
  else setTimeout(task);
};
