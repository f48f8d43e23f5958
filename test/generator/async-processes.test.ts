import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { AsyncId64, Id64, MemoryCounter, SqliteCounter } from "permid64";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unique } from "../support/async-counters.js";
import { ENGINES } from "../support/vectors.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

/** Runs `script` as a process of its own; fails if it prints to standard error, or does not end by itself. */
async function run(script: string, ...options: string[]): Promise<string> {
  const { stdout, stderr } = await execute(
    process.execPath,
    ["--no-warnings", ...options, "--input-type=module", "--eval", script],
    { cwd: root, timeout: 30_000, killSignal: "SIGKILL" },
  );
  expect(stderr).toBe("");
  return stdout;
}

/** The longest timeout there is: whatever waited for it would not end in time. */
const prelude = (engine: string) => `
  import { AsyncId64, CounterUnavailableError } from "permid64";
  const make = (reserve, options) => {
    const ids = AsyncId64.identity({ instanceId: 0, counter: { reserve }, engine: "${engine}", timeout: 600_000, minBlock: 10, ...options });
    if (ids.engine !== "${engine}") throw new Error("another engine");
    return ids;
  };
  const ok = (n) => { const start = globalThis.mark ?? 0n; globalThis.mark = start + BigInt(n); return { start, end: globalThis.mark }; };
  const away = async () => { throw new CounterUnavailableError("away"); };
  const never = () => new Promise(() => {});
  let calls = 0;
`;

describe.each(ENGINES)("%s engine: nothing keeps the process alive", (engine) => {
  test.concurrent.each([
    ["that has numbers at hand", "await make(ok).takeU64(35);"],
    ["that nobody has used", "make(ok);"],
    ["whose reservation ahead fails", "await make((n) => (calls++ ? away() : ok(n))).nextU64();"],
    [
      "whose reservation ahead fails with no error at all",
      "await make((n) => (calls++ ? Promise.reject() : ok(n))).nextU64();",
    ],
    ["whose reservation ahead never ends", "await make((n) => (calls++ ? never() : ok(n))).nextU64();"],
    [
      "closed while it reserves",
      "const ids = make(never); const late = ids.nextU64().catch(({ code }) => code); await ids.close(); await late;",
    ],
    [
      "closed while it backs off",
      "const ids = make(away); const late = ids.nextU64().catch(({ code }) => code); await new Promise((go) => setTimeout(go, 20)); await ids.close(); await late;",
    ],
    ["disposed of", "{ await using ids = make(ok); await ids.nextU64(); }"],
    ["whose loop was left", "for await (const _ of make(ok).batchesBase62(25)) break;"],
    [
      "whose loop threw",
      "try { for await (const _ of make((n) => (calls++ ? away() : ok(n))).batchesBase62(25)) throw new Error(); } catch {}",
    ],
    [
      "whose iterator was ended",
      "const batches = make(ok).batchesU64(25); await batches.next(); await batches.return();",
    ],
    [
      "whose iterator was thrown into",
      "const batches = make(ok).batchesU64(25); await batches.next(); await batches.throw(0).catch(() => {});",
    ],
  ])("by a generator %s", async (_, script) => {
    const begin = `process.on("exit", (code) => console.log("over", code));`;
    expect(await run(`${prelude(engine)}${begin}${script}`)).toBe("over 0\n");
  });

  test.concurrent.each([
    [
      "its error, from a store that never answers",
      "const ids = make(never, { timeout: 150 });",
      "ERR_PERMID64_COUNTER_TIMEOUT",
    ],
    [
      "its error, from a store that is away",
      "const ids = make(away, { timeout: 150 });",
      "ERR_PERMID64_COUNTER_TIMEOUT",
    ],
    [
      "its number, once the store is back",
      "const begin = performance.now(); const ids = make((n) => (performance.now() - begin < 300 ? away() : ok(n)));",
      "0n",
    ],
  ])("but who waits gets %s", async (_, script, answer) => {
    // Nothing else is open: with all timers unreferenced, Node would end without an answer.
    const tail = "console.log(await ids.nextU64().catch(({ code }) => code));";
    expect(await run(`${prelude(engine)}${script}${tail}`)).toBe(`${answer}\n`);
  });
});

describe("processes and copies", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "permid64-async-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("processes that share a state file are disjoint (F37)", async () => {
    const path = join(folder, "shared.state");
    new SqliteCounter(path, { floor: 1n }).close();
    const script = `
      import { AsyncId64, SqliteCounter } from "permid64";
      using counter = new SqliteCounter(${JSON.stringify(path)}, { timeout: 30_000 });
      const ids = AsyncId64.identity({ instanceId: 0, counter, minBlock: 7, maxBlock: 50 });
      for (let i = 0; i < 300; i++) console.log(String(await ids.nextU64()));`;
    const outputs = await Promise.all([run(script), run(script), run(script)]);
    const numbers = outputs.flatMap((text) => text.trim().split("\n").map(BigInt));
    expect(numbers).toHaveLength(900);
    expect(unique(numbers)).toBe(true);
  });

  test("a generator cannot be handed to a worker: what arrives can issue nothing (F37)", async () => {
    const ids = AsyncId64.identity({ instanceId: 0, counter: new MemoryCounter() });
    await ids.nextU64();
    const worker = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
      parentPort.postMessage([typeof workerData.nextU64, Reflect.ownKeys(workerData).length]);`,
      { eval: true, workerData: ids },
    );
    try {
      const [answer] = await new Promise<unknown[]>((resolve, reject) => {
        worker.once("message", (message) => resolve([message]));
        worker.once("error", reject);
      });
      expect(answer).toEqual(["undefined", 0]);
    } finally {
      await worker.terminate();
    }
    expect(structuredClone(ids)).toEqual({});
  });

  /**
   * Two processes that start from one startup snapshot of a process that has issued 5 numbers, and what each of them
   * issues. The snapshot is the nearest to a cloned machine that there is here. Its builder has no WebAssembly.
   */
  async function startTwice(name: string, { hidden, first }: { hidden: boolean; first: string }): Promise<bigint[][]> {
    const store = join(folder, `${name}.txt`);
    writeFileSync(store, "0");
    const entry = join(folder, `${name}.mjs`);
    writeFileSync(
      entry,
      `import { AsyncId64 } from ${JSON.stringify(join(root, "dist/permid64.js"))};
      const fs = process.getBuiltinModule("node:fs");
      const { startupSnapshot } = process.getBuiltinModule("node:v8");
      const { getBuiltinModule } = process;
      if (${hidden}) process.getBuiltinModule = undefined;
      const counter = {
        reserve(count) {
          const start = BigInt(fs.readFileSync(${JSON.stringify(store)}, "utf8"));
          const end = start + BigInt(count);
          fs.writeFileSync(${JSON.stringify(store)}, String(end));
          return { start, end };
        },
      };
      const ids = AsyncId64.identity({ instanceId: 0, counter, minBlock: 100, engine: "bigint" });
      process.getBuiltinModule = getBuiltinModule;
      ids.takeU64(5);
      startupSnapshot.setDeserializeMainFunction(async () => {
        ${first}
        console.log([...(await ids.takeU64(10)), await ids.nextU64()].join(" "));
      });`,
    );
    const script = join(folder, `${name}.cjs`);
    const blob = join(folder, `${name}.blob`);
    const bundle = await rollup({ input: entry, logLevel: "silent" });
    await bundle.write({ format: "cjs", file: script });
    await bundle.close();
    await execute(process.execPath, ["--no-warnings", "--snapshot-blob", blob, "--build-snapshot", script]);
    const outputs: bigint[][] = [];
    for (let i = 0; i < 2; i++) {
      const { stdout } = await execute(process.execPath, ["--no-warnings", "--snapshot-blob", blob]);
      outputs.push(stdout.trim().split(" ").map(BigInt));
    }
    return outputs;
  }

  test("a startup snapshot holds no numbers: those who start from it are disjoint (F37)", async () => {
    const [a, b] = await startTwice("snapshot", { hidden: false, first: "" });
    expect(a).toHaveLength(11);
    expect(unique([...a!, ...b!])).toBe(true);
    expect([...a!, ...b!].every((number) => number >= 100n)).toBe(true);
  });

  test("a copy that the library cannot know of repeats numbers, as documented; discardLeases prevents it (F38)", async () => {
    const [a, b] = await startTwice("clone", { hidden: true, first: "" });
    expect(a).toEqual(b);
    const [c, d] = await startTwice("discard", { hidden: true, first: "ids.discardLeases();" });
    expect(c).toHaveLength(11);
    expect(unique([...c!, ...d!])).toBe(true);
    expect([...c!, ...d!].every((number) => number >= 100n)).toBe(true);
  });

  test("generators of both classes on one file are disjoint", async () => {
    using counter = new SqliteCounter(join(folder, "both.state"), { floor: 1n });
    const options = { instanceId: 2, counter };
    const [sync, ids] = [Id64.identity({ ...options, blockSize: 5 }), AsyncId64.identity({ ...options, minBlock: 5 })];
    const numbers: bigint[] = [];
    for (let i = 0; i < 100; i++) numbers.push(sync.nextU64(), await ids.nextU64());
    expect(unique(numbers)).toBe(true);
  });
});
