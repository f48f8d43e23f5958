import fc from "fast-check";
import { Id64, MemoryCounter, TokenFormat, u64ToBase62, u64ToCrockford32 } from "permid64";
import { describe, expect, test } from "vitest";
import { hybrid, statesOf } from "../support/check-character.js";
import { ALPHABETS, BASE62, CODECS, codeOf, near, prefix, U64_MAX, u64 } from "../support/formats.js";
import { ENGINES } from "../support/vectors.js";

const MAX = { base62: "LygHa16AHYF", crockford32: "FZZZZZZZZZZZZ" };
const options = fc.record({ prefix, codec: fc.constantFrom(...CODECS), check: fc.boolean() });

/** The characters of a token that carry something. */
const tailOf = ({ prefix }: TokenFormat, token: string) => (prefix ? token.slice(prefix.length + 1) : token);

describe.each(ENGINES)("%s engine", (engine) => {
  test("one value, one canonical token", () => {
    fc.assert(
      fc.property(options, u64, (options, value) => {
        const format = new TokenFormat({ ...options, engine });
        const token = format.encode(value);
        expect(format.decode(token)).toBe(value);
        expect(token).toHaveLength(format.length);
        expect(token).toMatch(format.pattern);
        const plain = options.codec === "base62" ? u64ToBase62(value) : u64ToCrockford32(value);
        expect(tailOf(format, token).slice(0, plain.length)).toBe(plain);
        expect(token.startsWith(options.prefix && `${options.prefix}_`)).toBe(true);
      }),
    );
  });

  test("what decode takes is what encode writes: strings near the largest token, and beyond", () => {
    const counts = { taken: 0, refused: 0 };
    for (const codec of CODECS) {
      const format = new TokenFormat({ prefix: "ord", codec, engine });
      const checked = new TokenFormat({ prefix: "ord", codec, check: true, engine });
      fc.assert(
        fc.property(near(MAX[codec], ALPHABETS[codec]), (body) => {
          const token = `ord_${body}`;
          const code = codeOf(() => expect(format.encode(format.decode(token))).toBe(token));
          expect([undefined, "ERR_PERMID64_INVALID_TOKEN"]).toContain(code);
          // Without a check character, the pattern is exact.
          expect(format.pattern.test(token)).toBe(code === undefined);
          counts[code === undefined ? "taken" : "refused"]++;
          for (const last of ALPHABETS[codec].slice(0, 4)) {
            const code = codeOf(() => expect(checked.encode(checked.decode(token + last))).toBe(token + last));
            expect([undefined, "ERR_PERMID64_INVALID_TOKEN", "ERR_PERMID64_TOKEN_CHECK"]).toContain(code);
          }
        }),
        { numRuns: 2000 },
      );
    }
    // It has seen both sides of the boundary.
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(500);
  });

  test("a token with a changed character or bit is another value's, or none", () => {
    fc.assert(
      fc.property(options, u64, fc.nat(), fc.integer({ min: 0, max: 7 }), (options, value, place, bit) => {
        const format = new TokenFormat({ ...options, engine });
        const token = format.encode(value);
        const at = place % token.length;
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const other = token.slice(0, at) + flipped + token.slice(at + 1);
        const code = codeOf(() => {
          const decoded = format.decode(other);
          expect(decoded).not.toBe(value);
          expect(format.encode(decoded)).toBe(other);
        });
        if (options.check) expect(code).toBeDefined();
        if (code !== undefined) expect(code).toMatch(/^ERR_PERMID64_(INVALID_TOKEN|TOKEN_PREFIX|TOKEN_CHECK)$/);
      }),
      { numRuns: 500 },
    );
  });

  test("the first and the last tokens", () => {
    const [plain, spoken] = CODECS.map((codec) => new TokenFormat({ codec, engine }));
    expect([plain!.encode(0), plain!.encode(U64_MAX)]).toEqual(["00000000000", MAX.base62]);
    expect([spoken!.encode("0"), spoken!.encode(U64_MAX)]).toEqual(["0000000000000", MAX.crockford32]);
    expect(plain!.decode(MAX.base62)).toBe(U64_MAX);
    // The next one, which is the first of epoch 1 too, and the largest with 11 characters.
    for (const token of ["LygHa16AHYG", "M0000000000", "hygHa16AHYF", "i0000000000", "zzzzzzzzzzz"]) {
      expect(codeOf(() => plain!.decode(token))).toBe("ERR_PERMID64_INVALID_TOKEN");
      expect(plain!.pattern.test(token)).toBe(false);
    }
    for (const token of ["G000000000000", "ZZZZZZZZZZZZZ"]) {
      expect(codeOf(() => spoken!.decode(token))).toBe("ERR_PERMID64_INVALID_TOKEN");
      expect(spoken!.pattern.test(token)).toBe(false);
    }
  });

  test.each(CODECS)("the %s check character is the automaton's, whose every transition is met", (codec) => {
    const alphabet = ALPHABETS[codec];
    const automaton = hybrid(alphabet.length);
    const format = new TokenFormat({ codec, check: true, engine });
    const met = new Set<number>();
    let value = 1n;
    for (let i = 0; i < 4000; i++) {
      value = BigInt.asUintN(64, value * 0x5851_f42d_4c95_7f2dn + 0x1405_7b7e_f767_814fn);
      const token = format.encode(value);
      const digits = [...token].map((character) => alphabet.indexOf(character));
      const check = digits.pop();
      const states = statesOf(automaton, digits);
      expect(check).toBe(automaton.check(states.at(-1)!));
      digits.forEach((digit, at) => {
        met.add(states[at]! * alphabet.length + digit);
      });
    }
    expect(met.size).toBe(alphabet.length ** 2);
  });

  test.each(
    CODECS,
  )("%s: any wrong character and the swaps that the automaton tells are caught, with their own code", (codec) => {
    const alphabet = ALPHABETS[codec];
    const automaton = hybrid(alphabet.length);
    const format = new TokenFormat({ prefix: "ord", codec, check: true, engine });
    const isConsistent = (tail: string) => {
      const digits = [...tail].map((character) => alphabet.indexOf(character));
      return automaton.check(statesOf(automaton, digits.slice(0, -1)).at(-1)!) === digits.at(-1);
    };
    let swaps = 0;
    let missed = 0;
    let value = 7n;
    for (let i = 0; i < 300; i++) {
      value = BigInt.asUintN(64, value * 0x5851_f42d_4c95_7f2dn + 0x1405_7b7e_f767_814fn);
      const token = format.encode(value);
      for (let at = 4; at < token.length; at++) {
        if (i < 20) {
          for (const character of alphabet.replace(token[at]!, "")) {
            const wrong = token.slice(0, at) + character + token.slice(at + 1);
            expect(codeOf(() => format.decode(wrong))).toBe("ERR_PERMID64_TOKEN_CHECK");
          }
        }
        const swapped = token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2);
        if (at === token.length - 1 || swapped === token) continue;
        const code = codeOf(() => format.decode(swapped));
        const consistent = isConsistent(swapped.slice(4));
        if (!consistent) expect(code).toBe("ERR_PERMID64_TOKEN_CHECK");
        else expect([undefined, "ERR_PERMID64_INVALID_TOKEN"]).toContain(code);
        swaps++;
        missed += Number(consistent);
      }
    }
    expect(swaps).toBeGreaterThan(3000);
    // One in 496 at most, so 8 expected of some 3800.
    expect(missed).toBeLessThan(20);
  });
});

/** Unordered pairs of different digits. */
const pairs = (n: number) =>
  Array.from({ length: n }, (_, a) => Array.from({ length: a }, (_, b) => [a, b] as const)).flat();
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

// Over the automaton itself, which the tests above show to be the library's: all states, all digits.
describe.each([
  ["base62", 62, 1891],
  ["crockford32", 32, 496],
] as const)("the check character of %s", (_, n, oneIn) => {
  const { next, check, start } = hybrid(n);
  const states = range(1, n + 1);
  const digits = range(0, n);

  test("catches every wrong character", () => {
    // Two digits lead from no state to the same one, no two states are led to the same one by one digit, and no two states
    // have the same check character: once they differ, they differ to the end. A wrong check character is wrong by itself.
    for (const state of states) {
      expect(new Set(digits.map((digit) => next(state, digit)))).toEqual(new Set(states));
      for (const [a, b] of pairs(n)) if (next(state, a) === next(state, b)) expect.unreachable();
    }
    for (const digit of digits) expect(new Set(states.map((state) => next(state, digit))).size).toBe(n);
    expect(new Set(states.map(check))).toEqual(new Set(digits));
    expect(states).toContain(start);
  });

  test(`misses one swap of neighbours in ${oneIn}, and that exactly`, () => {
    expect(pairs(n)).toHaveLength(oneIn);
    for (const state of states) {
      const missed = pairs(n).filter(([a, b]) => next(next(state, a), b) === next(next(state, b), a));
      expect(missed).toHaveLength(1);
    }
  });

  test(`misses one swap of the last character and the check character in ${oneIn}`, () => {
    let swaps = 0;
    let missed = 0;
    for (const state of states) {
      for (const digit of digits) {
        const last = check(next(state, digit));
        if (last === digit) continue;
        swaps++;
        missed += Number(check(next(state, last)) === digit);
      }
    }
    expect([swaps, missed]).toEqual([2 * oneIn, 2]);
  });

  test("misses no swap of the first two characters of a u64's token", () => {
    // Which begin with a digit up to L, or F; and of a token that begins with another, decode would say so.
    const first = n === 62 ? 22 : 16;
    const missed = pairs(first).filter(([a, b]) => next(next(start, a), b) === next(next(start, b), a));
    expect(missed).toEqual([]);
  });
});

describe("the pattern", () => {
  const sources = CODECS.flatMap((codec) =>
    ["", "ord", "order_item2"].flatMap((prefix) =>
      [false, true].map((check) => new TokenFormat({ prefix, codec, check }).pattern),
    ),
  );

  test("is what is documented", () => {
    expect(new TokenFormat().pattern.source).toBe(
      "^(?:[0-9A-K][0-9A-Za-z]{10}|L(?:[0-9A-Za-x][0-9A-Za-z]{9}|y(?:[0-9A-Za-f][0-9A-Za-z]{8}|g(?:[0-9A-G][0-9A-Za-z]{7}|H(?:[0-9A-Z][0-9A-Za-z]{6}|a(?:0[0-9A-Za-z]{5}|1(?:[0-5][0-9A-Za-z]{4}|6(?:[0-9][0-9A-Za-z]{3}|A(?:[0-9A-G][0-9A-Za-z]{2}|H(?:[0-9A-X][0-9A-Za-z]|Y[0-9A-F]))))))))))$",
    );
    expect(new TokenFormat({ prefix: "ord", codec: "crockford32", check: true }).pattern.source).toBe(
      "^ord_[0-9A-F][0-9A-HJKMNP-TV-Z]{12}[0-9A-HJKMNP-TV-Z]$",
    );
  });

  test.each(sources.map((pattern) => [pattern]))("reads the same in every dialect: %s", (pattern) => {
    expect(pattern.flags).toBe("");
    // Literals, classes of ranges, counts, groups without a number and alternatives. No escape, no look-around, no name.
    expect(pattern.source).toMatch(/^\^([a-zA-Z0-9_|)]|\(\?:|\[([a-zA-Z0-9](-[a-zA-Z0-9])?)+\]|\{[0-9]+\})+\$$/);
  });

  test("has no state", () => {
    const { pattern } = new TokenFormat();
    expect([1, 2, 3].map(() => pattern.test("00000000000"))).toEqual([true, true, true]);
    expect(pattern.test(" 00000000000")).toBe(false);
    expect(pattern.test("00000000000\n")).toBe(false);
  });
});

describe("normalize", () => {
  const gaps = [
    ...[" ", "\t", "\n", "\r\n", "_", "-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"],
    ...["\ufe58", "\ufe63", "\uff0d", "\u00a0", "\u202f", "\u2009", "\u3000", "\ufeff", "\u00ad", "\u200b", "\u2060"],
  ];
  const gap = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, fc.constantFrom(...gaps), fc.constant("- \n"));

  test("of whatever a person makes of group(token) is the token", () => {
    fc.assert(
      fc.property(
        options,
        u64,
        fc.integer({ min: 1, max: 11 }),
        fc.infiniteStream(gap),
        fc.infiniteStream(fc.nat()),
        (options, value, size, gaps, choices) => {
          const format = new TokenFormat(options);
          const token = format.encode(value);
          const grouped = format.group(token, size);
          expect(grouped.replaceAll("-", "")).toBe(token);
          const tailAt = options.prefix ? options.prefix.length + 1 : 0;
          const choose = (...forms: string[]) => forms[(choices.next().value as number) % forms.length]!;
          const typed = [...grouped].map((character, at) => {
            const looks = at < tailAt || options.codec === "crockford32";
            let form = character;
            if (looks) form = choose(character.toLowerCase(), character.toUpperCase());
            if (looks && at >= tailAt && character === "1") form = choose("1", "i", "I", "l", "L");
            if (looks && at >= tailAt && character === "0") form = choose("0", "o", "O");
            return gaps.next().value + form;
          });
          expect(format.normalize(typed.join("") + gaps.next().value)).toBe(token);
          // The underscore is a separator as any other.
          expect(format.normalize(token.replaceAll("_", ""))).toBe(token);
        },
      ),
      { numRuns: 500 },
    );
  });

  const spoken = new TokenFormat({ prefix: "ord", codec: "crockford32", check: true });
  const token = "ord_6M2F6CZSVSJ89A";

  test.each([
    ["Ord 6m2f6 czsvs j89a"],
    ["ORD-6M2F-6CZS-VSJ8-9A"],
    ["o r d _ 6 M 2 F 6 C Z S V S J 8 9 A"],
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
    expect(() => spoken.normalize(typed)).toThrow(expect.objectContaining({ name: "SyntaxError", code }));
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

describe("refusals", () => {
  const format = new TokenFormat({ prefix: "ord" });
  const refusal = (token: unknown, given = format) => {
    try {
      given.decode(token as string);
    } catch (error) {
      const { name, code, message } = error as Error & { code: string };
      return [name, code, message];
    }
    return undefined;
  };
  const KIND = '"token" expected a base62 token of 11 characters';

  test("say which part is wrong", () => {
    expect(refusal("usr_96RMb5KQZYn")).toEqual([
      "SyntaxError",
      "ERR_PERMID64_TOKEN_PREFIX",
      '"token" expected a token that starts with "ord_", got "usr_96RMb5KQZYn"',
    ]);
    expect(refusal("Ord_96RMb5KQZYn")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("ord96RMb5KQZYn")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("ord_96RMb5KQZY")).toEqual([
      "SyntaxError",
      "ERR_PERMID64_INVALID_TOKEN",
      `${KIND}, got "96RMb5KQZY"`,
    ]);
    expect(refusal("ord_96RMb5KQZY!")?.[2]).toBe(`${KIND} from ${BASE62}, got "96RMb5KQZY!"`);
    expect(refusal("ord_LygHa16AHYG")?.[2]).toBe(`${KIND} up to LygHa16AHYF (2^64 - 1), got "LygHa16AHYG"`);
    // Of another epoch, and of none: what is shown is what came.
    expect(refusal("ord_M0000000000")?.[2]).toBe(`${KIND} up to LygHa16AHYF (2^64 - 1), got "M0000000000"`);
    expect(refusal("ord_M000000000!")?.[2]).toBe(`${KIND} from ${BASE62}, got "M000000000!"`);
    expect(refusal("ord_zzzzzzzzzzz")?.[2]).toBe(`${KIND} up to LygHa16AHYF (2^64 - 1), got "zzzzzzzzzzz"`);
    for (const token of [undefined, null, 7, 7n, ["ord_96RMb5KQZYn"], Object("ord_96RMb5KQZYn")]) {
      expect(refusal(token)?.slice(0, 2)).toEqual(["TypeError", "ERR_PERMID64_INVALID_TYPE"]);
    }
  });

  test("of check characters", () => {
    const checked = new TokenFormat({ prefix: "ord", check: true });
    const token = checked.encode(1);
    expect(refusal(`${token.slice(0, -1)}!`, checked)).toEqual([
      "SyntaxError",
      "ERR_PERMID64_INVALID_TOKEN",
      `"token" expected a base62 token of 11 characters and a check character, got "${token.slice(0, -1)}!"`,
    ]);
    expect(refusal(token.slice(0, -1), checked)?.[1]).toBe("ERR_PERMID64_INVALID_TOKEN");
    const wrong = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    expect(refusal(wrong, checked)).toEqual([
      "SyntaxError",
      "ERR_PERMID64_TOKEN_CHECK",
      `"token" expected a token with its check character, got "${wrong}"`,
    ]);
    // Right for its digits, which are no u64's: the check character is not what is wrong.
    const automaton = hybrid(62);
    const last = BASE62[automaton.check(statesOf(automaton, Array(11).fill(61)).at(-1)!)];
    expect(refusal(`ord_zzzzzzzzzzz${last}`, checked)?.[1]).toBe("ERR_PERMID64_INVALID_TOKEN");
  });

  test.each([
    ["prefix", { prefix: "Ord" }, "RangeError"],
    ["prefix with an underscore at its end", { prefix: "ord_" }, "RangeError"],
    ["prefix with an underscore at its start", { prefix: "_ord" }, "RangeError"],
    ["prefix with two underscores", { prefix: "a__b" }, "RangeError"],
    ["prefix that starts with a digit", { prefix: "2nd" }, "RangeError"],
    ["prefix with a hyphen", { prefix: "a-b" }, "RangeError"],
    ["prefix with a line feed", { prefix: "ord\n" }, "RangeError"],
    ["prefix of another alphabet", { prefix: "órd" }, "RangeError"],
    ["prefix of 33 characters", { prefix: "a".repeat(33) }, "RangeError"],
    ["prefix 7", { prefix: 7 }, "TypeError"],
    ["prefix null", { prefix: null }, "TypeError"],
    ["codec", { codec: "base64" }, "RangeError"],
    ["codec 62", { codec: 62 }, "TypeError"],
    ["codec of Object", { codec: "toString" }, "RangeError"],
    ["check 1", { check: 1 }, "TypeError"],
    ["engine", { engine: "fast" }, "RangeError"],
    ["options", null, "TypeError"],
    ["options 7", 7, "TypeError"],
  ])("of options: %s", (_, options, name) => {
    expect(() => new TokenFormat(options as never)).toThrow(
      expect.objectContaining({ name, code: expect.stringMatching(/^ERR_PERMID64_(INVALID_TYPE|OUT_OF_RANGE)$/) }),
    );
  });

  test("of values and sizes", () => {
    for (const value of [-1n, 2n ** 64n, 1.5, 2 ** 53, "-1"]) {
      expect(codeOf(() => format.encode(value))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
    for (const value of [undefined, null, "", " 1", "0x1", true]) {
      expect(codeOf(() => format.encode(value as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
    const token = format.encode(1);
    for (const size of [0, -1, 1.5, 12, Number.NaN]) {
      expect(codeOf(() => format.group(token, size))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
    expect(codeOf(() => format.group("ord_1"))).toBe("ERR_PERMID64_INVALID_TOKEN");
  });
});

test("group", () => {
  const format = new TokenFormat({ prefix: "ord", codec: "crockford32", check: true });
  const token = "ord_6M2F6CZSVSJ89A";
  expect(format.group(token)).toBe("ord_6M2F-6CZS-VSJ8-9A");
  expect(format.group(token, 7)).toBe("ord_6M2F6CZ-SVSJ89A");
  expect(format.group(token, 14)).toBe(token);
});

test("a format shows what it is, cannot be changed, and a generator has one", () => {
  const format = new TokenFormat({ prefix: "order_item", codec: "crockford32", check: true });
  expect(format).toMatchObject({ prefix: "order_item", length: 11 + 13 + 1 });
  expect(Object.isFrozen(format)).toBe(true);
  const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), prefix: "ord", check: true });
  expect(ids.format.decode(ids.nextToken())).toBe(0n);
  expect(ids.format.prefix).toBe("ord");
});
