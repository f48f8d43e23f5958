/**
 * Runs `task` after so many milliseconds, and keeps no process alive for it, where the runtime has such a notion. Returns
 * a function that cancels it.
 */
export function after(milliseconds: number, task: () => void): () => void {
  const timer: unknown = setTimeout(task, milliseconds);
  (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** The result of `work`, or the error `late()` after so many milliseconds. A later result is dropped. */
export function inTime<T>(work: () => T | Promise<T>, milliseconds: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(milliseconds, () => reject(late()));
    (async () => work())().then(resolve, reject).then(cancel);
  });
}
