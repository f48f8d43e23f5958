import { existsSync, readFileSync } from "node:fs";
import { Feistel64Permutation, Id64, Layout64, MemoryCounter, PublicId } from "permid64";
import { describe, expect, test } from "vitest";
import { vectors } from "../support/vectors.js";
import * as feistel from "./feistel.ts";
import { findKeys } from "./feistel-key.ts";
import { NEEDED, observe, roundKeysOf } from "./feistel-rounds.ts";
import { multiplierOf, recover, successes } from "./multiplicative.ts";
import { countTokens, guess, visits } from "./public-id.ts";
import { Random } from "./random.ts";

// What SECURITY.md says is given away. Searches look at 2^22 candidates around the right one; npm run breaks tries all 2^32.

const COUNT = 2 ** 22;
const around = (key: number) => ({ from: key - (key % COUNT), count: COUNT });
const beside = (key: number) => ({ from: (around(key).from + COUNT) % 2 ** 32, count: COUNT });

describe("multiplicative", () => {
  const secret = { a: 0xfeed_f00d_dead_cafbn, b: 0x0123_4567_89ab_cdefn };
  const open = (start: bigint) =>
    Id64.multiplicative({ ...secret, instanceId: 7, counter: new MemoryCounter({ startAt: start }), blockSize: 1 });

  test("two consecutive tokens give the multiplier, and a third of a known number everything", () => {
    const service = open(123_456n);
    const a = multiplierOf(service.nextBase62(), service.nextBase62());
    const b = BigInt.asUintN(64, service.nextU64() - a * new Layout64().compose(7, 123_458n));
    expect({ a, b }).toEqual(secret);
  });

  test("any three give the volume", () => {
    const numbers = [1_000n, 31_337n, 8_675_309n];
    const tokens = numbers.map((start) => open(start).nextBase62());
    const { a, bits, distances } = recover(tokens);
    expect(distances).toEqual([0n, 30_337n, 8_674_309n]);
    expect(a).toBe(BigInt.asUintN(bits, secret.a));
  });

  // Three fail where the two distances share an odd factor: 8 / pi^2 = 0.811 remain. The bounds are five standard deviations off.
  test.each([
    [{ tokens: 3, span: 31 }, 0.811],
    [{ tokens: 4, span: 31 }, 0.951],
    [{ tokens: 3, span: 23, instances: true }, 0.811],
    [{ tokens: 4, span: 23, instances: true }, 0.951],
  ])("%j: in %d of all services", (setting, expected) => {
    const trials = 1000;
    const margin = 5 * Math.sqrt(trials * expected * (1 - expected));
    const right = successes(setting, trials, 2n);
    expect(right).toBeGreaterThan(trials * expected - margin);
    expect(right).toBeLessThan(trials * expected + margin);
  });

  test("eight tokens within 2^31 numbers hardly ever fail, and three within 2^40 hardly ever give anything", () => {
    expect(successes({ tokens: 8, span: 31 }, 500, 3n)).toBeGreaterThan(490);
    expect(successes({ tokens: 3, span: 40 }, 500, 3n)).toBeLessThan(10);
  });
});

test("the Feistel network of the breaks is the library's, and its round function has an inverse", () => {
  for (const { kind, key, rounds, roundKeys, pairs } of vectors.permutations) {
    if (kind !== "feistel") continue;
    const permutation = new Feistel64Permutation({ key: BigInt(key!), rounds: rounds! });
    for (const [x] of pairs) {
      const id = permutation.forward(BigInt(x));
      expect(feistel.forward(BigInt(x), roundKeys!)).toBe(id);
      expect(feistel.inverse(id, roundKeys!)).toBe(BigInt(x));
    }
  }
  for (let x = 1; x < 2 ** 32; x = x * 3 + 1) expect(feistel.inverseOfF(feistel.f(x))).toBe(x);
});

describe("a Feistel key below 2^32", () => {
  const key = 0xc0ff_ee42;
  const counter = new MemoryCounter({ startAt: 4_711n });
  const ids = Id64.feistel({ instanceId: 7, key: BigInt(key), counter }).takeU64(2);
  const two = [ids[0]!, ids[1]!] as const;

  test("falls to two ids of a known instance, and to one with its number", async () => {
    const small = { instanceId: 7, first: 0, span: 2 ** 24 - 1 };
    expect(await findKeys(two, small, around(key))).toEqual([BigInt(key)]);
    const known = { instanceId: 7, first: 4_711, span: 0 };
    expect(await findKeys([two[0]], known, around(key))).toEqual([BigInt(key)]);
  });

  test("is found nowhere else, nor under wrong assumptions", async () => {
    const small = { instanceId: 7, first: 0, span: 2 ** 24 - 1 };
    expect(await findKeys(two, small, beside(key))).toEqual([]);
    expect(await findKeys(two, { ...small, instanceId: 8 }, around(key))).toEqual([]);
    expect(await findKeys(two, { ...small, first: 4_713 }, around(key))).toEqual([]);
  });
});

describe("few Feistel rounds under a key of 64 bits", () => {
  const { key, roundKeys } = vectors.permutations.find(
    ({ kind, key, rounds }) => kind === "feistel" && rounds === 6 && BigInt(key!) >= 2n ** 63n,
  )!;
  const [k1, k2] = roundKeys as [number, number];

  test.each([1, 2, 3, 4] as const)("%i: all round keys", async (rounds) => {
    const permutation = new Feistel64Permutation({ key: BigInt(key!), rounds });
    const known = observe(permutation, NEEDED[rounds - 1]!);
    expect(await roundKeysOf(known, rounds, [around(k1), around(k2)])).toEqual(roundKeys!.slice(0, rounds));
  });

  test("the searches for 3 and 4 rounds find nothing where the keys are not", async () => {
    for (const rounds of [3, 4] as const) {
      const known = observe(new Feistel64Permutation({ key: BigInt(key!), rounds }), NEEDED[rounds - 1]!);
      expect(await roundKeysOf(known, rounds, [beside(k1), around(k2)])).toBeUndefined();
    }
  });
});

describe("public ids", () => {
  const key = "000102030405060708090a0b0c0d0e0f";

  test("show which rows are the same, and how often they came", () => {
    const ids = new PublicId({ key, type: "order" });
    const log = visits(100, 5000, new Random(1n));
    const counts = countTokens(ids.encodeMany(log));
    expect(counts).toEqual(countTokens(log.map(String)));
    expect(counts[0]).toBeGreaterThan(10 * counts.at(-1)!);
  });

  test("of two types or tenants have nothing in common", () => {
    const rows = Array.from({ length: 5000 }, (_, i) => i);
    const spaces = [
      { type: "order" },
      { type: "user" },
      { type: "order", tenant: "a" },
      { type: "order", tenant: "b" },
    ];
    const tokens = spaces.flatMap((space) => new PublicId({ key, ...space }).encodeMany(rows));
    expect(new Set<string>(tokens).size).toBe(4 * rows.length);
  });

  // 2^16 guesses: 2^(bits - 48) decode and rows / 2^48 are of a row. The bounds are five standard deviations off.
  test("are guessed as often as SECURITY.md says", () => {
    const ids = new PublicId({ key, type: "order", bits: 60 });
    const { decoded, found } = guess(ids, 2n ** 58n, 2 ** 16, new Random(2n));
    expect(Math.abs(decoded - 4096)).toBeLessThan(5 * 64);
    expect(Math.abs(found - 1024)).toBeLessThan(5 * 32);
  });
});

test("SECURITY.md names files and headings that exist", () => {
  const root = new URL("../../", import.meta.url);
  const text = readFileSync(new URL("SECURITY.md", root), "utf8");
  const links = [...text.matchAll(/\]\((?!https:)([^)#]+)(?:#([^)]+))?\)/g)];
  expect(links.length).toBeGreaterThan(5);
  for (const [, path, heading] of links) {
    const file = new URL(path!, root);
    expect(existsSync(file), path).toBe(true);
    if (heading === undefined) continue;
    const headings = readFileSync(file, "utf8").match(/^#+ .*$/gm)!;
    expect(headings.map((line) => line.replace(/^#+ /, "").toLowerCase().replaceAll(" ", "-"))).toContain(heading);
  }
});
