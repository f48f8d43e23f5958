import { Id64 } from "permid64";
import { expect, test } from "vitest";

test("x", () => {
  expect(typeof Id64).toBe("function");
  expect(import.meta.resolve("permid64")).toContain("dist");
});
