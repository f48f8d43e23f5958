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
        expect(token).toMatch(format.exactPattern);
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
          expect(format.exactPattern.test(token)).toBe(code === undefined);
          if (code === undefined) expect(token).toMatch(format.pattern);
          expect([format.tryDecode(token) !== undefined, format.is(token)]).toEqual(Array(2).fill(code === undefined));
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
      expect(plain!.exactPattern.test(token)).toBe(false);
    }
    for (const token of ["G000000000000", "ZZZZZZZZZZZZZ"]) {
      expect(codeOf(() => spoken!.decode(token))).toBe("ERR_PERMID64_INVALID_TOKEN");
      expect(spoken!.exactPattern.test(token)).toBe(false);
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
      "InvalidTokenError",
      "ERR_PERMID64_TOKEN_PREFIX",
      '"token" expected a token that starts with "ord_", got "usr_96RMb5KQZYn"',
    ]);
    expect(refusal("Ord_96RMb5KQZYn")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("ord96RMb5KQZYn")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("")?.[1]).toBe("ERR_PERMID64_TOKEN_PREFIX");
    expect(refusal("ord_96RMb5KQZY")).toEqual([
      "InvalidTokenError",
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
      "InvalidTokenError",
      "ERR_PERMID64_INVALID_TOKEN",
      `"token" expected a base62 token of 11 characters and a check character, got "${token.slice(0, -1)}!"`,
    ]);
    expect(refusal(token.slice(0, -1), checked)?.[1]).toBe("ERR_PERMID64_INVALID_TOKEN");
    const wrong = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    expect(refusal(wrong, checked)).toEqual([
      "InvalidTokenError",
      "ERR_PERMID64_TOKEN_CHECK",
      `"token" expected a token whose check character fits, got "${wrong}"`,
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
    ["misspelt", { prefx: "ord" }, "TypeError", '"options" has an unknown option "prefx"; did you mean "prefix"?'],
    [
      "another's",
      { prefix: "ord", type: "order" },
      "TypeError",
      /^"options" has an unknown option "type"; known options: /,
    ],
    ["options", null, "TypeError"],
    ["options 7", 7, "TypeError"],
  ])("of options: %s", (_, options, name, message: string | RegExp = "") => {
    const code = message === "" ? /^ERR_PERMID64_(INVALID_TYPE|OUT_OF_RANGE)$/ : /^ERR_PERMID64_UNKNOWN_OPTION$/;
    const make = () => new TokenFormat(options as never);
    expect(make).toThrow(expect.objectContaining({ name, code: expect.stringMatching(code) }));
    expect(make).toThrow(message);
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

test("encode, decode, tryDecode and is work without their object, and take one argument", () => {
  const format = new TokenFormat({ prefix: "ord" });
  const { encode, decode, tryDecode, is } = format;
  const tokens = [1n, 2n, 3n].map(encode);
  expect(tokens).toEqual([1n, 2n, 3n].map((value) => format.encode(value)));
  expect(tokens.map(decode)).toEqual([1n, 2n, 3n]);
  expect([...tokens, "ord_1", 7, undefined].map(tryDecode)).toEqual([1n, 2n, 3n, undefined, undefined, undefined]);
  expect(["ord_1", ...tokens, 7, null, `${tokens[0]} `].filter(is)).toEqual(tokens);
  expect(Object.keys(format)).toEqual(["prefix", "length"]);
});
