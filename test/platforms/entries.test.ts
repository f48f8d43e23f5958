import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { app, installed, run } from "./matrix.ts";

// Every way to ask for the entries that a user's settings may choose: module kinds of TypeScript, and Jest as it comes.

const COMPILERS = {
  "TypeScript 5.9": installed("typescript5/bin/tsc"),
  "TypeScript 7": fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url)),
};

const MODULES = [
  ["node16", "node16"],
  ["node18", "node16"],
  ["node20", "node16"],
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
  ["preserve", "bundler"],
] as const;

const USE = `
  export const ids: Id64 = Id64.identity({ instanceId: 1, counter: new MemoryCounter() });
  export const counter: PostgresCounter | undefined = undefined;
  // @ts-expect-error: an id is a whole number
  ids.decode(true);`;

const FILES = {
  "entries.mts": `import { Id64, MemoryCounter } from "permid64";
    import type { PostgresCounter } from "permid64/postgres";${USE}`,
  // Compiled to require calls.
  "entries.cts": `import { Id64, MemoryCounter } from "permid64";
    import type { PostgresCounter } from "permid64/postgres";${USE}`,
};

test.for(
  Object.entries(COMPILERS).flatMap(([compiler, tsc]) => MODULES.map((kind) => [compiler, ...kind, tsc] as const)),
)("%s, module %s with moduleResolution %s: types of both kinds of file", async ([, module, resolution, tsc]) => {
  const folder = join(app, "entries");
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(FILES)) writeFileSync(join(folder, name), source);
  const config = join(folder, `tsconfig.${module}.json`);
  const compilerOptions = { noEmit: true, strict: true, target: "es2022", lib: ["es2022"], types: [], module };
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: { ...compilerOptions, moduleResolution: resolution },
      files: Object.keys(FILES),
    }),
  );
  await run([process.execPath, tsc], "-p", config);
});

test("Jest in its default mode shares one core among the entries", async () => {
  const folder = join(app, "jest");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, jest: { transform: {} } }));
  writeFileSync(
    join(folder, "ids.test.js"),
    `const { CounterConfigError, Id64, MemoryCounter } = require("permid64");
     const { DurableObjectCounter } = require("permid64/durable-object");
     test("entries", async () => {
       const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
       expect([ids.engine, ids.nextBase62()]).toEqual(["wasm", "E5xm7QFdS1Z"]);
       const kv = new Map();
       const storage = { kv: { get: (key) => kv.get(key), put: (key, value) => kv.set(key, value) }, sync: async () => {} };
       await DurableObjectCounter.create(storage, { instanceId: 1 });
       await expect(DurableObjectCounter.create(storage, { instanceId: 1 })).rejects.toBeInstanceOf(CounterConfigError);
     });`,
  );
  const jest = [process.execPath, installed("jest/bin/jest.js"), "--rootDir", folder, "--json"];
  const report = JSON.parse(await run(jest));
  expect(report).toMatchObject({ success: true, numPassedTests: 1 });
});
