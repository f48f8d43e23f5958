import { inspect } from "node:util";
import { Feistel64Permutation, Id64, MemoryCounter, MultiplyOddPermutation } from "permid64";
import { describe, expect, test } from "vitest";
import { ENGINES } from "./support/vectors.js";

const A = 0x1122_3344_5566_7789n;
const B = 0x0f1e_2d3c_4b5a_6978n;
const KEY = 0x7a69_5847_3625_1403n;

/** A value in every form in which it could be printed. */
const forms = (value: bigint) => [value, -value, BigInt.asIntN(64, value)].flatMap((v) => [String(v), v.toString(16)]);
const secrets = [A, B, KEY].flatMap(forms);

function expectNoSecret(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe.each(ENGINES)("%s engine", (engine) => {
  const holders = () => [
    Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter(), a: A, b: B, engine }),
    Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), key: KEY, engine }),
    new MultiplyOddPermutation({ a: A, b: B, engine }),
    new Feistel64Permutation({ key: KEY, engine }),
  ];

  test("inspecting, printing and serialising show no parameter", () => {
    for (const holder of holders()) {
      expect(holder.engine).toBe(engine);
      expectNoSecret(inspect(holder, { depth: Infinity, showHidden: true, getters: true }));
      expectNoSecret(JSON.stringify(holder));
      expectNoSecret(`${holder}`);
      expectNoSecret(JSON.stringify(Object.getOwnPropertyDescriptors(holder)));
    }
  });

  test("no error shows one", () => {
    const common = { instanceId: 1, engine };
    const counter = new MemoryCounter();
    Id64.feistel({ ...common, counter });
    const json = JSON.stringify({ permutation: { kind: "feistel", key: `${KEY}`, rounds: 6 } });
    for (const call of [
      () => Id64.multiplicative({ ...common, counter: new MemoryCounter(), a: A + 1n, b: B }),
      () => Id64.multiplicative({ ...common, counter: new MemoryCounter(), a: String(A) as never }),
      () => Id64.feistel({ ...common, counter: new MemoryCounter(), key: KEY + 2n ** 64n }),
      () => Id64.feistel({ ...common, counter: new MemoryCounter(), key: Number(KEY) as never }),
      () => Id64.feistel({ ...common, counter, key: KEY }),
      () => Id64.fromConfig(json.slice(0, -1)),
      () => Id64.fromConfig(JSON.stringify(json)),
      () => Id64.fromConfig(json.replace(`${KEY}`, `${KEY}!`), { counter }),
      () => Id64.fromConfig({ permutation: `${KEY}` } as never, { counter }),
    ]) {
      let error: unknown;
      try {
        call();
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(Error);
      expectNoSecret(inspect(error, { depth: Infinity, showHidden: true }).replaceAll(/^ {4}at .*$/gm, ""));
    }
  });

  test("toConfig is the one way to get them, and fromConfig goes back", () => {
    const multiplicative = Id64.multiplicative({ instanceId: 9, counter: new MemoryCounter(), a: A, b: B, engine });
    const feistel = Id64.feistel({
      instanceId: 200,
      counter: new MemoryCounter(),
      key: KEY,
      rounds: 9,
      blockSize: 7,
      layout: { instanceBits: 8 },
      engine,
    });
    expect(multiplicative.toConfig()).toEqual({
      permutation: { kind: "multiplicative", a: String(A), b: String(B) },
      instanceId: 9,
      layout: { instanceBits: 16, sequenceBits: 48 },
      blockSize: 4096,
    });
    expect(feistel.toConfig()).toEqual({
      permutation: { kind: "feistel", key: String(KEY), rounds: 9 },
      instanceId: 200,
      layout: { instanceBits: 8, sequenceBits: 56 },
      blockSize: 7,
    });
    for (const ids of [
      multiplicative,
      feistel,
      Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine }),
    ]) {
      const config = ids.toConfig();
      const copy = Id64.fromConfig(JSON.stringify(config), { counter: new MemoryCounter(), engine });
      expect(copy.engine).toBe(engine);
      expect(copy.toConfig()).toEqual(config);
      expect(copy.takeU64(10)).toEqual(ids.takeU64(10));
    }
  });
});

test("a config may give its numbers in hexadecimal", () => {
  const config = {
    instanceId: 1,
    layout: {},
    permutation: { kind: "feistel", key: `0x${KEY.toString(16)}`, rounds: 6 },
  };
  const ids = Id64.fromConfig(JSON.stringify(config), { counter: new MemoryCounter() });
  expect(ids.nextU64()).toBe(Id64.feistel({ instanceId: 1, key: KEY, counter: new MemoryCounter() }).nextU64());
});

test("a config is refused with the part that is wrong", () => {
  const counter = new MemoryCounter();
  const from = (config: object) => () => Id64.fromConfig(config as never, { counter });
  const invalid = (message: string) => expect.objectContaining({ name: "SyntaxError", message });
  expect(from({})).toThrow(invalid('"config" expected an object "permutation", got a undefined'));
  expect(from({ permutation: { kind: "rot13" } })).toThrow(
    invalid('"config" expected "permutation.kind" of "identity", "multiplicative" or "feistel", got "rot13"'),
  );
  expect(from({ permutation: { kind: "feistel", key: 7 } })).toThrow(
    invalid('"config" expected "permutation.key" as a string, decimal or hexadecimal, got another'),
  );
  expect(from({ permutation: { kind: "feistel", key: "7", rounds: 6 } })).toThrow(/"instanceId" expected/);
});
