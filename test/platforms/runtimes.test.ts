import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { app, bin, ENVIRONMENT, installed, newStateFile, passed, type Result, run, suiteInProcess } from "./matrix.ts";

const NODES = {
  // The oldest release that package.json's "engines" allows.
  "Node.js 22": [installed("node22/bin/node")],
  "Node.js 24": [process.execPath],
  "Node.js 26": [installed("node26/bin/node")],
};
const RUNTIMES = {
  ...NODES,
  // All that it needs: to read what is installed, and to read and write the state file.
  Deno: [bin("deno"), "run", "--allow-read=.", "--allow-write=."],
  Bun: [bin("bun"), "run", "--no-install"],
};

describe.each(Object.entries(RUNTIMES))("%s", (platform, command) => {
  test("passes the suite, with a state file of its own", async (context) => {
    const { versions, ...result } = await suiteInProcess(command, { stateFile: newStateFile() });
    const [runtime, major] = platform.toLowerCase().replace(".js", "").split(" ");
    const version = versions[runtime!]!;
    expect(version.split(".")[0]).toBe(major ?? version.split(".")[0]);
    await passed(context, { platform, version, engine: "wasm", counter: "state file" }, result);
  });
});

test.for([
  ["Node.js", [process.execPath]],
  ["Deno", [...RUNTIMES.Deno, "--allow-env=PERMID64_KEY"]],
  ["Bun", RUNTIMES.Bun],
] as const)("%s runs the script of docs/platforms.md", async ([, command]) => {
  expect(await run(command, "snippets/issue.js")).toMatch(/^wasm [0-9A-Za-z]{11}\n$/);
});

describe.each(Object.entries(NODES))("%s", (_, command) => {
  test("requires it from CommonJS", async () => {
    const script = `const { Id64, MemoryCounter } = require("permid64");
      const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
      console.log(ids.engine, ids.nextBase62());`;
    expect(await run(command, "--input-type=commonjs", "--eval", script)).toBe("wasm E5xm7QFdS1Z\n");
  });
});

test("all of them issue from one state file at the same time, and no number twice", async () => {
  const stateFile = newStateFile();
  const stopFile = `${stateFile}.stop`;
  const issuers = Object.values(RUNTIMES).map((command) => issuer(command, stateFile, stopFile));
  // When the last has begun, each issues more: so all of them were at it together.
  await Promise.all(issuers.map((issuer) => issuer.lines(1)));
  await Promise.all(issuers.map((issuer) => issuer.lines(issuer.count() + 2)));
  writeFileSync(stopFile, "");
  const numbers = (await Promise.all(issuers.map((issuer) => issuer.numbers()))).flat();
  expect(numbers.length).toBeGreaterThanOrEqual(issuers.length * 30);
  expect(new Set(numbers).size).toBe(numbers.length);
});

/** A runtime that issues until there is a stop file. */
function issuer([program, ...before]: readonly string[], stateFile: string, stopFile: string) {
  const child = spawn(program!, [...before, "share.mjs", stateFile, stopFile], { cwd: app, env: ENVIRONMENT });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines: string[] = [];
  let complaint = "";
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  const ended = new Promise<void>((resolve, reject) => {
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code ?? signal}: ${complaint}`));
    });
  });
  ended.catch(() => {}); // Whoever waits is told below.
  const endedEarly = ended.then(() => Promise.reject(new Error(`${program} stopped before it was told`)));
  endedEarly.catch(() => {});
  return {
    count: () => lines.length,
    async lines(count: number) {
      const another = () => new Promise((resolve) => reader.once("line", resolve));
      while (lines.length < count) await Promise.race([another(), endedEarly]);
    },
    async numbers() {
      await ended;
      return lines.flatMap((line) => line.split(" "));
    },
  };
}

describe("in Node.js", () => {
  const version = process.versions.node;

  test("a worker thread passes the suite", async (context) => {
    const thread = new Worker(join(app, "thread.mjs"), { workerData: newStateFile(), stderr: true });
    const result = await new Promise<Result>((resolve, reject) =>
      thread.once("message", resolve).once("error", reject),
    );
    const platform = "Node.js, worker thread";
    await passed(context, { platform, version, engine: "wasm", counter: "state file" }, result);
  });

  test("a realm without process passes the suite, and has no state file", async (context) => {
    const script = `delete globalThis.process;
      const { suite } = await import("./suite.mjs");
      console.log(JSON.stringify([typeof process, suite()]));`;
    const [process_, result] = JSON.parse(await run(NODES["Node.js 24"], "--input-type=module", "--eval", script));
    expect(process_).toBe("undefined");
    await passed(context, { platform: "Node.js without process", version, engine: "wasm" }, result);
  });

  test("two copies in one process share a state file", async () => {
    const script = `import * as first from "permid64";
      import * as second from "./node_modules/permid64/dist/permid64.js";
      const open = ({ Id64 }) => Id64.multiplicative({ instanceId: 1, stateFile: ${JSON.stringify(newStateFile())}, blockSize: 2 });
      const [a, b] = [open(first), open(second)];
      const numbers = [a, b, a, b, a, b].map((ids) => Number(ids.decode(ids.nextU64()).sequence));
      console.log(JSON.stringify([first.Id64 === second.Id64, a.engine, b.engine, numbers]));`;
    const output = await run(NODES["Node.js 24"], "--input-type=module", "--eval", script);
    expect(JSON.parse(output)).toEqual([false, "wasm", "wasm", [0, 2, 1, 3, 4, 6]]);
  });
});
