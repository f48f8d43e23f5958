import { describe, expect, test } from "vitest";
import { find, read, Source } from "./support/source.js";

// The plan of the rooms, held against the imports: docs/architecture.md tells it in words.

const sources = find("src/**/*.ts").map((file) => new Source(file));
const files = sources.map(({ file }) => file);
const graph = new Map(sources.map(({ file, targets }) => [file, targets]));

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
  // Only what everyone can import.
  cli: ["entry"],
  // The shape of a codec, which each of them declares: no class of ours.
  adapter: ["base"],
};

/** `src/base/check.ts` is in base, and `src/index.ts` in no room: an entry. */
const roomOf = (file: string) => (file.split("/").length > 2 ? file.split("/")[1]! : "entry");

/** Whether users can import it: `permid64`, or a counter or adapter. */
const isEntry = (file: string) => roomOf(file) === "entry" || /^src\/(counter|adapter)\/[\w-]+\/index\.ts$/.test(file);

test("every import is of a file that exists", () => {
  for (const [file, targets] of graph) for (const target of targets) expect(files, `in ${file}`).toContain(target);
  expect(files.length).toBeGreaterThan(80);
});

test("every room has its place in the plan, and arrows point down", () => {
  const arrows = [...graph].flatMap(([file, targets]) => targets.map((target) => [file, target] as const));
  const wrong = arrows.filter(([file, target]) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from === to || from === "entry") return false;
    return !ARROWS[from]?.includes(to) && !(ARROWS[from]?.includes("entry") && isEntry(target));
  });
  expect(wrong.map((arrow) => arrow.join(" → "))).toEqual([]);
  expect(arrows.length).toBeGreaterThan(300);
});

test("docs/architecture.md has the same plan", () => {
  const rows = read("docs/architecture.md").matchAll(/^\| `src\/([\w-]+)\/` \|.*\| ([^|]+) \|$/gm);
  const words: Record<string, string[]> = { nothing: [], "the entries": ["entry"] };
  const told = Object.fromEntries(Array.from(rows, ([, room, list]) => [room!, words[list!] ?? list!.split(", ")]));
  const rooms = new Set(files.map(roomOf).filter((room) => room !== "entry"));
  expect(told).toEqual(Object.fromEntries([...rooms].map((room) => [room, ARROWS[room]])));
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

test("only the command imports builtins of Node; the library asks for them when it needs them, in one place", () => {
  const naming = sources.filter(({ file, builtins }) => roomOf(file) !== "cli" && builtins.length > 0);
  expect(naming.map(({ file }) => file)).toEqual(["src/base/runtime.ts"]);
});

test("the library imports its own files, what the bundler puts in, and nothing else", () => {
  const outside = sources.filter(({ file }) => roomOf(file) !== "cli").flatMap(({ imports }) => imports);
  const packages = new Set(outside.filter((specifier) => !/^(\.|node:)/.test(specifier)));
  expect([...packages].sort()).toEqual([
    "@assemblyscript/loader",
    "@noble/hashes/hkdf.js",
    "@noble/hashes/sha2.js",
    "leven",
    "permid64.wasm?hex",
    "permid64.wasm?module",
  ]);
});

test("no two functions of the source share a name", () => {
  const places = new Map<string, string[]>();
  for (const { file, functions } of sources) {
    for (const name of functions) places.set(name, [...(places.get(name) ?? []), file]);
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
    const long = sources.filter(({ text }) => text.split("\n").length > 301);
    expect(long.map(({ file }) => file)).toEqual(Object.keys(LONGER));
  });

  test("few files lie outside the rooms", () => {
    expect(files.filter((file) => roomOf(file) === "entry").length).toBeLessThanOrEqual(4);
  });
});

test("comments begin with their subject", () => {
  const opening = /^\s*(\/\*\*|\*|\/\/) (What|Who|Whoever|Where|That which|Which) /;
  const wrong = [...files, ...find("assembly/*.ts")].flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, i) => (opening.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(wrong).toEqual([]);
});

test("documents name files that exist", () => {
  const pages = ["README.md", "SPEC.md", "SECURITY.md", "CONTRIBUTING.md", ...find("docs/**/*.md")];
  const path = /(?<![\w./-])(src|test|bench|assembly|docs|\.ci)\/[\w./-]*\w/g;
  const named = pages.flatMap((page) => Array.from(read(page).matchAll(path), ([file]) => ({ page, file })));
  expect(named.filter(({ file }) => find(file).length === 0)).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});
