import { TokenFormat } from "permid64";
import { describe, expect, test } from "vitest";
import { ALPHABETS, CODECS } from "../support/formats.js";

describe("the patterns", () => {
  const formats = CODECS.flatMap((codec) =>
    ["", "ord", "order_item2"].flatMap((prefix) =>
      [false, true].map((check) => new TokenFormat({ prefix, codec, check })),
    ),
  );

  test("are what is documented", () => {
    expect(new TokenFormat().pattern.source).toBe("^[0-9A-Za-z]{11}$");
    expect(new TokenFormat({ prefix: "ord" }).pattern.source).toBe("^ord_[0-9A-Za-z]{11}$");
    expect(new TokenFormat({ prefix: "ord", codec: "crockford32", check: true }).pattern.source).toBe(
      "^ord_[0-9A-HJKMNP-TV-Z]{14}$",
    );
    expect(new TokenFormat().exactPattern.source).toBe(
      "^(?:[0-9A-K][0-9A-Za-z]{10}|L(?:[0-9A-Za-x][0-9A-Za-z]{9}|y(?:[0-9A-Za-f][0-9A-Za-z]{8}|g(?:[0-9A-G][0-9A-Za-z]{7}|H(?:[0-9A-Z][0-9A-Za-z]{6}|a(?:0[0-9A-Za-z]{5}|1(?:[0-5][0-9A-Za-z]{4}|6(?:[0-9][0-9A-Za-z]{3}|A(?:[0-9A-G][0-9A-Za-z]{2}|H(?:[0-9A-X][0-9A-Za-z]|Y[0-9A-F]))))))))))$",
    );
    expect(new TokenFormat({ prefix: "ord", codec: "crockford32", check: true }).exactPattern.source).toBe(
      "^ord_[0-9A-F][0-9A-HJKMNP-TV-Z]{12}[0-9A-HJKMNP-TV-Z]$",
    );
  });

  test.each(
    formats.flatMap(({ pattern, exactPattern }) => [[pattern], [exactPattern]]),
  )("read the same in every dialect: %s", (pattern) => {
    expect(pattern.flags).toBe("");
    // Literals, classes of ranges, counts, groups without a number and alternatives. No escape, no look-around, no name.
    expect(pattern.source).toMatch(/^\^([a-zA-Z0-9_|)]|\(\?:|\[([a-zA-Z0-9](-[a-zA-Z0-9])?)+\]|\{[0-9]+\})+\$$/);
  });

  test.each(
    formats.map((format) => [format.pattern, format] as const),
  )("%s is short, and wide enough", (pattern, format) => {
    expect(pattern.source.length).toBeLessThan(format.prefix.length + 32);
    const alphabet = ALPHABETS[format.pattern.source.includes("a-z]{") ? "base62" : "crockford32"];
    const head = format.prefix && `${format.prefix}_`;
    for (const character of alphabet) {
      expect(pattern.test(head + character.repeat(format.length - head.length))).toBe(true);
    }
    for (const character of ["_", "-", " ", "u", "U", "é", "\n"].filter((character) => !alphabet.includes(character))) {
      expect(pattern.test(head + character.repeat(format.length - head.length))).toBe(false);
    }
    expect(pattern.test(`${head}${"0".repeat(format.length - head.length - 1)}`)).toBe(false);
    expect(pattern.test(`${head}${"0".repeat(format.length - head.length + 1)}`)).toBe(false);
  });

  test("have no state", () => {
    const { pattern, exactPattern } = new TokenFormat();
    for (const each of [pattern, exactPattern]) {
      expect([1, 2, 3].map(() => each.test("00000000000"))).toEqual([true, true, true]);
      expect(each.test(" 00000000000")).toBe(false);
      expect(each.test("00000000000\n")).toBe(false);
    }
  });
});
