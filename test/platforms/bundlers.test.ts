import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import * as bundlers from "./bundlers.ts";
import { passed, type Result, run } from "./matrix.ts";

// What Vite makes starts with code for pages, and runs in some: browsers.test.ts.
const { vite, ...forNode } = bundlers;

test.for(Object.entries(forNode))("%s bundles an app that uses everything", async ([platform, bundler], context) => {
  const result: Result = JSON.parse(await run([process.execPath], await bundler.bundle("whole.mjs")));
  await passed(context, { platform, version: bundler.version, engine: "wasm", note: "run by Node.js" }, result);
});

test.for(Object.entries(bundlers))("%s leaves out what an app does not use", async ([bundler, { version, bundle }], {
  task,
}) => {
  const code = readFileSync(await bundle("lean.mjs"));
  task.meta.size = { bundler, version, bytes: code.length, gzipped: gzipSync(code).length };
  // The state file and the generator go. Both engines stay: which one runs is known when it runs.
  for (const part of ["CREATE TABLE", "node:sqlite", "blockSize"]) expect(code.includes(part), part).toBe(false);
  expect(code.includes("0061736d"), "the module").toBe(true);
  expect(task.meta.size.gzipped).toBeLessThan(6500);
});
