import { globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, pages, read } from "../support/markdown.ts";

// The examples of browsers and Workers on the pages are the files that run here.

const shown = pages.map(read).join("\n");

const names = readdirSync(join(import.meta.dirname, "app/snippets"));
const snippets = names.map((name) => read(`test/platforms/app/snippets/${name}`));

/** On the page of a server, all blocks run in test/counter. Elsewhere, those that import its client do. */
const SERVERS = ["docs/postgres.md", "docs/redis.md"];
const CLIENT = /^import .* from "(pg|postgres|ioredis|redis)";$/m;

/** test/documentation.test.ts runs these, or checks that their commands and options exist. */
const ELSEWHERE = ["ts", "sh"];

/** Manifests, on a page of their own. */
const YAML = "docs/recipes/kubernetes.md";

test.for(names)("the docs show %s, and it is run here", (name) => {
  expect(shown).toContain(read(`test/platforms/app/snippets/${name}`));
  const scripts = globSync("{*.ts,app/pages/*.mjs}", { cwd: import.meta.dirname });
  expect(scripts.some((script) => read(join("test/platforms", script)).includes(name))).toBe(true);
});

test.each(pages.filter((page) => !SERVERS.includes(page)))("%s shows nothing that does not run", (page) => {
  const runs = ({ language, code }: { language: string; code: string }) =>
    ELSEWHERE.includes(language) ||
    (language === "js" && CLIENT.test(code)) ||
    (language === "yaml" && page === YAML) ||
    snippets.includes(code);
  expect(blocksOf(read(page)).filter((block) => !runs(block))).toEqual([]);
});
