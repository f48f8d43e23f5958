import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

// What README and docs show of browsers and Workers is what runs here, all of it.

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
const shown = pages.map(read).join("\n");

const names = readdirSync(join(import.meta.dirname, "app/snippets"));
const snippets = names.map((name) => read(`test/platforms/app/snippets/${name}`));

/** On the page of a server, all blocks run in test/stores. Elsewhere, those that import its client do. */
const SERVERS = ["docs/postgres.md", "docs/redis.md"];
const CLIENT = /^import .* from "(pg|postgres|ioredis|redis)";$/m;

/** test/documentation.test.ts runs these, on every page. */
const ELSEWHERE = /^```ts$/;

/** Pages with commands and drawings that nothing runs. */
const SHELL = ["README.md", "docs/public-ids.md"];

test.for(names)("the docs show %s, and it is run here", (name) => {
  expect(shown).toContain(read(`test/platforms/app/snippets/${name}`));
  const scripts = globSync("{*.ts,app/pages/*.mjs}", { cwd: import.meta.dirname });
  expect(scripts.some((script) => read(join("test/platforms", script)).includes(name))).toBe(true);
});

describe.each(pages.filter((page) => !SERVERS.includes(page)))("%s", (page) => {
  const blocks = [...read(page).matchAll(/^( *```.*)\n([\s\S]*?)^ *```$/gm)];

  test("shows nothing that does not run", () => {
    const runs = ([, opening, code]: RegExpExecArray) =>
      ELSEWHERE.test(opening!) ||
      (opening === "```js" && CLIENT.test(code!)) ||
      (SHELL.includes(page) && /^```(sh)?$/.test(opening!)) ||
      snippets.includes(code!);
    expect(blocks.filter((block) => !runs(block)).map(([block]) => block)).toEqual([]);
  });
});
