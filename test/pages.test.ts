import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as permid64 from "./support/library.ts";
import { anchorsOf, blocksOf, linksOf, pages, read, sentencesOf } from "./support/markdown.ts";

// The pages that readers see: where they lead, what they show, and how they are written.

const root = join(import.meta.dirname, "..");

/** Words with a letter or a digit. */
const wordsIn = (sentence: string) => sentence.split(" ").filter((word) => /\w/.test(word)).length;

describe("README.md", () => {
  const lines = read("README.md").split("\n");

  test("is short, and shows code at once", () => {
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.slice(0, 25).join("\n")).toContain("```ts");
  });

  test("leads to every page of the docs", () => {
    const reached = new Set<string>();
    const visit = (page: string) => {
      if (reached.has(page)) return;
      reached.add(page);
      if (page.endsWith(".md")) for (const { target } of linksOf(page)) visit(target);
    };
    visit("README.md");
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});

describe.each(pages)("%s", (page) => {
  const text = read(page);

  test("links to what exists", () => {
    for (const { target, anchor } of linksOf(page)) {
      expect(existsSync(join(root, target)), target).toBe(true);
      if (anchor) expect(anchorsOf(read(target)), `${target}#${anchor}`).toContain(anchor);
    }
  });

  test("has sentences that can be read aloud", () => {
    // The house rule is 25. Figures and names of code count as words, so a few more pass.
    expect(sentencesOf(text).filter((sentence) => wordsIn(sentence) > 28)).toEqual([]);
  });

  test("puts the subject first", () => {
    const opening = /^(What|Whatever|Who|Whoever|Where|Which|That which)\b/;
    expect(sentencesOf(text).filter((sentence) => opening.test(sentence) && !sentence.endsWith("?"))).toEqual([]);
  });

  test("shows what a service may copy", () => {
    for (const { language, code } of blocksOf(text)) {
      // A key comes from the environment. `permid64 keygen` makes it, once.
      expect(code).not.toMatch(/generateKey\(|\bkey: ?["']|\bkey = ?["']/);
      // A page has no secrets.
      if (language === "html") expect(code).not.toMatch(/PublicId|SpeckPermutation|\.speck|key/);
      for (const line of code.split("\n").filter((line) => line.includes("new MemoryCounter("))) {
        expect(line).toMatch(/\/\/ .*tests/);
      }
    }
  });
});

describe("docs/errors.md", () => {
  const text = read("docs/errors.md");
  const declared = [...new Set(read("src/base/errors.ts").match(/ERR_PERMID64_\w+/g))].sort();
  const rows = [...text.matchAll(/^\| \[`(\w+)`\]\(#\w+\) \| `(\w+)` \| (yes|no) \|$/gm)];

  test("has every code, its cause and its remedy", () => {
    expect(declared.length).toBeGreaterThan(15);
    expect(rows.map(([, code]) => code).sort()).toEqual(declared);
    const sections = [...text.matchAll(/^### (ERR_\w+)\n\n\*\*Cause\.\*\* [\s\S]+?\n\n\*\*Remedy\.\*\* /gm)];
    expect(sections.map(([, code]) => code).sort()).toEqual(declared);
  });

  test.each(
    rows.map(([, code, name, retryable]) => [code!, name!, retryable!]),
  )("%s is a %s", (code, name, retryable) => {
    const classes: Record<string, unknown> = { ...permid64, TypeError, RangeError, SyntaxError };
    const Class = classes[name] as new (text: string) => Error & { code?: string; retryable?: boolean };
    const error = new Class("text");
    expect(error.name).toBe(name);
    if (error instanceof permid64.PermId64Error) expect(error.code).toBe(code);
    expect(error instanceof permid64.PermId64Error && error.retryable).toBe(retryable === "yes");
  });

  test("has every process warning", () => {
    const warnings = ["src/counter/sqlite/counter.ts", "src/counter/exhaustion.ts"].flatMap(
      (file) => read(file).match(/"PERMID64_\w+"/g) ?? [],
    );
    expect(warnings.length).toBe(2);
    for (const warning of warnings) expect(text).toContain(`\`${warning.slice(1, -1)}\``);
  });
});

test("docs/architecture.md has every room", () => {
  const rooms = [...read("docs/architecture.md").matchAll(/^\| `(src\/[\w-]+\/)` \|/gm)].map(([, room]) => room!);
  expect(rooms.length).toBeGreaterThan(7);
  for (const room of rooms) expect(existsSync(join(root, room)), room).toBe(true);
});

test("the state file is flushed as docs/state-file.md says", () => {
  expect(read("docs/state-file.md")).toContain("`PRAGMA fullfsync`");
  for (const file of ["store", "schema"]) {
    const flushes = read(`src/counter/sqlite/${file}.ts`).includes("PRAGMA fullfsync = ON");
    expect(flushes, file).toBe(true);
  }
});
