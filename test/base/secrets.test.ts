import { inspect } from "node:util";
import {
  Feistel64Permutation,
  Id64,
  MemoryCounter,
  MultiplyOddPermutation,
  PublicId,
  type PublicIdOptions,
  SpeckPermutation,
} from "permid64";
import { describe, expect, test } from "vitest";
import { type PublicIdParameters, subKey } from "../support/public-id.js";
import { ENGINES } from "../support/vectors.js";

const A = 0x1122_3344_5566_7789n;
const B = 0x0f1e_2d3c_4b5a_6978n;
const KEY = 0x7a69_5847_3625_1403n;
/** Of 128 bits. */
const KEYS = ["7a69584736251403f2e1d0c9b8a79685", "e6d5c4b3a29180771f2e3d4c5b6a7988"] as const;
const [CURRENT, PREVIOUS] = KEYS;

/** A value in every form in which it could be printed. */
const forms = (value: bigint) => [value, -value, BigInt.asIntN(64, value)].flatMap((v) => [String(v), v.toString(16)]);

/** Bytes likewise; of longer texts, each part of 8 characters, which is more than chance prints. */
function formsOfBytes(bytes: Buffer): string[] {
  const hex = bytes.toString("hex");
  const texts = [
    hex,
    hex.toUpperCase(),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    String(BigInt(`0x${hex}`)),
  ];
  const words = [0, 4, 8, 12].flatMap((at) => [bytes.readUInt32LE(at), bytes.readUInt32BE(at)].map(String));
  const lists = [",", ", "].map((comma) => [...bytes.subarray(0, 4)].join(comma));
  const parts = texts.flatMap((text) => Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8)));
  return [...parts, ...words, ...lists];
}

/** The keys, and what is derived of them for the public ids below. */
const keys = KEYS.flatMap((key) => {
  const parameters: PublicIdParameters = { key, epoch: 0, type: "order", tenant: "acme" };
  return [Buffer.from(key, "hex"), ...["token", "uuid check"].map((purpose) => subKey(parameters, purpose, 16))];
});
const secrets = [...[A, B, KEY].flatMap(forms), ...keys.flatMap(formsOfBytes)];

function expectNoSecret(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe.each(ENGINES)("%s engine", (engine) => {
  const holders = () => [
    Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter(), a: A, b: B, engine }),
    Id64.feistel({ instanceId: 1, counter: new MemoryCounter(), key: KEY, engine }),
    new MultiplyOddPermutation({ a: A, b: B, engine }),
    new Feistel64Permutation({ key: KEY, engine }),
    Id64.speck({ instanceId: 1, counter: new MemoryCounter(), key: CURRENT, prefix: "ord", engine }),
    new SpeckPermutation({ key: Buffer.from(CURRENT, "hex"), engine }),
    publicId(),
  ];
  const publicId = (options: object = {}) =>
    new PublicId({
      type: "order",
      tenant: "acme",
      keys: { current: { epoch: 1, key: CURRENT }, previous: { epoch: 0, key: PREVIOUS } },
      prefix: "ord",
      check: true,
      ...options,
      engine,
    } as PublicIdOptions);

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
      () => Id64.multiplicative({ ...common, counter: new MemoryCounter(), a: ` ${A}` }),
      () => Id64.feistel({ ...common, counter: new MemoryCounter(), key: KEY + 2n ** 64n }),
      () => Id64.feistel({ ...common, counter: new MemoryCounter(), key: Number(KEY) }),
      () => Id64.feistel({ ...common, counter, key: KEY }),
      () => Id64.fromConfig(json.slice(0, -1)),
      () => Id64.fromConfig(JSON.stringify(json)),
      () => Id64.fromConfig(json.replace(`${KEY}`, `${KEY}!`), { counter }),
      () => Id64.fromConfig({ permutation: `${KEY}` } as never, { counter }),
      ...wrongForms(CURRENT).flatMap((key) => [
        () => new SpeckPermutation({ key, engine }),
        () => Id64.speck({ ...common, counter: new MemoryCounter(), key }),
        () => Id64.fromConfig({ ...common, permutation: { kind: "speck", key } } as never, { counter }),
        () => publicId({ key, keys: undefined }),
        () => publicId({ keys: { current: { epoch: 0, key } } }),
        () => publicId({ keys: { current: { epoch: 0, key: CURRENT }, previous: { epoch: 1, key } } }),
      ]),
      () => new PublicId(CURRENT as never),
      () => new SpeckPermutation(CURRENT as never),
      () => Id64.speck(CURRENT as never),
      () => new Feistel64Permutation(KEY as never),
      () => publicId({ keys: CURRENT }),
      () => publicId({ key: CURRENT }),
      () => publicId({ keys: { current: CURRENT } }),
      () => publicId({ keys: { current: { epoch: 0, key: CURRENT }, previous: PREVIOUS } }),
      () => publicId({ keys: { current: { epoch: 0, key: CURRENT }, previous: { epoch: 0, key: PREVIOUS } } }),
      () => publicId({ keys: { current: { epoch: 0, key: CURRENT }, previous: { epoch: 1, key: CURRENT } } }),
      () => publicId().decode(1 as never),
      () => publicId().decode("ord_000000000000"),
      () => publicId().decode("ord_00000000001t"),
      () => publicId().fromUuid("00000000-0000-8000-8000-000000000000"),
      () => publicId().encode(-1),
      () => Id64.speck({ ...common, counter, key: CURRENT }),
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

  test("a public id gives its keys to nobody: it has no toConfig", () => {
    const ids = publicId();
    expect(Reflect.ownKeys(Object.getPrototypeOf(ids))).not.toContain("toConfig");
    expect(JSON.parse(JSON.stringify(ids))).toEqual({ engine, prefix: "ord" });
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
      Id64.speck({ instanceId: 0, counter: new MemoryCounter(), key: CURRENT, engine }),
    ]) {
      const config = ids.toConfig();
      const copy = Id64.fromConfig(JSON.stringify(config), { counter: new MemoryCounter(), engine });
      expect(copy.engine).toBe(engine);
      expect(copy.toConfig()).toEqual(config);
      expect(copy.takeU64(10)).toEqual(ids.takeU64(10));
    }
  });
});

/** What a hand that copies makes of a key. */
const wrongForms = (hex: string) =>
  [
    hex.slice(1),
    `${hex}0`,
    `${hex}\n`,
    `0x${hex}`,
    ` ${hex}`,
    hex.replace("7", "g"),
    `${hex}${hex}`,
    Buffer.from(hex, "hex").toString("base64"),
    Buffer.from(hex, "hex").subarray(1),
    [...Buffer.from(hex, "hex")],
    Buffer.from(hex, "hex").buffer,
    new DataView(Uint8Array.from(Buffer.from(hex, "hex")).buffer),
    BigInt(`0x${hex}`),
    { key: hex },
    Object(hex),
  ] as never[];

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
  expect(from({})).toThrow(invalid('"config" expected an object "permutation", got undefined'));
  expect(from({ permutation: { kind: "rot13" } })).toThrow(
    invalid('"config" expected "permutation.kind" of "identity", "multiplicative", "feistel" or "speck", got "rot13"'),
  );
  expect(from({ permutation: { kind: "feistel", key: 7 } })).toThrow(
    invalid('"config" expected "permutation.key" as a string, decimal or hexadecimal, got another'),
  );
  expect(from({ permutation: { kind: "speck", key: "7" } })).toThrow(
    invalid('"config" expected "permutation.key" as 32 hexadecimal digits, got another'),
  );
  expect(from({ permutation: { kind: "feistel", key: "7", rounds: 6 } })).toThrow(/"instanceId" expected/);
});
