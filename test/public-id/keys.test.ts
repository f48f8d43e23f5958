import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { type EpochKey, generateKey, PublicId, type PublicIdOptions } from "permid64";
import { describe, expect, test } from "vitest";
import { codeOf } from "../support/formats.js";
import { idOf, infoOf, subKey, tokenOf } from "../support/public-id.js";
import { speckOfBytes } from "../support/speck.js";
import { ENGINES } from "../support/vectors.js";

const KEY = "000102030405060708090a0b0c0d0e0f";
const OTHER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const make = (options: object) => new PublicId({ type: "order", ...options } as PublicIdOptions);

describe("sub-keys", () => {
  test("are HKDF-SHA256 without salt, of labels behind their lengths: byte by byte", () => {
    const info = Buffer.from(
      [
        ...["0000000e", "7065726d696436342074", "6f6b656e"], // 14, "permid64 token"
        ...["00000005", "6f72646572"], // 5, "order"
        ...["00000006", "e69db1e4baac"], // 6, "東京"
      ].join(""),
      "hex",
    );
    expect(infoOf(["permid64 token", "order", "東京"])).toEqual(info);
    const key = Buffer.from(hkdfSync("sha256", Buffer.from(KEY, "hex"), Buffer.alloc(0), info, 16));
    const ids = make({ key: KEY, tenant: "東京" });
    // The token's digits are those of the encrypted number.
    let id = 0n;
    for (const character of ids.encode(77)) {
      id = id * 62n + BigInt("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".indexOf(character));
    }
    expect(id).toBe(speckOfBytes(key).forward(77n));
  });

  test("differ by purpose, and a type cannot stand in for one", () => {
    const order = { key: KEY, epoch: 0, type: "order" } as const;
    const purposes = ["token", "uuid check", "uuid tag"].map((purpose) => subKey(order, purpose, 16).toString("hex"));
    expect(new Set(purposes).size).toBe(3);
    const ids = make({ key: KEY });
    for (const type of ["permid64 token", "permid64 uuid check", "permid64 token\0order", "token"]) {
      expect(make({ key: KEY, type }).encode(1)).not.toBe(ids.encode(1));
      expect(make({ key: KEY, type }).encode(1)).toBe(tokenOf({ ...order, type }, 1n));
    }
  });
});

describe("types and tenants", () => {
  const LABELS: [type: string, tenant?: string][] = [
    ["order"],
    ["orders"],
    ["Order"],
    ["order", "a"],
    ["order", "A"],
    ["ordera"],
    ["ab", "c"],
    ["a", "bc"],
    ["abc"],
    ["a\0", "bc"],
    ["a", "\0bc"],
    ["a\0\0\0\u0002bc"],
    ["c", "ab"],
    ["order", "order"],
    ["é"], // one character
    ["e\u0301"], // two, which look the same
    ["東京"],
    ["🗼"],
    ["\ud83d\uddfc", "🗼"],
    [" "],
    ["order", " "],
  ];

  test.each(ENGINES)("have unrelated tokens of the same number (%s)", (engine) => {
    const all = LABELS.map(([type, tenant]) =>
      make({ key: KEY, type, ...(tenant && { tenant }), engine, prefix: "x" }),
    );
    for (const value of [0n, 1n, 2n ** 48n - 1n]) {
      const tokens = all.map((ids) => ids.encode(value));
      expect(new Set(tokens).size).toBe(LABELS.length);
      for (const [i, token] of tokens.entries()) {
        const [type, tenant] = LABELS[i]!;
        expect(token).toBe(tokenOf({ key: KEY, epoch: 0, type, ...(tenant && { tenant }), prefix: "x" }, value));
        for (const [j, ids] of all.entries()) {
          if (i === j) expect(ids.decode(token)).toBe(value);
          // By a chance of one in 65536 each, it would be another number; with these keys, it never is.
          else expect(codeOf(() => ids.decode(token))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
        }
      }
    }
  });

  test("half of the bits differ between any two of them", () => {
    const ones = (x: bigint) => x.toString(2).replaceAll("0", "").length;
    const ids = LABELS.map(([type, tenant]) => ({ key: KEY, epoch: 0, type, ...(tenant && { tenant }) }) as const);
    const differences = ids.flatMap((a, i) =>
      ids.slice(0, i).flatMap((b) => [0n, 1n, 2n, 3n].map((value) => ones(idOf(a, value) ^ idOf(b, value)))),
    );
    // Each is of 64 coins: the standard deviation is 4.
    expect(differences).toHaveLength(4 * 210);
    expect(Math.min(...differences)).toBeGreaterThan(32 - 6 * 4);
    expect(Math.max(...differences)).toBeLessThan(32 + 6 * 4);
  });

  test("two lists of labels never become the same bytes", () => {
    const labels = fc.array(fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", "\0", "\u0001", "é") }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        expect(infoOf(a).equals(infoOf(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2000 },
    );
  });

  test("an absent tenant is none, and no text stands for it", () => {
    const ids = make({ key: KEY });
    expect(make({ key: KEY, tenant: "undefined" }).encode(1)).not.toBe(ids.encode(1));
  });

  test("a tenant that is undefined is refused, rather than taken for none", () => {
    for (const keys of [{ key: KEY }, { keys: { current: { epoch: 0, key: KEY } } }]) {
      expect(() => make({ ...keys, tenant: undefined })).toThrow(
        expect.objectContaining({
          name: "TypeError",
          code: "ERR_PERMID64_INVALID_TYPE",
          message: '"tenant" expected a value, got undefined; leave the option out for rows without a tenant',
        }),
      );
    }
  });

  test.each([
    ["type", undefined, "TypeError", '"type" expected a string, got undefined'],
    ["type", 7, "TypeError", '"type" expected a string, got 7'],
    ["type", null, "TypeError", '"type" expected a string, got null'],
    ["type", "", "RangeError", '"type" expected well-formed text of at least 1 character, got ""'],
    ["tenant", "", "RangeError", '"tenant" expected well-formed text of at least 1 character, got ""'],
    ["tenant", null, "TypeError", '"tenant" expected a string, got null'],
    ["tenant", 7, "TypeError", '"tenant" expected a string, got 7'],
    ["type", "a\ud83d", "RangeError", '"type" expected well-formed text of at least 1 character, got "a\\ud83d"'],
    ["type", "\uddfcb", "RangeError", '"type" expected well-formed text of at least 1 character, got "\\uddfcb"'],
    [
      "tenant",
      "\uddfc\ud83d",
      "RangeError",
      '"tenant" expected well-formed text of at least 1 character, got "\\uddfc\\ud83d"',
    ],
  ])("%s %j is refused", (name, value, error, message) => {
    expect(() => make({ key: KEY, [name]: value })).toThrow(expect.objectContaining({ name: error, message }));
  });
});

describe("keys", () => {
  test("in any form are the same key", () => {
    const bytes = Buffer.from(OTHER, "hex");
    const token = tokenOf({ key: OTHER, epoch: 0, type: "order" }, 5n);
    for (const key of [OTHER, OTHER.toUpperCase(), bytes, new Uint8Array(bytes), bytes.toString("base64url")]) {
      expect(make({ key }).encode(5)).toBe(token);
      expect(make({ keys: { current: { epoch: 0, key } } }).encode(5)).toBe(token);
    }
  });

  const KEY_EXPECTED =
    "expected a key of 16 bytes, 32 hexadecimal digits (permid64 keygen) or 22 base64url characters, got";
  const now = { epoch: 0, key: KEY };
  const before = { epoch: 1, key: OTHER };

  test.each<[name: string, options: unknown, error: string, message: string | RegExp]>([
    ["no options", undefined, "TypeError", '"options" expected an object, got undefined'],
    ["no key", { type: "order" }, "TypeError", `"key" ${KEY_EXPECTED} undefined; is its environment variable set?`],
    [
      "a short key",
      { type: "order", key: "00" },
      "RangeError",
      `"key" ${KEY_EXPECTED} 2 hexadecimal digits: a key of 8 bits; permid64 takes 128`,
    ],
    ["zeros", { type: "order", key: "0".repeat(32) }, "RangeError", /^"key" expected a key made by generateKey/],
    [
      "both",
      { type: "order", key: KEY, keys: { current: now } },
      "TypeError",
      '"key" expected undefined beside "keys", got a value',
    ],
    ["keys null", { type: "order", keys: null }, "TypeError", '"keys" expected an object, got null'],
    ["keys a key", { type: "order", keys: KEY }, "TypeError", /^"keys" expected an object/],
    [
      "no current key",
      { type: "order", keys: { previous: before } },
      "TypeError",
      '"keys.current" expected an object, got undefined',
    ],
    [
      "current without a key",
      { type: "order", keys: { current: { epoch: 0 } } },
      "TypeError",
      `"keys.current.key" ${KEY_EXPECTED} undefined; is its environment variable set?`,
    ],
    [
      "current without an epoch",
      { type: "order", keys: { current: { key: KEY } } },
      "TypeError",
      '"keys.current.epoch" expected an integer from 0 to 1, got undefined',
    ],
    [
      "epoch 2",
      { type: "order", keys: { current: { epoch: 2, key: KEY } } },
      "RangeError",
      '"keys.current.epoch" expected an integer from 0 to 1, got 2',
    ],
    [
      'epoch "1"',
      { type: "order", keys: { current: { epoch: "1", key: KEY } } },
      "TypeError",
      '"keys.current.epoch" expected an integer from 0 to 1, got "1"',
    ],
    [
      "previous null",
      { type: "order", keys: { current: now, previous: null } },
      "TypeError",
      '"keys.previous" expected an object, got null',
    ],
    [
      "previous without a key",
      { type: "order", keys: { current: now, previous: { epoch: 1 } } },
      "TypeError",
      `"keys.previous.key" ${KEY_EXPECTED} undefined; is its environment variable set?`,
    ],
    [
      "the same epoch twice",
      { type: "order", keys: { current: now, previous: { epoch: 0, key: OTHER } } },
      "RangeError",
      '"keys.previous.epoch" expected 1, got 0',
    ],
    [
      "the same epoch 1 twice",
      { type: "order", keys: { current: before, previous: { epoch: 1, key: KEY } } },
      "RangeError",
      '"keys.previous.epoch" expected 0, got 1',
    ],
    [
      "the same key twice",
      { type: "order", keys: { current: now, previous: { epoch: 1, key: KEY } } },
      "RangeError",
      '"keys.previous.key" expected another key than the current one, got the same',
    ],
    [
      "the same key in another form",
      {
        type: "order",
        keys: { current: now, previous: { epoch: 1, key: Buffer.from(KEY, "hex").toString("base64url") } },
      },
      "RangeError",
      '"keys.previous.key" expected another key than the current one, got the same',
    ],
  ])("%s: refused", (_, options, name, message) => {
    const error = typeof message === "string" ? { name, message } : { name, message: expect.stringMatching(message) };
    expect(() => new PublicId(options as PublicIdOptions)).toThrow(
      expect.objectContaining({
        ...error,
        code: name === "TypeError" ? "ERR_PERMID64_INVALID_TYPE" : "ERR_PERMID64_OUT_OF_RANGE",
      }),
    );
  });
});

describe("an option that is not known is refused, with the nearest name, at every depth", () => {
  const now = { epoch: 0, key: KEY };
  test.each<[string, object, string]>([
    ["tenant", { key: KEY, tennant: "acme" }, '"options" has an unknown option "tennant"; did you mean "tenant"?'],
    ["type", { key: KEY, typ: "order" }, '"options" has an unknown option "typ"; did you mean "type"?'],
    ["bits", { key: KEY, bit: 32 }, '"options" has an unknown option "bit"; did you mean "bits"?'],
    [
      "instanceId",
      { key: KEY, instanceId: 1 },
      '"options" has an unknown option "instanceId"; known options: prefix, ',
    ],
    ["current", { keys: { curent: now } }, '"keys" has an unknown option "curent"; did you mean "current"?'],
    [
      "previous",
      { keys: { current: now, previus: { epoch: 1, key: OTHER } } },
      '"keys" has an unknown option "previus"; did you mean "previous"?',
    ],
    [
      "epoch of current",
      { keys: { current: { epok: 0, key: KEY } } },
      '"keys.current" has an unknown option "epok"; did you mean "epoch"?',
    ],
    [
      "key of previous",
      { keys: { current: now, previous: { epoch: 1, kye: OTHER } } },
      '"keys.previous" has an unknown option "kye"; did you mean "key"?',
    ],
  ])("%s", (_, options, message) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "ERR_PERMID64_UNKNOWN_OPTION",
        message: expect.stringMatching(new RegExp(`^${message.replaceAll(/[?.]/g, "\\$&")}`)),
      }),
    );
  });
});

describe.each(ENGINES)("rotation, %s engine", (engine) => {
  const ring = (current: EpochKey, previous?: EpochKey) => make({ keys: { current, previous }, engine, prefix: "ord" });
  const values = [0n, 1n, 123n, 2n ** 48n - 1n];

  test("a token says its epoch at no extra character; the current key issues, both decode", () => {
    const old = ring({ epoch: 0, key: KEY });
    const ids = ring({ epoch: 1, key: OTHER }, { epoch: 0, key: KEY });
    expect(ids.engine).toBe(engine);
    const next = ring({ epoch: 1, key: OTHER });
    expect(make({ key: KEY, engine, prefix: "ord" }).encodeMany(values)).toEqual(old.encodeMany(values));
    for (const value of values) {
      const [before, after] = [old.encode(value), ids.encode(value)];
      expect(after).toHaveLength(before.length);
      expect(after).toBe(next.encode(value));
      expect([ids.decode(before), ids.decode(after)]).toEqual([value, value]);
      expect([ids.fromUuid(old.toUuid(value)), ids.fromUuid(ids.toUuid(value))]).toEqual([value, value]);
      expect([old, next, ids].map((each) => each.exactPattern.test(before))).toEqual([true, false, true]);
      expect([old, next, ids].map((each) => each.exactPattern.test(after))).toEqual([false, true, true]);
      // A key that is not configured, either way round.
      for (const [reader, token, uuid, known, got] of [
        [old, after, ids.toUuid(value), 0, 1],
        [next, before, old.toUuid(value), 1, 0],
      ] as const) {
        const error = (name: string) =>
          expect.objectContaining({
            name: "InvalidTokenError",
            code: "ERR_PERMID64_TOKEN_EPOCH",
            message: `"${name}" expected a token of epoch ${known}, got one of epoch ${got}, whose key is not configured`,
          });
        expect(() => reader.decode(token)).toThrow(error("token"));
        expect(() => reader.decodeMany([reader.encode(1), token])).toThrow(error("tokens[1]"));
        expect(() => reader.fromUuid(uuid)).toThrow(error("uuid"));
        expect(reader.tryDecode(token)).toBeUndefined();
      }
    }
  });

  test("the epoch is where the key is, not which is newer", () => {
    const [a, b] = [
      ring({ epoch: 0, key: KEY }, { epoch: 1, key: OTHER }),
      ring({ epoch: 1, key: OTHER }, { epoch: 0, key: KEY }),
    ];
    const tokens = [...a.encodeMany(values), ...b.encodeMany(values)];
    expect(a.decodeMany(tokens)).toEqual(b.decodeMany(tokens));
    expect([...a.decodeMany(tokens)]).toEqual([...values, ...values]);
  });

  test("again and again: each key takes the epoch that the last but one gave up", () => {
    const keys = Array.from({ length: 5 }, (_, i) => ({ epoch: (i % 2) as 0 | 1, key: generateKeyOf(i) }));
    const tokens: string[][] = [];
    for (const [i, key] of keys.entries()) {
      const ids = ring(key, keys[i - 1]);
      tokens.push(ids.encodeMany(values));
      for (const [j, issued] of tokens.entries()) {
        if (j >= i - 1) expect([...ids.decodeMany(issued)]).toEqual(values);
        // Of the current or the previous epoch, but of a key that is gone.
        else for (const token of issued) expect(codeOf(() => ids.decode(token))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
      }
      // Once its tokens need not be read any more, the previous key goes.
      const alone = ring(key);
      expect([...alone.decodeMany(tokens[i]!)]).toEqual(values);
      for (const token of tokens[i - 1] ?? []) {
        expect(codeOf(() => alone.decode(token))).toBe("ERR_PERMID64_TOKEN_EPOCH");
      }
    }
    expect(new Set(tokens.flat()).size).toBe(5 * values.length);
  });

  test("an epoch cannot be changed in a token: it is another key's", () => {
    const ids = ring({ epoch: 1, key: OTHER }, { epoch: 0, key: KEY });
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (let value = 0; value < 50; value++) {
      const token = ids.encode(value);
      const moved = `ord_${alphabet[alphabet.indexOf(token[4]!) - 22]}${token.slice(5)}`;
      expect(codeOf(() => ids.decode(moved))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
    }
  });
});

/** Keys that are the same in every run. */
const generateKeyOf = (i: number) => Buffer.from(hkdfSync("sha256", `key ${i}`, "", "", 16)).toString("hex");

test("generateKey makes keys for public ids", () => {
  const ids = make({ key: generateKey() });
  expect(ids.decode(ids.encode(5))).toBe(5n);
});
