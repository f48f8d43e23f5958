// Many counters of one space at once, and their blocks for an audit.

const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

/** Blocks as a log may take them home, in JSON. */
export const written = (blocks) => blocks.map(({ start, end }) => [String(start), String(end)]);

export async function together(counters, calls, sizes, claim = CLAIM) {
  const all = counters.map(async (counter, i) => {
    const blocks = Array.from({ length: calls }, (_, call) => counter.reserve(sizes[(i + call) % sizes.length], claim));
    return written(await Promise.all(blocks));
  });
  return Promise.all(all);
}
