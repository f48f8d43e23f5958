/**
 * Calls `end` if this process is ended by force, for children that would outlive it. Returns what to call when they have
 * ended.
 */
export function endWithUs(end: () => void): () => void {
  const endBoth = () => {
    end();
    process.exit(1);
  };
  const endings = { exit: end, disconnect: endBoth, SIGINT: endBoth, SIGTERM: endBoth };
  for (const [event, listener] of Object.entries(endings)) process.once(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(endings)) process.off(event, listener);
  };
}
