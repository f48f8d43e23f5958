import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

const docs = readdirSync(new URL("../../docs", import.meta.url)).map((name) => read(`../../docs/${name}`));
const shown = [read("../../README.md"), ...docs];

test.for(readdirSync(new URL("app/snippets", import.meta.url)))("the docs show %s as it is run here", (name) => {
  const snippet = read(`app/snippets/${name}`);
  expect(shown.some((text) => text.includes(snippet))).toBe(true);
});
