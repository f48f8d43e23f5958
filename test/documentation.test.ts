import { execFile, execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as permid64 from "./support/library.ts";
import { blocksOf, pages, read } from "./support/markdown.ts";

// Every ```ts block of the pages and of the docstrings is compiled, and run in an empty folder. In a line
// `expression; // => value`, the expression must deeply equal the value. Examples read their keys from the environment.
// test/pages.test.ts examines the prose.

const root = fileURLToPath(new URL("..", import.meta.url));
/** Inside the package, so that "permid64" resolves to it. */
const folder = join(root, "build/examples");

const env = {
  ...process.env,
  PERMID64_KEY: "000102030405060708090a0b0c0d0e0f",
  PERMID64_PREVIOUS_KEY: "101112131415161718191a1b1c1d1e1f",
};

interface Example {
  title: string;
  file: string;
  code: string;
}

function examplesIn(source: string): Example[] {
  const text = read(source).replaceAll(/^ *\* ?/gm, source.endsWith(".md") ? "$&" : "");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code], i) => ({
    title: `${source} ${i + 1}`,
    file: join(folder, `${source.replaceAll(/\W/g, "-")}-${i + 1}.ts`),
    code: `import { deepStrictEqual as equal } from "node:assert";\nvoid equal;\n${code!.replaceAll(
      /^(?!import)(.*); \/\/ => (.*)$/gm,
      "equal($1, $2);",
    )}`,
  }));
}

const sources = [...pages, ...globSync("src/**/*.ts", { cwd: root }).sort()];
const examples = sources.flatMap(examplesIn);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of examples) writeFileSync(file, code);
});

async function runHere(...args: string[]): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), "permid64-example-"));
  try {
    return (await promisify(execFile)(process.execPath, ["--no-warnings", ...args], { cwd, env })).stdout;
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

describe.concurrent("examples run", () => {
  test.each(examples)("$title", async ({ file }) => {
    await runHere(file);
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

describe("the programs in examples/", () => {
  const program = (name: string, ...args: string[]) =>
    runHere(`--env-file=${join(root, "examples/demo.env")}`, join(root, "examples", name), ...args);

  test("orders.mjs goes on behind its last numbers", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "permid64-example-")), "orders.state");
    const first = await program("orders.mjs", file);
    expect(first).toContain("engine      wasm\n");
    expect(first).toContain("issued      ord_GUBoZf8up1K  which decodes to instance 42, number 0\n");
    const mark = first.match(/next time {3}from number (\d+)/)?.[1];
    expect(Number(mark)).toBeGreaterThanOrEqual(1_000_005);
    expect(await program("orders.mjs", file)).toContain(`instance 42, number ${mark}\n`);
  });

  test("public-ids.mjs finds rows for their owner alone", async () => {
    const printed = await program("public-ids.mjs");
    expect(printed).toMatch(/row 1 .* ord_[0-9A-Za-z]{11}\n/);
    expect(printed).toMatch(/ann asks .* 200, total 1250\nbob asks .* 404\na guess .* 404\n$/);
  });
});

describe("commands of the pages", () => {
  const shell = pages.flatMap((page) =>
    blocksOf(read(page))
      .filter(({ language }) => language === "sh")
      .flatMap(({ code }) => code.split("\n"))
      .flatMap((line) => line.split(/[|;&<>#]/))
      .map((command) => command.trim().replace(/^(npx |\w+=\S+ )+/, ""))
      .filter((command) => command.startsWith("permid64 "))
      .map((command): [string, string] => [page, command]),
  );

  test("there are some", () => expect(shell.length).toBeGreaterThan(5));

  test.each(shell)("%s: %s", async (_, command) => {
    const words = command.split(/\s+/).slice(1);
    const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split("=")[0]!);
    const names = words.slice(0, words[0] === "state" || words[0] === "public" ? 2 : 1);
    const help = await runHere(join(root, "dist/cli.js"), ...names, "--help");
    expect(help).toContain(`permid64 ${names.join(" ")} `);
    for (const option of options) expect(help).toMatch(new RegExp(`(^|[ ,])${option}\\b`, "m"));
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
