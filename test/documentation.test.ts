import { execFile, execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as permid64 from "permid64";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Every ```ts block of the README and of the docstrings is compiled, and run in an empty folder. In a line
// `expression; // => value`, the expression must deeply equal the value. Examples read their key from PERMID64_KEY.

const root = fileURLToPath(new URL("..", import.meta.url));
/** Inside the package, so that "permid64" resolves to it. */
const folder = join(root, "build/examples");

const env = { ...process.env, PERMID64_KEY: "000102030405060708090a0b0c0d0e0f" };

interface Example {
  title: string;
  file: string;
  code: string;
}

function examplesIn(source: string): Example[] {
  const text = readFileSync(join(root, source), "utf8").replaceAll(/^ *\* ?/gm, source.endsWith(".md") ? "$&" : "");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code], i) => ({
    title: `${source} ${i + 1}`,
    file: join(folder, `${source.replaceAll(/\W/g, "-")}-${i + 1}.ts`),
    code: `import { deepStrictEqual as equal } from "node:assert";\nvoid equal;\n${code!.replaceAll(
      /^(?!import)(.*); \/\/ => (.*)$/gm,
      "equal($1, $2);",
    )}`,
  }));
}

const sources = ["README.md", ...globSync("{docs/*.md,src/**/*.ts}", { cwd: root }).sort()];
const examples = sources.flatMap(examplesIn);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of examples) writeFileSync(file, code);
});

describe.concurrent("examples run", () => {
  test.each(examples)("$title", async ({ file }) => {
    const cwd = mkdtempSync(join(tmpdir(), "permid64-example-"));
    try {
      await promisify(execFile)(process.execPath, ["--no-warnings", file], { cwd, env });
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});

test("examples compile", () => {
  const config = join(folder, "tsconfig.json");
  writeFileSync(
    config,
    JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"], compilerOptions: { noUnusedLocals: false } }),
  );
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], { stdio: "pipe" });
});

test("every function and class has one, and what they show is checked", () => {
  const documented = examples.map(({ code }) => code).join("\n");
  const names = Object.keys(permid64).filter((name) => !name.endsWith("Error"));
  expect(names.filter((name) => !documented.includes(name))).toEqual([]);
  expect(documented.match(/^equal\(/gm)?.length).toBeGreaterThan(names.length);
});

describe("README", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  test("shows code within the first 25 lines", () => {
    expect(readme.split("\n").slice(0, 25).join("\n")).toContain("```ts");
  });

  test("names every error code", () => {
    const declared = readFileSync(join(root, "src/base/errors.ts"), "utf8").match(/ERR_PERMID64_\w+/g);
    expect([...new Set(declared)].filter((code) => !readme.includes(code))).toEqual([]);
  });
});

/** Of the headings, as GitHub makes them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

test.each(["README.md", ...globSync("docs/*.md", { cwd: root })])("%s links to what exists", (page) => {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  for (const [, target, anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)) {
    const linked = read(target ? join(dirname(page), target) : page);
    if (anchor) expect(anchorsOf(linked)).toContain(anchor);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
