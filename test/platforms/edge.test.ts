import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Id64Decoder } from "../support/library.ts";
import { app, bin, installed, passed, run, script, versionOf } from "./matrix.ts";

describe("workerd", () => {
  const version = versionOf(installed("workerd/package.json"));

  test.for([
    ["by-itself", "wasm", ""],
    ["from-bytes", "bigint", "a bundle that brings no module"],
    ["use-wasm", "wasm", "the same, with useWasm"],
  ] as const)("%s: %s", async ([worker, engine, note], context) => {
    const result = JSON.parse(await run(script("workerd.mjs"), `workers/${worker}.mjs`, ""));
    await passed(context, { platform: "workerd (Cloudflare)", version, engine, note }, result);
  });

  test("runs the Worker of the README", async () => {
    const answer = JSON.parse(await run(script("workerd.mjs"), "snippets/worker.js", "token=E5xm7QFdS1Z"));
    expect(answer).toEqual({ engine: "wasm", instanceId: 42, sequence: "0" });
  });

  test.for(["order-ids.js", "order-blocks.js"])("runs the Durable Object of the docs, %s", async (snippet) => {
    const read = (name: string) => readFileSync(join(app, "snippets", name), "utf8");
    const folder = mkdtempSync(join(app, "orders-"));
    cpSync(join(app, "snippets/orders.jsonc"), join(folder, "wrangler.jsonc"));
    writeFileSync(join(folder, "orders.js"), read(snippet));
    const key = "000102030405060708090a0b0c0d0e0f";
    writeFileSync(join(folder, ".dev.vars"), `PERMID64_KEY=${key}\n`);
    const answers = await run(script("workerd.mjs"), join(folder, "wrangler.jsonc"), "PUT", "GET", "GET", "GET");
    const [lineage, ...tokens] = answers.trim().split("\n");
    expect(lineage).toMatch(/^[0-9a-f-]{36}$/);
    const issued = tokens.map(Id64Decoder.speck({ key }).decodeBase62);
    expect(issued.map(({ instanceId }) => instanceId)).toEqual([42, 42, 42]);
    const sequences = issued.map(({ sequence }) => sequence);
    if (snippet !== "order-blocks.js") expect(sequences).toEqual([0n, 1n, 2n]);
    // A block for each request, and perhaps one behind it.
    else
      expect(sequences.map((sequence, i) => sequence >= 16n * BigInt(i) && sequence % 16n === 0n)).toEqual([
        true,
        true,
        true,
      ]);
  });
});

describe("@edge-runtime/vm", () => {
  const version = versionOf(installed("@edge-runtime/vm/package.json"));

  test.for([
    [["edge-light"], "wasm", ""],
    [[], "bigint", "a bundle that brings no module"],
  ] as const)("with conditions %j: %s", async ([conditions, engine, note], context) => {
    const result = JSON.parse(await run(script("edge-vm.mjs"), "whole.mjs", ...conditions));
    await passed(context, { platform: "Edge Runtime (Vercel)", version, engine, note }, result);
  });
});

test("the entry that brings its module works without, where a bundler makes something else of it", async () => {
  const flags = ["--bundle", "--format=esm", "--conditions=workerd", "--loader:.wasm=dataurl", "--outfile=dataurl.mjs"];
  await run([bin("esbuild")], "whole.mjs", ...flags);
  const result = JSON.parse(await run([process.execPath], "dataurl.mjs"));
  expect(result).toMatchObject({ engine: "wasm", failures: [] });
});

test("has nothing in it that Next.js refuses or warns of in an edge bundle", async () => {
  const everything = join(app, "node_modules/permid64/dist/edge.js");
  const flags = ["--bundle", "--format=esm", "--external:*.wasm?module"];
  const bundle = await run([bin("esbuild")], everything, ...flags);
  expect(bundle).toContain("getBuiltinModule");
  const refused = [/(?<![.\w])eval\s*\(/, /\bFunction\s*\(/, /WebAssembly\.(compile|instantiate)/, /\brequire\b/];
  // Next.js looks for members of the global `process` by name.
  const warnedOf = [/(?<!globalThis\.)\bprocess\./, /\b(setImmediate|Buffer|__dirname)\b/, /from\s*["']node:/];
  expect([...refused, ...warnedOf].filter((pattern) => pattern.test(bundle))).toEqual([]);
});
