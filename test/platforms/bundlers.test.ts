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

/** What an app carries, with what marks it, and what it must not. Both engines are in all: which one runs is known when it runs. */
const APPS = [
  {
    file: "base62.mjs",
    has: [],
    lacks: ["CREATE TABLE", "node:sqlite", "blockSize", "permid64 ", "rounds"],
    limit: 6700,
  },
  { file: "lean.mjs", has: ["rounds"], lacks: ["CREATE TABLE", "node:sqlite", "blockSize", "permid64 "], limit: 8200 },
  { file: "decoder.mjs", has: ["rounds"], lacks: ["CREATE TABLE", "node:sqlite", "maxWaiting"], limit: 13_500 },
  { file: "public-id.mjs", has: ["permid64 "], lacks: ["CREATE TABLE", "node:sqlite", "blockSize"], limit: 16_200 },
];

test.for(
  Object.entries(bundlers).flatMap(([bundler, how]) => APPS.map((app) => [bundler, app.file, how, app] as const)),
)("%s leaves out what %s does not use", async ([bundler, app, { version, bundle }, { has, lacks, limit }], {
  task,
}) => {
  const code = readFileSync(await bundle(app));
  task.meta.size = { app, bundler, version, bytes: code.length, gzipped: gzipSync(code, { level: 9 }).length };
  for (const part of ["0061736d", ...has]) expect(code.includes(part), part).toBe(true);
  for (const part of lacks) expect(code.includes(part), part).toBe(false);
  // A little above what was measured.
  expect(task.meta.size.gzipped).toBeLessThan(limit);
});
