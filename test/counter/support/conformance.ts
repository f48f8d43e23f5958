import { expect, test } from "vitest";
import { type Ability, type Place, runScenario, titlesOf } from "../conformance.ts";

/** One test for each scenario; `placeOf` makes the store for it. */
export function testConformance(
  lacks: readonly Ability[],
  placeOf: () => Omit<Place, "lacks"> | Promise<Omit<Place, "lacks">>,
): void {
  test.each(titlesOf({ lacks }))("%s", async (title) => {
    expect((await runScenario(title, { ...(await placeOf()), lacks })).failures).toEqual([]);
  });
}
