import fc from "fast-check";
import { PublicId, type PublicIdOptions, SpeckPermutation, TokenFormat, u64ToBase62 } from "permid64";
import { describe, expect, test } from "vitest";
import { ALPHABETS, CODECS, codeOf, near, prefix, randomU64 } from "../support/formats.js";
import { type PublicIdParameters, publicIdVectors, subKey, tokenOf, uuidOf } from "../support/public-id.js";
import { ENGINES } from "../support/vectors.js";

const KEY = "000102030405060708090a0b0c0d0e0f";
const OTHER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

const parameters: fc.Arbitrary<Required<PublicIdParameters>> = fc.record({
  key: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes.fill(1, 0, 1).fill(2, 1, 2)).toString("hex")),
  epoch: fc.constantFrom(0, 1),
  type: fc.string({ minLength: 1, unit: "binary" }),
  tenant: fc.string({ minLength: 1, unit: "binary" }),
  prefix,
  codec: fc.constantFrom(...CODECS),
  check: fc.boolean(),
});

/** What the parameters are as options. */
const optionsOf = ({ key, epoch, ...rest }: PublicIdParameters): PublicIdOptions => ({
  ...rest,
  keys: { current: { epoch, key } },
});

const value = (bits: number) =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }),
    fc.constantFrom(0n, 2n ** BigInt(bits) - 1n, (2n ** BigInt(bits)) >> 1n),
  );

/** Its methods see what they are called on, and make arrays of its own kind. */
class Subclass extends BigUint64Array {
  override set(array: ArrayLike<bigint>, offset?: number): void {
    expect(array.length).toBeLessThan(4);
    super.set(array, offset);
  }

  override slice(): never {
    return expect.unreachable();
  }
}

describe.each(ENGINES)("%s engine", (engine) => {
  const make = (options: Partial<PublicIdOptions> = {}) => {
    const ids = new PublicId({ key: KEY, type: "order", ...options, engine } as PublicIdOptions);
    expect(ids.engine).toBe(engine);
    return ids;
  };

  test.each(
    publicIdVectors.map(({ rows, bits, ...vector }) => ({ ...vector, rows, bits })),
  )("vector of $type, $tenant, epoch $epoch, $prefix", ({ rows, bits, ...vector }) => {
    const { key, epoch, ...options } = vector;
    const ids = make({
      ...options,
      ...(bits && { bits }),
      key: undefined,
      keys: { current: { epoch, key } },
    } as object);
    expect(rows.length).toBeGreaterThan(1);
    for (const [value, token, uuid] of rows) {
      expect([ids.encode(value), ids.toUuid(value)]).toEqual([token, uuid]);
      expect([ids.decode(token), ids.fromUuid(uuid)]).toEqual([BigInt(value), BigInt(value)]);
      // By OpenSSL's HKDF, and the rest written out once more.
      expect([tokenOf(vector, BigInt(value)), uuidOf(vector, BigInt(value))]).toEqual([token, uuid]);
    }
    expect(ids.encodeMany(rows.map(([value]) => value))).toEqual(rows.map(([, token]) => token));
    expect([...ids.decodeMany(rows.map(([, token]) => token))]).toEqual(rows.map(([value]) => BigInt(value)));
  });

  test("tokens are those of an independent computation, whatever the options", () => {
    fc.assert(
      fc.property(
        parameters,
        fc
          .integer({ min: 1, max: 63 })
          .chain((bits) => fc.tuple(fc.constant(bits), fc.array(value(bits), { minLength: 1, maxLength: 5 }))),
        (parameters, [bits, values]) => {
          const ids = make({ ...optionsOf(parameters), key: undefined, bits } as object);
          const tokens = values.map((value) => tokenOf(parameters, value));
          expect(values.map((value) => ids.encode(value))).toEqual(tokens);
          expect(ids.encodeMany(values)).toEqual(tokens);
          expect(tokens.map((token) => ids.decode(token))).toEqual(values);
          expect(tokens.map((token) => ids.tryDecode(token))).toEqual(values);
          expect([...ids.decodeMany(tokens)]).toEqual(values);
          for (const [i, token] of tokens.entries()) {
            expect(token).toMatch(ids.pattern);
            expect(token).toMatch(ids.exactPattern);
            expect(ids.is(token)).toBe(true);
            expect(ids.toUuid(values[i]!)).toBe(uuidOf(parameters, values[i]!));
            expect(ids.fromUuid(ids.toUuid(values[i]!))).toBe(values[i]);
            expect(ids.normalize(ids.group(token))).toBe(token);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 2, 15, 16, 17, 1023, 1024, 1025, 5000])("%i at once, of one epoch and of both", (length) => {
    const [old, now] = [{ epoch: 1, key: OTHER } as const, { epoch: 0, key: KEY } as const];
    for (const codec of CODECS) {
      const options = { codec, prefix: "ord", check: true, key: undefined };
      const before = make({ ...options, keys: { current: old } } as object);
      const ids = make({ ...options, keys: { current: now, previous: old } } as object);
      const values = BigUint64Array.from({ length }, (_, i) => BigInt(i * i));
      const tokens = ids.encodeMany(values);
      expect(tokens).toEqual(Array.from(values, (value) => ids.encode(value)));
      expect(ids.decodeMany(tokens)).toEqual(values);
      const mixed = Array.from(values, (value, i) => (i % 3 === 1 ? before : ids).encode(value));
      expect(ids.decodeMany(mixed)).toEqual(values);
      expect(ids.decodeMany(before.encodeMany(values))).toEqual(values);
    }
  });

  test("bits 1 to 63 are taken, and values up to them", () => {
    for (let bits = 1; bits <= 63; bits++) {
      const ids = make({ bits });
      const max = 2n ** BigInt(bits) - 1n;
      expect(ids.decode(ids.encode(max))).toBe(max);
      const error = { name: "RangeError", code: "ERR_PERMID64_OUT_OF_RANGE" };
      const text = (name: string) =>
        `"${name}" expected a bigint, a safe integer or a decimal string, from 0 to ${max}, got ${max + 1n}n`;
      for (const call of [() => ids.encode(max + 1n), () => ids.toUuid(max + 1n)]) {
        expect(call).toThrow(expect.objectContaining({ ...error, message: text("value") }));
      }
      const many = [0n, max, max + 1n];
      for (const values of [many, BigUint64Array.from(many)]) {
        expect(() => ids.encodeMany(values)).toThrow(expect.objectContaining({ ...error, message: text("values[2]") }));
      }
      // More bits read what fewer wrote; and fewer bits, of what more wrote, what is within them.
      if (bits === 63) continue;
      const wide = make({ bits: bits + 1 });
      expect(wide.decode(ids.encode(max))).toBe(max);
      expect(ids.decode(wide.encode(max))).toBe(max);
      for (const call of [ids.decode.bind(ids), (token: string) => ids.decodeMany([token])]) {
        expect(codeOf(() => call(wide.encode(max + 1n)))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
      }
    }
    for (const bits of [0, 64, -1, 1.5, Number.NaN]) {
      expect(codeOf(() => make({ bits }))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
    for (const bits of ["48", 48n, null]) {
      expect(codeOf(() => make({ bits: bits as never }))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
  });

  test("values come as bigints, safe integers and decimal strings, in arrays and typed arrays of any kind", () => {
    const ids = make();
    const tokens = [1n, 2n, 250n].map((value) => ids.encode(value));
    expect([1, "2", 250n].map((value) => ids.encode(value))).toEqual(tokens);
    const shared = new BigUint64Array(new SharedArrayBuffer(24));
    shared.set([1n, 2n, 250n]);
    for (const values of [
      [1, "2", 250n],
      Uint8Array.of(1, 2, 250),
      Uint8ClampedArray.of(1, 2, 250),
      Int16Array.of(1, 2, 250),
      Uint32Array.of(1, 2, 250),
      Float64Array.of(1, 2, 250),
      BigInt64Array.of(1n, 2n, 250n),
      BigUint64Array.of(1n, 2n, 250n),
      BigUint64Array.of(9n, 1n, 2n, 250n, 9n).subarray(1, 4),
      new Subclass([1n, 2n, 250n]),
      Buffer.from([1, 2, 250]),
      shared,
    ]) {
      const before = [...values].map(String);
      expect(ids.encodeMany(values)).toEqual(tokens);
      // The caller's array stays as it is.
      expect([...values].map(String)).toEqual(before);
    }
    for (const values of [
      [0, -1],
      [0, 1.5],
      [0, 2 ** 53],
      Float64Array.of(0, Number.NaN),
      BigInt64Array.of(0n, -1n),
      Int8Array.of(0, -1),
    ]) {
      expect(() => ids.encodeMany(values as never)).toThrow(
        expect.objectContaining({
          code: "ERR_PERMID64_OUT_OF_RANGE",
          message: expect.stringMatching(/^"values\[1\]" /),
        }),
      );
    }
    for (const values of [
      [0, undefined],
      Object.assign(new Array(3), { 0: 0, 2: 0 }),
      [0, null],
      [0, "0x1"],
      [0, [1]],
    ]) {
      expect(() => ids.encodeMany(values as never)).toThrow(
        expect.objectContaining({
          code: "ERR_PERMID64_INVALID_TYPE",
          message: expect.stringMatching(/^"values\[1\]" /),
        }),
      );
    }
    for (const values of [
      "12",
      12,
      null,
      undefined,
      { length: 1, 0: 1 },
      new Set([1]),
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
    ]) {
      expect(() => ids.encodeMany(values as never)).toThrow(
        expect.objectContaining({
          code: "ERR_PERMID64_INVALID_TYPE",
          message: expect.stringMatching(/^"values" expected an array/),
        }),
      );
    }
  });

  test("every refusal has its code, tryDecode makes nothing of it, and among many its place is named", () => {
    const ids = make({ prefix: "ord", check: true });
    const format = new TokenFormat({ prefix: "ord", check: true });
    const good = ids.encode(5);
    const epoch1 = make({
      prefix: "ord",
      check: true,
      key: undefined,
      keys: { current: { epoch: 1, key: KEY } },
    } as object);
    for (const [token, name, code, message] of [
      [undefined, "TypeError", "ERR_PERMID64_INVALID_TYPE", "expected a token, got undefined"],
      [5n, "TypeError", "ERR_PERMID64_INVALID_TYPE", "expected a token, got 5n"],
      [Symbol("x"), "TypeError", "ERR_PERMID64_INVALID_TYPE", "expected a token, got Symbol(x)"],
      [[good], "TypeError", "ERR_PERMID64_INVALID_TYPE", "expected a token, got an object (Array)"],
      ["", "InvalidTokenError", "ERR_PERMID64_TOKEN_PREFIX", 'expected a token that starts with "ord_", got ""'],
      [
        "usr_0",
        "InvalidTokenError",
        "ERR_PERMID64_TOKEN_PREFIX",
        'expected a token that starts with "ord_", got "usr_0"',
      ],
      [
        "ord_0",
        "InvalidTokenError",
        "ERR_PERMID64_INVALID_TOKEN",
        'expected a base62 token of 11 characters and a check character, got "ord_0"',
      ],
      [
        good.slice(0, -1) + (good.endsWith("0") ? "1" : "0"),
        "InvalidTokenError",
        "ERR_PERMID64_TOKEN_CHECK",
        "expected a token whose check character fits, got ",
      ],
      [
        epoch1.encode(5),
        "InvalidTokenError",
        "ERR_PERMID64_TOKEN_EPOCH",
        "expected a token of epoch 0, got one of epoch 1, whose key is not configured",
      ],
      [
        format.encode(2n ** 64n - 1n),
        "InvalidTokenError",
        "ERR_PERMID64_TOKEN_FOREIGN",
        "expected a token made with this key, type and tenant, got one of another key, type or tenant, or a forged one",
      ],
    ] as [string, string, string, string][]) {
      const error = (name_: string) =>
        expect.objectContaining({ name, code, message: expect.stringContaining(`"${name_}" ${message}`) });
      expect(() => ids.decode(token)).toThrow(error("token"));
      expect(ids.tryDecode(token)).toBeUndefined();
      expect(ids.is(token)).toBe(false);
      expect(() => ids.decodeMany([good, token, good])).toThrow(error("tokens[1]"));
    }
    for (const tokens of [undefined, null, good, 7, { length: 1, 0: good }, new Uint8Array(15)]) {
      expect(codeOf(() => ids.decodeMany(tokens as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
    // Far behind, in another part than the first.
    const tokens = ids.encodeMany(Array.from({ length: 3000 }, (_, i) => i));
    tokens[2500] = "ord_zzzzzzzzzzz" as never;
    expect(() => ids.decodeMany(tokens)).toThrow(/^"tokens\[2500\]"/);
    tokens[2500] = format.encode(1) as never;
    expect(() => ids.decodeMany(tokens)).toThrow(/^"tokens\[2500\]" expected a token made with/);
  });

  test("encode, decode, tryDecode and is work without their object, and take one argument", () => {
    const ids = make({ prefix: "ord" });
    const { encode, decode, tryDecode, is } = ids;
    const rows = [1n, 2n, 3n];
    const tokens = rows.map(encode);
    expect(tokens).toEqual(ids.encodeMany(rows));
    expect(tokens.map(decode)).toEqual(rows);
    const mixed = [...tokens, "ord_00000000000", 7, undefined];
    expect(mixed.map(tryDecode)).toEqual([...rows, undefined, undefined, undefined]);
    expect(mixed.filter(is)).toEqual(tokens);
    class Audited extends PublicId {
      override encode(value: bigint) {
        return `audited ${super.encode(value)}`;
      }
    }
    const audited = new Audited({ key: KEY, type: "order", prefix: "ord", engine });
    expect(rows.map(audited.encode)).toEqual(tokens.map((token) => `audited ${token}`));
  });

  test("a token's error shows what came, of either epoch", () => {
    const ids = make({
      keys: { current: { epoch: 1, key: KEY }, previous: { epoch: 0, key: OTHER } },
      key: undefined,
    } as object);
    const beyond = ["hygHa16AHYG", "LygHa16AHYG", "i0000000000", "zzzzzzzzzzz"];
    for (const token of [...beyond, "M000000000!", "!0000000000", "é0000000000", "M0"]) {
      const error = expect.objectContaining({
        code: "ERR_PERMID64_INVALID_TOKEN",
        message: expect.stringContaining(`got "${token}"`),
      });
      expect(() => ids.decode(token)).toThrow(error);
      expect(() => ids.decodeMany([ids.encode(1), token])).toThrow(error);
    }
  });

  test("tryDecode and decode agree on strings of any kind, and the exact pattern on all but which key made them", () => {
    for (const epochs of [[0], [1], [0, 1]] as (0 | 1)[][]) {
      for (const codec of CODECS) {
        const [current, previous] = epochs.map((epoch) => ({ epoch, key: epoch ? KEY : OTHER }));
        const ids = make({ codec, key: undefined, prefix: "ord", keys: { current, previous }, bits: 63 } as object);
        const max = codec === "base62" ? ["LygHa16AHYF", "hygHa16AHYF"] : ["FZZZZZZZZZZZZ", "ZZZZZZZZZZZZZ"];
        const counts = { taken: 0, foreign: 0, refused: 0 };
        const token = fc.oneof(...max.map((max) => near(max, ALPHABETS[codec])));
        fc.assert(
          fc.property(token, (body) => {
            const token = `ord_${body}`;
            const code = codeOf(() => expect(ids.tryDecode(token)).toBe(ids.decode(token)));
            if (code !== undefined) expect(ids.tryDecode(token)).toBeUndefined();
            expect(ids.is(token)).toBe(code === undefined);
            const looksRight = code === undefined || code === "ERR_PERMID64_TOKEN_FOREIGN";
            expect(ids.exactPattern.test(token)).toBe(looksRight);
            if (looksRight) expect(token).toMatch(ids.pattern);
            if (epochs.length === 2) expect(code).not.toBe("ERR_PERMID64_TOKEN_EPOCH");
            if (code === undefined) counts.taken++;
            else counts[looksRight ? "foreign" : "refused"]++;
          }),
          { numRuns: 400 },
        );
        expect(Math.min(counts.taken, counts.foreign, counts.refused)).toBeGreaterThan(0);
      }
    }
  });

  test("decodes only what it would encode", () => {
    const ids = make({ bits: 60, prefix: "ord" });
    const next = randomU64(99n);
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const token = `ord_${u64ToBase62(next())}`;
      const value = ids.tryDecode(token);
      if (value === undefined) continue;
      taken++;
      expect(ids.encode(value)).toBe(token);
    }
    // One in 16: 1250, with a standard deviation of 34.
    expect(Math.abs(taken - 1250)).toBeLessThan(6 * 35);
  });
});

test("of a million random tokens, one in 65536 is taken for one of 48 bits, and those exactly", () => {
  const ids = new PublicId({ key: KEY, type: "order", engine: "wasm" });
  const next = randomU64(2026n);
  const random = BigUint64Array.from({ length: 1_000_000 }, next);
  // By the sub-key that OpenSSL derives.
  const values = random.slice();
  new SpeckPermutation({ key: subKey({ key: KEY, epoch: 0, type: "order" }, "token", 16) }).inverseMany(values);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  let taken = 0;
  try {
    for (const [i, id] of random.entries()) {
      const value = ids.tryDecode(u64ToBase62(id));
      if (value !== (values[i]! < 2n ** 48n ? values[i] : undefined)) expect.unreachable();
      taken += Number(value !== undefined);
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  // 15.3 expected; the standard deviation is 3.9.
  expect(Math.abs(taken - 1e6 / 65536)).toBeLessThan(4 * 3.9);
  expect(taken).toBeGreaterThan(0);
});

test("the engines agree", () => {
  fc.assert(
    fc.property(parameters, fc.array(value(48), { minLength: 1, maxLength: 30 }), (parameters, values) => {
      const [wasm, bigint] = ENGINES.map((engine) => new PublicId({ ...optionsOf(parameters), engine }));
      expect([wasm!.engine, bigint!.engine]).toEqual(["wasm", "bigint"]);
      const tokens = wasm!.encodeMany(values);
      expect(bigint!.encodeMany(values)).toEqual(tokens);
      expect(bigint!.decodeMany(tokens)).toEqual(wasm!.decodeMany(tokens));
      expect(bigint!.toUuid(values[0]!)).toBe(wasm!.toUuid(values[0]!));
    }),
  );
});

test("an id cannot be changed, and shows its prefix", () => {
  const ids = new PublicId({ key: KEY, type: "order", prefix: "ord" });
  expect(Object.isFrozen(ids)).toBe(true);
  expect(ids.prefix).toBe("ord");
  expect(Object.keys(ids).sort()).toEqual(["engine", "prefix"]);
});

test("the short pattern is the same under every key, and the exact one is that of the epochs", () => {
  const [old, now] = [{ epoch: 0, key: OTHER } as const, { epoch: 1, key: KEY } as const];
  for (const codec of CODECS) {
    const options = { type: "order", prefix: "ord", codec };
    const all = [{ current: old }, { current: now }, { current: now, previous: old }].map(
      (keys) => new PublicId({ ...options, keys }),
    );
    const source = codec === "base62" ? "^ord_[0-9A-Za-z]{11}$" : "^ord_[0-9A-HJKMNP-TV-Z]{13}$";
    expect(all.map(({ pattern }) => `${pattern}`)).toEqual(Array(3).fill(`/${source}/`));
    expect(new Set(all.map(({ exactPattern }) => exactPattern.source)).size).toBe(3);
    for (const exact of all.map(({ exactPattern }) => exactPattern)) expect(exact.flags).toBe("");
    expect(new PublicId({ ...options, key: KEY, check: true }).pattern.source).toBe(
      source.replace(/\d+(?=\}\$)/, (length) => `${Number(length) + 1}`),
    );
  }
});

test("normalize and group are the format's, of either epoch", () => {
  const ids = new PublicId({
    keys: { current: { epoch: 1, key: KEY }, previous: { epoch: 0, key: OTHER } },
    type: "order",
    prefix: "ord",
    codec: "crockford32",
    check: true,
  });
  const token = ids.encode(123);
  expect(ids.normalize(` ${ids.group(token, 5).toLowerCase()}\n`)).toBe(token);
  expect(codeOf(() => ids.group(token, 0))).toBe("ERR_PERMID64_OUT_OF_RANGE");
  expect(codeOf(() => ids.normalize(token.slice(0, -1)))).toBe("ERR_PERMID64_INVALID_TOKEN");
  expect(
    codeOf(() => ids.normalize(new TokenFormat({ prefix: "ord", codec: "crockford32", check: true }).encode(1))),
  ).toBe("ERR_PERMID64_TOKEN_FOREIGN");
});
