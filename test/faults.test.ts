import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// The legend of the codes in names of tests.

const rows = readFileSync(join(import.meta.dirname, "faults.md"), "utf8").matchAll(
  /^\| ([FR]\d+) \|.*\| ([^|]+) \|$/gm,
);
const legend = new Map(
  Array.from(rows, ([, code, places]) => [code!, Array.from(places!.matchAll(/`([^`]+)`/g), ([, place]) => place!)]),
);

test("every code in the name of a test is in the legend, which names that file", () => {
  const files = globSync("{counter,generator,platforms}/**/*.{ts,mjs}", { cwd: import.meta.dirname });
  const own = files.filter((file) => !file.includes("node_modules"));
  const wrong = own.flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    const codes = new Set(
      Array.from(text.matchAll(/(?:test|async )\(?\s*["`]((?:[FR]\d+,? ?)+):/g), ([, codes]) =>
        codes!.split(", "),
      ).flat(),
    );
    return [...codes]
      .filter((code) => !legend.get(code)?.includes(file.replaceAll("\\", "/")))
      .map((code) => `${code} in ${file}`);
  });
  expect(wrong).toEqual([]);
  expect(legend.size).toBeGreaterThan(35);
});

test("every file of the legend exists", () => {
  for (const [code, places] of legend) {
    expect(places.length, code).toBeGreaterThan(0);
    for (const place of places) expect(existsSync(join(import.meta.dirname, place)), `${code}: ${place}`).toBe(true);
  }
});
