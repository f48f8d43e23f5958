import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test.for(readdirSync(new URL("app/snippets", import.meta.url)))("the README shows %s as it is run here", (name) => {
  expect(read("../../README.md").includes(read(`app/snippets/${name}`))).toBe(true);
});
