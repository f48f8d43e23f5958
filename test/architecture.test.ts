import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, test } from "vitest";

// The plan of the house, held against the imports: docs/architecture.md tells it in words.

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const files = globSync("src/**/*.ts", { cwd: root })
  .map((file) => file.replaceAll("\\", "/"))
  .sort();

/** Each room, and the rooms that its files may import. A room may import itself. */
const ARROWS: Record<string, readonly string[]> = {
  base: [],
  codec: ["base"],
  engine: ["codec", "base"],
  permutation: ["engine", "base"],
  token: ["engine", "codec", "base"],
  "public-id": ["token", "permutation", "engine", "base"],
  // No engine and no generator: a counter hands out numbers.
  counter: ["base"],
  generator: ["counter", "token", "permutation", "engine", "codec", "base"],
};

/** `src/base/check.ts` is in base, and `src/index.ts` in no room: an entry. */
const roomOf = (file: string) => (file.split("/").length > 2 ? file.split("/")[1]! : "entry");

/** Imports and exports from other files, types included. */
function importsOf(file: string): string[] {
  const statements = read(file).matchAll(/^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)"/gm);
  return Array.from(statements, ([, specifier]) => specifier!);
}

const isRelative = (specifier: string) => specifier.startsWith(".");

function resolved(file: string, specifier: string): string {
  return posix.normalize(posix.join(dirname(file), specifier)).replace(/\.js$/, ".ts");
}

const graph = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter(isRelative)
      .map((specifier) => resolved(file, specifier)),
  ]),
);

test("every import is of a file that exists", () => {
  for (const [file, targets] of graph) for (const target of targets) expect(files, `in ${file}`).toContain(target);
  expect(files.length).toBeGreaterThan(80);
});

test("every room has its place in the plan, and arrows point down", () => {
  const wrong: string[] = [];
  for (const [file, targets] of graph) {
    const room = roomOf(file);
    if (room === "entry") continue;
    for (const target of targets) {
      if (roomOf(target) === room) continue;
      const allowed = room === "cli" ? ["entry"] : ARROWS[room];
      if (!allowed?.includes(roomOf(target))) wrong.push(`${file} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("the generator knows one counter, the default of stateFile, and else the contract", () => {
  const counters = [...graph]
    .filter(([file]) => roomOf(file) === "generator")
    .flatMap(([, targets]) => targets)
    .filter((target) => roomOf(target) === "counter" && target.split("/").length > 3);
  expect(new Set(counters)).toEqual(new Set(["src/counter/sqlite/counter.ts"]));
});

test("counters do not import one another", () => {
  const store = (file: string) => (file.startsWith("src/counter/") && file.split("/")[3] ? file.split("/")[2]! : "");
  for (const [file, targets] of graph) {
    for (const target of targets) {
      if (store(file) && store(target)) expect(`${file} → ${store(target)}`).toBe(`${file} → ${store(file)}`);
    }
  }
});

test("no files import one another in a circle", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error(`a circle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
    if (done.has(file)) return;
    for (const target of graph.get(file)!) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test("only the command imports builtins of Node; the library asks for them by name, in one file", () => {
  const builtin = /["']node:/;
  const withBuiltins = files.filter((file) => roomOf(file) !== "cli" && builtin.test(withoutComments(read(file))));
  const typesOnly = withBuiltins.filter((file) =>
    withoutComments(read(file))
      .split("\n")
      .filter((line) => builtin.test(line))
      .every((line) => /^import type |builtin\("node:/.test(line.trim()) || /^\s*return |^\s*const /.test(line)),
  );
  expect(typesOnly.length).toBe(withBuiltins.length - 1);
  expect(withBuiltins.filter((file) => !typesOnly.includes(file))).toEqual(["src/base/runtime.ts"]);
});

const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

test("the library imports its own files, what the bundler puts in, and nothing else", () => {
  const outside = [...new Set(files.filter((file) => roomOf(file) !== "cli").flatMap(importsOf))];
  expect(outside.filter((specifier) => !isRelative(specifier)).sort()).toEqual([
    "@assemblyscript/loader",
    "@noble/hashes/hkdf.js",
    "@noble/hashes/sha2.js",
    "leven",
    "node:sqlite",
    "permid64.wasm?hex",
    "permid64.wasm?module",
  ]);
});

test("no two functions of the source share a name", () => {
  const places = new Map<string, string[]>();
  for (const file of files) {
    const text = withoutComments(read(file));
    const names = text.matchAll(
      /^(?:export )?(?:(?:async )?function\*? (\w+)|const (\w+)(?::[^=]*)? = (?:\/\* @__PURE__ \*\/ )?(?:async )?(?:<[^>]*>)?\([^)]*\)(?::[^=]*)? =>|const (\w+) = (?:async )?\w+ =>)/gm,
    );
    for (const [, declared, arrow, short] of names) {
      const name = (declared ?? arrow ?? short)!;
      places.set(name, [...new Set([...(places.get(name) ?? []), file])]);
    }
  }
  expect(places.size).toBeGreaterThan(150);
  expect(Object.fromEntries([...places].filter(([, where]) => where.length > 1))).toEqual({});
});

describe("a file has one reason to change", () => {
  /** Longer ones, and why. */
  const LONGER: Record<string, string> = {
    "src/generator/async-id64.ts": "one class, of which half are docstrings",
  };
  test("and about 300 lines at most", () => {
    const long = files.filter((file) => read(file).split("\n").length > 301);
    expect(long).toEqual(Object.keys(LONGER).filter((file) => files.includes(file)));
  });

  test("few files lie outside the rooms", () => {
    expect(files.filter((file) => roomOf(file) === "entry").length).toBeLessThanOrEqual(4);
  });
});

test("comments begin with their subject", () => {
  const opening = /^\s*(\/\*\*|\*|\/\/) (What|Who|Whoever|Where|That which|Which) /;
  const sources = [...files, ...globSync("assembly/*.ts", { cwd: root })];
  const wrong = sources.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, i) => (opening.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(wrong).toEqual([]);
});

test("documents name files of the source that exist", () => {
  for (const page of [
    "README.md",
    "SPEC.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    ...globSync("docs/**/*.md", { cwd: root }),
  ]) {
    for (const [path] of read(page).matchAll(/\b(src|test|bench|assembly)\/[\w./-]+\.(ts|mjs|json|md|c)\b/g)) {
      expect(() => read(path), `${page}: ${path}`).not.toThrow();
    }
  }
});
