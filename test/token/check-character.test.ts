import { TokenFormat } from "permid64";
import { describe, expect, test } from "vitest";
import { hybrid, statesOf } from "../support/check-character.js";
import { ALPHABETS, CODECS, codeOf } from "../support/formats.js";
import { ENGINES } from "../support/vectors.js";

describe.each(ENGINES)("%s engine", (engine) => {
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
