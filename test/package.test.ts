import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
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
  const entries = Object.keys(manifest.exports).flatMap((path) => path.match(/^\.(?:\/([\w-]+))?$/)?.[1] ?? []);
  const entry = `(index|${entries.join("|")})`;
  const expected = [
    `dist/${entry}\\.(js|js\\.map|cjs|d\\.ts|d\\.cts)`,
    `dist/internal/\\w+\\.js(\\.map)?`,
    `dist/cjs/(${entry}|internal/\\w+)\\.cjs`,
    `dist/(permid64|cli|edge)\\.js`,
    `dist/permid64\\.wasm(\\.d\\.ts)?`,
    `dist/edge\\.d\\.ts`,
    `dist/types/(.*\\.d\\.ts|package\\.json)`,
    `docs/.*\\.md`,
  ];
  const known = new RegExp(`^(${expected.join("|")})$`);
  const unexpected = files.filter((file) => !known.test(file));
  expect(unexpected.sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "SPEC.md",
    "bench/RESULTS.md",
    "bench/results.svg",
    "dist/THIRD-PARTY.txt",
    "package.json",
  ]);
  expect(manifest.dependencies).toBeUndefined();
});

test("the pages it holds lead to one another", () => {
  const pages = files.filter((file) => file.endsWith(".md"));
  expect(pages).toContain("docs/postgres.md");
  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const file = posix.join(posix.dirname(page), target!);
      // Only a clone of the repository can run the tests and examples, or be contributed to.
      if (!/^(test\/|examples\/|CONTRIBUTING\.md$)/.test(file)) expect(files, `${page} -> ${target}`).toContain(file);
    }
  }
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

test("no entry grows unnoticed", () => {
  // Limits: .size-limit.mjs. What apps carry of an entry: test/platforms/bundlers.test.ts.
  const sizes: { name: string; passed: boolean }[] = JSON.parse(run(bin("size-limit"), ["--json"], { cwd: root }));
  expect(sizes.length).toBeGreaterThan(4);
  expect(sizes.filter(({ passed }) => !passed)).toEqual([]);
});

test("all entries share one core: classes, the engine, and the numbers that a process has seen", () => {
  const script = `
    import { CounterConfigError, IdentityPermutation, PermId64Error, SqliteCounter, useWasm } from "permid64";
    import { PostgresCounter } from "permid64/postgres";
    import { RedisCounter } from "permid64/redis";
    import { IndexedDbCounter } from "permid64/indexeddb";
    import { DurableObjectCounter } from "permid64/durable-object";
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    const same = [
      require("permid64").PermId64Error === PermId64Error,
      require("permid64/postgres").PostgresCounter === PostgresCounter,
      require("permid64/redis").RedisCounter === RedisCounter,
    ];
    const claim = { instanceId: 1, limit: 2n ** 48n, fingerprint: "16+48:00000000" };
    const kv = new Map();
    const storage = { kv: { get: (key) => kv.get(key), put: (key, value) => kv.set(key, value) }, sync: async () => {} };
    await DurableObjectCounter.create(storage, { instanceId: 1 });
    const again = await DurableObjectCounter.create(storage, { instanceId: 1 }).catch((error) => error);
    const old = structuredClone(kv);
    await new DurableObjectCounter(storage).reserve(10, claim);
    for (const [key, value] of old) kv.set(key, value);
    const back = await new (require("permid64/durable-object").DurableObjectCounter)(storage).reserve(1, claim).catch((error) => error);
    console.log(JSON.stringify([same, again instanceof CounterConfigError, back.code, new IdentityPermutation().engine]));`;
  expect(JSON.parse(run(process.execPath, ["--input-type=module", "--eval", script]))).toEqual([
    [true, true, true],
    true,
    "ERR_PERMID64_COUNTER_ROLLBACK",
    "wasm",
  ]);
});

test("the licences of what the bundle contains come with it", () => {
  const { sources } = JSON.parse(readFileSync(join(root, "dist/internal/core.js.map"), "utf8")) as {
    sources: string[];
  };
  const contained = new Set(sources.flatMap((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
  expect(contained).toContain("@noble/hashes");
  const licences = readFileSync(join(root, "dist/THIRD-PARTY.txt"), "utf8");
  // The loader's lines have no source map, and commander is the command's.
  for (const name of [...contained, "@assemblyscript/loader", "commander"])
    expect(licences).toMatch(new RegExp(`^${name}$`, "m"));
  expect(licences).toContain("Paul Miller");
});

test("the bundle imports nothing", () => {
  const code = readFileSync(join(root, "dist/permid64.js"), "utf8");
  expect(code).not.toMatch(/\bimport\b\s*[({"'*\w]|\brequire\s*\(/);
});

test("the command does not carry a second copy of the library", () => {
  const code = readFileSync(join(root, "dist/cli.js"), "utf8");
  expect(code).toContain("./index.js");
  expect(code).not.toContain("0061736d");
});

describe("is well formed", () => {
  test("publint", () => {
    run(process.execPath, [bin("publint"), "run", "--strict", tarball]);
  });

  test("attw", () => {
    // The module of WebAssembly is for bundlers.
    run(process.execPath, [bin("attw"), tarball, "--profile", "strict", "--exclude-entrypoints", "permid64.wasm"]);
  });
});

test.each([
  "nodenext",
  "bundler",
])("its types hold for moduleResolution %s without the libraries of a browser", (resolution) => {
  const source = `import { AsyncId64, type DecodedId, Id64, legacyInteger, legacyUuid, MemoryCounter, PublicId, SqliteCounter, TokenFormat } from "permid64";
    const ids = Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), layout: { instanceBits: 8 } });
    export const decoded: DecodedId = ids.decodeBase62(ids.nextBase62());
    export const columns: { instanceId: Uint32Array; sequence: BigUint64Array } = ids.decodeManyBase62(["x"]);
    // @ts-expect-error: one of them is needed
    Id64.identity({ instanceId: 1 });
    // @ts-expect-error: not both
    Id64.identity({ instanceId: 1, stateFile: "x", counter: new SqliteCounter("x") });
    // Unsafe numbers are refused at run time.
    export const raws: bigint[] = [ids.decode(7).raw, ids.decode("7").raw, ids.decode(7n).raw];
    // @ts-expect-error: a whole number in one of three forms
    ids.decode(true);

    // Tokens have their prefix in their type.
    declare const anywhere: string;
    declare const secret: string | undefined;
    const orders = new PublicId({ key: secret, type: "order", prefix: "ord" });
    export const token: \`ord_\${string}\` = orders.encode("5");
    export const prefix: "ord" = orders.prefix;
    export const tokens: \`ord_\${string}\`[] = [orders.normalize(anywhere), ...orders.encodeMany(new Uint8Array(1))];
    orders.encodeMany([1, 2n, "3"] as const) satisfies object;
    orders.encodeMany(new BigInt64Array(1)) satisfies object;
    // @ts-expect-error: no array, as it would find when it runs
    orders.encodeMany("12");
    // @ts-expect-error: another prefix
    export const other: \`usr_\${string}\` = orders.encode(5);
    // @ts-expect-error: not every string is a token
    export const text: ReturnType<typeof orders.encode> = anywhere;
    export const row: bigint = orders.decode(anywhere);
    export const maybe: bigint | undefined = orders.tryDecode({});
    // @ts-expect-error: it may be none
    export const surely: bigint = orders.tryDecode(anywhere);
    export const plain: string = new PublicId({ key: secret, type: "order" }).encode(1);
    // @ts-expect-error: without a prefix, it is a string
    export const none: \`_\${string}\` = new PublicId({ key: secret, type: "order" }).encode(1);
    export const format: \`ord_\${string}\` = new TokenFormat({ prefix: "ord" }).encode(1);
    export const issued: \`ord_\${string}\`[] = Id64.speck({
      instanceId: 1, counter: new MemoryCounter(), key: secret, prefix: "ord", check: true, accept: (token) => token.length > 0,
    }).takeTokens(2);
    export const unprefixed: string = ids.nextToken();
    // Whatever its prefix, it can be passed on; and not as that of another.
    const invoices = Id64.identity({ instanceId: 1, counter: new MemoryCounter(), prefix: "inv" });
    const checkout = AsyncId64.identity({ instanceId: 1, counter: new MemoryCounter(), prefix: "ord" });
    export const anyPrefix: [PublicId, AsyncId64, Id64, TokenFormat] = [
      orders, checkout, invoices, invoices.format,
    ];
    // @ts-expect-error: another prefix
    export const otherPrefix: AsyncId64<"usr"> = checkout;
    declare const each: (ids: PublicId) => Record<string, PublicId>;
    each(orders) satisfies object;
    each(new PublicId({ key: secret, type: "order" })) satisfies object;
    export const formats: TokenFormat[] = [new TokenFormat({ prefix: "ord" }), new TokenFormat({ prefix: "usr" })];
    // @ts-expect-error: another prefix
    export const others: PublicId<"usr"> = orders;
    // @ts-expect-error: whatever prefix
    export const any: PublicId<"ord"> = each(orders).user!;
    // @ts-expect-error: there is no such codec
    new TokenFormat({ codec: "base64" });
    // @ts-expect-error: a key is needed
    new PublicId({ type: "order" });
    // @ts-expect-error: a type is needed
    new PublicId({ key: secret });
    // @ts-expect-error: one key or several
    new PublicId({ type: "order", key: secret, keys: { current: { epoch: 0, key: secret } } });
    // @ts-expect-error: epochs are 0 and 1
    new PublicId({ type: "order", keys: { current: { epoch: 2, key: secret } } });
    // @ts-expect-error: speck has no default key
    Id64.speck({ instanceId: 1, counter: new MemoryCounter() });
    // @ts-expect-error: a predicate says yes or no
    Id64.identity({ instanceId: 1, counter: new MemoryCounter(), accept: async () => true });

    // What a legacy id stands for depends on who read it.
    const read = orders.acceptLegacy([
      legacyInteger({ max: 9 }),
      legacyUuid(),
      { name: "pair", decode: (text: string) => (text ? ([1, 2] as const) : undefined) },
    ]).decode(anywhere);
    export const by: "token" | "integer" | "uuid" | "pair" = read.by;
    if (read.by === "token" || read.by === "integer") read.value satisfies bigint;
    else if (read.by === "uuid") read.value satisfies string;
    else read.value satisfies readonly [1, 2];
    // @ts-expect-error: nobody is called so
    if (read.by === "hashids") void 0;
    // @ts-expect-error: a bigint, a string or a pair
    read.value satisfies bigint;`;
  writeFileSync(join(project, "types.ts"), source);
  run(process.execPath, [
    bin("tsc"),
    ...["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--types", ""],
    ...["--module", resolution === "bundler" ? "esnext" : "nodenext", "--moduleResolution", resolution, "types.ts"],
  ]);
});
