import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What users get: the packed tarball, installed in a project of its own.

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string) => join(root, "node_modules/.bin", name);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

let folder: string;
let project: string;
let tarball: string;
let files: string[];

function run(command: string, args: string[], options: Partial<ExecFileSyncOptionsWithStringEncoding> = {}): string {
  // The pinned Node first, for the scripts that begin with "env node".
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  return execFileSync(command, args, { cwd: project, encoding: "utf8", env: { ...process.env, PATH }, ...options });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "permid64-package-"));
  project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true }));
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root }),
  );
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }: { path: string }) => path);
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball]);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("holds what it needs, and nothing else", () => {
  const unexpected = files.filter(
    (file) =>
      !/^(dist\/(permid64|cli|permid64\.edge)\.js(\.map)?|dist\/permid64\.wasm(\.d\.ts)?|dist\/types\/.*\.d\.ts)$/.test(
        file,
      ),
  );
  expect(unexpected.sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SPEC.md",
    "dist/THIRD-PARTY.txt",
    "package.json",
  ]);
  expect(manifest.dependencies).toBeUndefined();
});

test("runs as an ES module, from require, and as a command", () => {
  const script = `
    const ids = Id64.multiplicative({ instanceId: 42, stateFile: "orders.state" });
    console.log(ids.engine, ids.nextBase62());`;
  writeFileSync(join(project, "app.mjs"), `import { Id64 } from "permid64";${script}`);
  writeFileSync(join(project, "app.cjs"), `const { Id64 } = require("permid64");${script}`);
  expect(run(process.execPath, ["--no-warnings", "app.mjs"])).toBe("wasm E5xm7QFdS1Z\n");
  // The next process goes on behind the first one's block.
  expect(run(process.execPath, ["--no-warnings", "app.cjs"])).toMatch(/^wasm [0-9A-Za-z]{11}\n$/);
  expect(run(join(project, "node_modules/.bin/permid64"), ["decode", "--json", "E5xm7QFdS1Z"])).toContain(
    '"instanceId":42',
  );
  expect(existsSync(join(project, "orders.state"))).toBe(true);
});

test("exports the module and the manifest", () => {
  const script = `
    import { readFileSync } from "node:fs";
    const bytes = readFileSync(new URL(import.meta.resolve("permid64/permid64.wasm")));
    const { name } = JSON.parse(readFileSync(new URL(import.meta.resolve("permid64/package.json"))));
    console.log(name, WebAssembly.validate(bytes));`;
  expect(run(process.execPath, ["--input-type=module", "--eval", script])).toBe("permid64 true\n");
});

test("the module inside the bundle is the one beside it", () => {
  const embedded = readFileSync(join(root, "dist/permid64.js"), "utf8").match(/["'`](0061736d[0-9a-f]+)["'`]/)?.[1];
  expect(embedded).toBe(readFileSync(join(root, "dist/permid64.wasm")).toString("hex"));
});

test("the bundle does not grow unnoticed", () => {
  const { length } = gzipSync(readFileSync(join(root, "dist/permid64.js")), { level: 9 });
  expect(length).toBeLessThan(19_300);
});

test("the bundle imports nothing", () => {
  const code = readFileSync(join(root, "dist/permid64.js"), "utf8");
  expect(code).not.toMatch(/\bimport\b\s*[({"'*\w]|\brequire\s*\(/);
});

test("the command does not carry a second copy of the library", () => {
  const code = readFileSync(join(root, "dist/cli.js"), "utf8");
  expect(code).toContain("./permid64.js");
  expect(code).not.toContain("0061736d");
});

describe("is well formed", () => {
  test("publint", () => {
    run(process.execPath, [bin("publint"), "run", "--strict", tarball]);
  });

  test("attw", () => {
    // ESM only: `require` works through Node's require(esm), which attw cannot know.
    run(process.execPath, [bin("attw"), tarball, "--profile", "esm-only"]);
  });
});

test.each([
  "nodenext",
  "bundler",
])("its types hold for moduleResolution %s without the libraries of a browser", (resolution) => {
  const source = `import { Id64, MemoryCounter, type DecodedId, SqliteCounter } from "permid64";
    const ids = Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), layout: { instanceBits: 8 } });
    export const decoded: DecodedId = ids.decodeBase62(ids.nextBase62());
    export const columns: { instanceId: Uint32Array; sequence: BigUint64Array } = ids.decodeManyBase62(["x"]);
    // @ts-expect-error: one of them is needed
    Id64.identity({ instanceId: 1 });
    // @ts-expect-error: not both
    Id64.identity({ instanceId: 1, stateFile: "x", counter: new SqliteCounter("x") });
    // @ts-expect-error: ids are bigints
    ids.decode(7);`;
  writeFileSync(join(project, "types.ts"), source);
  run(process.execPath, [
    bin("tsc"),
    ...["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--types", ""],
    ...["--module", resolution === "bundler" ? "esnext" : "nodenext", "--moduleResolution", resolution, "types.ts"],
  ]);
});
