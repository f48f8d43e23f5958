import fc from "fast-check";
import { TokenFormat } from "permid64";
import { describe, expect, test } from "vitest";
import { CODECS, codeOf, prefix, u64 } from "../support/formats.js";

const options = fc.record({ prefix, codec: fc.constantFrom(...CODECS), check: fc.boolean() });

describe("normalize", () => {
  const invisible = ["\ufeff", "\u00ad", "\u200b", "\u2060"];
  const separators = [
    ...[" ", "\t", "\n", "\r\n", "_", "-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"],
    ...["\ufe58", "\ufe63", "\uff0d", "\u00a0", "\u202f", "\u2009", "\u3000", "- \n", "\u00ad \u200b"],
  ];
  const nothing = fc.constant("");
  /** What stands between two characters of a word, of a body, and in the place of an underscore. */
  const unseen = fc.oneof({ weight: 3, arbitrary: nothing }, fc.constantFrom(...invisible));
  const gap = fc.oneof({ weight: 3, arbitrary: nothing }, fc.constantFrom(...separators, ...invisible));
  const separator = fc.constantFrom(...separators);

  test("of whatever a person makes of group(token) is the token", () => {
    fc.assert(
      fc.property(
        options,
        u64,
        fc.integer({ min: 1, max: 11 }),
        fc.tuple(fc.infiniteStream(unseen), fc.infiniteStream(gap), fc.infiniteStream(separator)),
        fc.infiniteStream(fc.nat()),
        (options, value, size, [unseen, gaps, separators], choices) => {
          const format = new TokenFormat(options);
          const token = format.encode(value);
          const grouped = format.group(token, size);
          expect(grouped.replaceAll("-", "")).toBe(token);
          const tailAt = options.prefix ? options.prefix.length + 1 : 0;
          const choose = (...forms: string[]) => forms[(choices.next().value as number) % forms.length]!;
          const typed = [...grouped].map((character, at) => {
            if (at < tailAt - 1 && character === "_") return separators.next().value;
            const looks = at < tailAt || options.codec === "crockford32";
            let form = character;
            if (looks) form = choose(character.toLowerCase(), character.toUpperCase());
            if (looks && at >= tailAt && character === "1") form = choose("1", "i", "I", "l", "L");
            if (looks && at >= tailAt && character === "0") form = choose("0", "o", "O");
            return (at === 0 || at >= tailAt ? gaps : unseen).next().value + form;
          });
          expect(format.normalize(typed.join("") + gaps.next().value)).toBe(token);
          // The underscore behind the prefix may be missing.
          expect(format.normalize(options.prefix + token.slice(tailAt))).toBe(token);
        },
      ),
      { numRuns: 500 },
    );
  });

  /** Two prefixes: every other time, of the same letters with other underscores. */
  const twoPrefixes = fc
    .tuple(fc.stringMatching(/^[ab]{2,5}$/), fc.stringMatching(/^[ab]{1,5}$/), fc.nat(15), fc.nat(15), fc.boolean())
    .map(([letters, others, mask, otherMask, same]) => [
      words(letters, mask),
      words(same ? letters : others, otherMask),
    ])
    .filter(([one, other]) => one !== other) as fc.Arbitrary<[string, string]>;
  const words = (letters: string, mask: number) =>
    [...letters].map((letter, i) => ((mask >> i) & 1 && i > 0 ? `_${letter}` : letter)).join("");

  test("keeps prefixes apart: no text for one is made a token of another", () => {
    fc.assert(
      fc.property(
        twoPrefixes,
        options,
        u64,
        fc.infiniteStream(separator),
        fc.infiniteStream(unseen),
        ([one, other], options, value, separators, unseen) => {
          const [format, foreign] = [one, other].map((prefix) => new TokenFormat({ ...options, prefix }));
          const token = format!.encode(value);
          const spelled = [...one].map((c) => (c === "_" ? separators.next().value : unseen.next().value + c)).join("");
          const body = token.slice(one.length + 1);
          for (const typed of [
            token,
            `${spelled}_${body}`,
            spelled.toUpperCase() + separators.next().value + body,
            spelled + body,
          ]) {
            expect(format!.normalize(typed)).toBe(token);
            expect(codeOf(() => foreign!.normalize(typed))).toMatch(/^ERR_PERMID64_(TOKEN_PREFIX|INVALID_TOKEN)$/);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["ord", "o_rd_"],
    ["ord", "o rd 6"],
    ["ord", "or-d"],
    ["ord", "o\nrd"],
    ["o_rd", "ord_"],
    ["o_rd", "or_d_"],
    ["o_rd", "o_r_d_"],
    ["o_rd", "o\u00adrd_"],
    ["order_item", "orderitem_"],
    ["order_item", "order_it em_"],
  ])("%s is not %j", (prefix, typed) => {
    const format = new TokenFormat({ prefix });
    const body = format.encode(5).slice(prefix.length + 1);
    expect(codeOf(() => format.normalize(typed + body))).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(format.normalize(`${prefix.replaceAll("_", " - ")} ${body}`)).toBe(`${prefix}_${body}`);
  });

  test("refuses more than 256 characters before it works on them", () => {
    const format = new TokenFormat({ prefix: "ord" });
    const token = format.encode(5);
    expect(format.normalize(token + " ".repeat(256 - token.length))).toBe(token);
    const refusal = expect.objectContaining({
      name: "InvalidTokenError",
      code: "ERR_PERMID64_INVALID_TOKEN",
      message: '"typed" expected at most 256 characters, got 257',
    });
    expect(() => format.normalize(token + " ".repeat(257 - token.length))).toThrow(refusal);
    // A hundred million characters would take seconds, and memory by the gigabyte.
    const huge = " -\u00ad_".repeat(25e6);
    expect(codeOf(() => format.normalize(huge))).toBe("ERR_PERMID64_INVALID_TOKEN");
  });

  const spoken = new TokenFormat({ prefix: "ord", codec: "crockford32", check: true });
  const token = "ord_6M2F6CZSVSJ89A";

  test.each([
    ["Ord 6m2f6 czsvs j89a"],
    ["ORD-6M2F-6CZS-VSJ8-9A"],
    [" ord _ 6 M 2 F 6 C Z S V S J 8 9 A"],
    ["\u201cord_6M2F6CZSVSJ89A\u201d".slice(1, -1)],
    ["\ufefford_6M2F6CZSV\u00ad\nSJ89A\r\n"],
  ])("%j", (typed) => {
    expect(spoken.normalize(typed)).toBe(token);
  });

  test.each([
    ["a character too few", "ord_6M2F6CZSVSJ89", "ERR_PERMID64_INVALID_TOKEN"],
    ["a character too many", "ord_6M2F6CZSVSJ89AA", "ERR_PERMID64_INVALID_TOKEN"],
    ["nothing behind the prefix", "ord_", "ERR_PERMID64_INVALID_TOKEN"],
    ["nothing", "", "ERR_PERMID64_TOKEN_PREFIX"],
    ["no prefix", "6M2F6CZSVSJ89A", "ERR_PERMID64_TOKEN_PREFIX"],
    ["another prefix", "usr_6M2F6CZSVSJ89A", "ERR_PERMID64_TOKEN_PREFIX"],
    ["a wrong character", "ord_6M2F6CZSVSJ88A", "ERR_PERMID64_TOKEN_CHECK"],
    ["U", "ord_6M2F6CZUVSJ89A", "ERR_PERMID64_INVALID_TOKEN"],
    ["a full stop", "ord_6M2F6.CZSVSJ89A", "ERR_PERMID64_INVALID_TOKEN"],
    ["what only Unicode makes an upper-case I", "ord_6M2F6CZSVSJ8ıA", "ERR_PERMID64_INVALID_TOKEN"],
    ["what only Unicode makes a lower-case d", "or\u{1d41d}_6M2F6CZSVSJ89A", "ERR_PERMID64_TOKEN_PREFIX"],
    ["digits of another script", "ord_٦M2F6CZSVSJ89A", "ERR_PERMID64_INVALID_TOKEN"],
  ])("%s is refused with its code", (_, typed, code) => {
    expect(() => spoken.normalize(typed)).toThrow(expect.objectContaining({ name: "InvalidTokenError", code }));
  });

  test("does not mend the case of base62, nor what is no string", () => {
    const format = new TokenFormat({ prefix: "k" });
    const token = format.encode(7640891576956012809n);
    expect(format.normalize(token.replace("k", "K"))).toBe(token);
    expect(format.decode(format.normalize(token.toLowerCase()))).not.toBe(7640891576956012809n);
    // The Kelvin sign, whose lower case is k.
    expect(codeOf(() => format.normalize(token.replace("k", "\u212a")))).toBe("ERR_PERMID64_TOKEN_PREFIX");
    for (const typed of [undefined, 7, null, {}]) {
      expect(codeOf(() => format.normalize(typed as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
  });
});
