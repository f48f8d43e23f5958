import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The first signal stops after the block at hand, which the returned function tells. A second signal stops at once. */
export function stopOnSignal(): () => boolean {
  let stopped = false;
  const stop = (signal: (typeof SIGNALS)[number]) => {
    stopped = true;
    process.exitCode = 128 + constants.signals[signal];
    for (const each of SIGNALS) process.off(each, stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return () => stopped;
}
