import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { app, run } from "./matrix.ts";

// What test/package.test.ts leaves: the older resolution, CommonJS, and Workers.

const tsc = [process.execPath, fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url))];

async function compiles(file: string, source: string, ...flags: readonly string[]) {
  writeFileSync(join(app, file), source);
  await run(tsc, "--noEmit", "--strict", "--target", "es2022", "--types", "", ...flags, file);
}

const USE = `const ids: Id64 = Id64.identity({ instanceId: 1, counter: new MemoryCounter() });
  export const id: bigint = ids.decodeBase62(ids.nextBase62()).raw;
  // @ts-expect-error: an id is a whole number
  ids.decode(true);`;

test("types hold for moduleResolution node16", async () => {
  const source = `import { Id64, MemoryCounter } from "permid64"; ${USE}`;
  await compiles("node16.mts", source, "--lib", "es2022", "--module", "node16", "--moduleResolution", "node16");
});

test("types hold for CommonJS that requires an ES module", async () => {
  const source = `import permid64 = require("permid64");
    const ids: permid64.Id64 = permid64.Id64.identity({ instanceId: 1, counter: new permid64.MemoryCounter() });
    export = ids.decodeBase62(ids.nextBase62()).raw;`;
  await compiles("common.cts", source, "--lib", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext");
});

test("types hold for a Worker, with and without the module by hand", async () => {
  const source = `import { Id64, MemoryCounter, useWasm } from "permid64";
    import module from "permid64/permid64.wasm";
    useWasm(module);
    ${USE}`;
  const flags = ["--module", "esnext", "--moduleResolution", "bundler", "--customConditions", "workerd"];
  await compiles("worker.ts", source, "--lib", "es2022,webworker", ...flags);
});
