import { CounterTimeoutError } from "../errors.js";

/**
 * What `work` resolves with, or a CounterTimeoutError after so many milliseconds. What it still brings by then, or how
 * it fails, is dropped. The timer keeps no process alive.
 */
export async function withDeadline<T>(work: Promise<T>, milliseconds: number, where: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new CounterTimeoutError(`${where} did not answer within ${milliseconds} ms`));
    timer = setTimeout(late, milliseconds);
    (timer as { unref?(): void }).unref?.(); // Browsers return a number.
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
