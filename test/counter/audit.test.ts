import { describe, expect, test } from "vitest";
import { audit, logOf, parseLog } from "../support/state-log.js";

// The oracle of all fault tests, on logs written by hand: what it must find, and what it must not.

describe("a log", () => {
  test("has what was reserved, issued, and asked for without an answer", () => {
    expect(parseLog("want 10\ngot 0 10\nissued 0 1\nissued 2\nwant 7\n")).toEqual({
      blocks: [{ start: 0n, end: 10n }],
      issued: [0n, 1n, 2n],
      unanswered: 7n,
    });
  });

  test.each(["issued 12 1", "issued 12 1345", "got 10 2", "want 1", "wan"])("of which a kill cut %j off", (cut) => {
    expect(parseLog(`want 10\ngot 0 10\n${cut}`)).toEqual(parseLog("want 10\ngot 0 10\n"));
  });
});

describe("an audit", () => {
  const findings = (mark: bigint, ...logs: string[]) => audit(logs.map(parseLog), mark);
  const NOTHING = { overlaps: [], repeats: 0, strays: [], lost: 0n, unexplained: 0n };

  test("finds nothing where all numbers are reserved once, by whomever", () => {
    const one = "want 2\ngot 0 2\nissued 0 1\nwant 2\ngot 5 7\nissued 5\n";
    expect(findings(7n, one, "want 3\ngot 2 5\nissued 2 3 4\n")).toEqual(NOTHING);
    expect(audit([logOf([["0", "2"]]), logOf([["2", "7"]])], 7n)).toEqual(NOTHING);
  });

  test("finds blocks that share a number, and those above the mark", () => {
    expect(findings(7n, "want 4\ngot 0 4\n", "want 4\ngot 3 7\n").overlaps).toEqual(["3 to 7, after 4"]);
    expect(findings(9n, "want 9\ngot 0 9\nwant 1\ngot 4 5\n").overlaps).toEqual(["4 to 5, after 9"]);
    expect(findings(3n, "want 4\ngot 0 4\n").overlaps).toEqual(["up to 4, above the mark 3"]);
  });

  test("finds numbers that were issued again, or from no block, or out of order", () => {
    const twice = findings(4n, "want 2\ngot 0 2\nissued 0\n", "want 2\ngot 2 4\nissued 0\n");
    expect(twice).toMatchObject({ repeats: 1, strays: [0n] });
    expect(findings(2n, "want 2\ngot 0 2\nissued 1\n").strays).toEqual([1n]);
  });

  test("finds numbers that are gone, unless they were asked for", () => {
    expect(findings(9n, "want 4\ngot 0 4\nwant 5\n")).toMatchObject({ lost: 5n, unexplained: 0n });
    expect(findings(9n, "want 4\ngot 0 4\nwant 3\n")).toMatchObject({ lost: 5n, unexplained: 2n });
  });
});
