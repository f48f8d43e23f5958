import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ENGINES } from "../support/vectors.js";

const KEPT = 2000;

/** Heap bytes that a kept token costs, when one token of each window is kept and the others are dropped. */
function bytesPerKeptToken(engine: string, method: string): number {
  const script = `
    import { Id64, MemoryCounter } from "permid64";
    const ids = Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), engine: "${engine}" });
    const keep = () => { const token = ids.${method}(); ids.takeU64(1023); return token; };
    keep(); gc();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: ${KEPT} }, keep);
    gc();
    console.log((process.memoryUsage().heapUsed - before) / kept.length, ids.engine);`;
  const output = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });
  const [bytes, ran] = output.trim().split(" ");
  expect(ran).toBe(engine);
  return Number(bytes);
}

// V8 makes a substring of 13 characters or more a view of the string it was cut from: 13 KiB for one token.
test.each(
  ENGINES.flatMap((engine) => ["nextBase62", "nextBase32"].map((method) => [engine, method] as const)),
)("%s, %s: a token that is kept does not keep its window", (engine, method) => {
  expect(bytesPerKeptToken(engine, method)).toBeLessThan(500);
});
