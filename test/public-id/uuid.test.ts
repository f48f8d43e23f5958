import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { PublicId, type PublicIdOptions } from "permid64";
import { describe, expect, test } from "vitest";
import { codeOf } from "../support/formats.js";
import { idOf, type PublicIdParameters, subKey, uuidOf } from "../support/public-id.js";
import { speckOfBytes } from "../support/speck.js";
import { ENGINES } from "../support/vectors.js";

const KEY = "000102030405060708090a0b0c0d0e0f";
const OTHER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

const bitsOf = (uuid: string) => BigInt(`0x${uuid.replaceAll("-", "")}`);
const textOf = (bits: bigint) =>
  bits
    .toString(16)
    .padStart(32, "0")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

describe.each(ENGINES)("%s engine", (engine) => {
  const make = (options: object = {}) => {
    const ids = new PublicId({ key: KEY, type: "order", ...options, engine } as PublicIdOptions);
    expect(ids.engine).toBe(engine);
    return ids;
  };
  const rotated = (epoch: 0 | 1) =>
    make({ key: undefined, keys: { current: { epoch, key: OTHER }, previous: { epoch: 1 - epoch, key: KEY } } });
  const value = fc.bigInt({ min: 0n, max: 2n ** 48n - 1n });

  test("there and back, in either case", () => {
    const ids = make();
    fc.assert(
      fc.property(value, (value) => {
        const uuid = ids.toUuid(value);
        expect(uuid).toBe(uuidOf({ key: KEY, epoch: 0, type: "order" }, value));
        expect(ids.fromUuid(uuid)).toBe(value);
        expect(ids.fromUuid(uuid.toUpperCase())).toBe(value);
        expect(ids.toUuid(String(value))).toBe(uuid);
      }),
    );
  });

  test.each([0, 1] as const)("is laid out bit by bit as documented, epoch %i", (epoch) => {
    const ids = make({ key: undefined, tenant: "acme", keys: { current: { epoch, key: KEY } } });
    const parameters: PublicIdParameters = { key: KEY, epoch, type: "order", tenant: "acme" };
    const tag = subKey(parameters, "uuid tag", 2).readUInt16BE() & 0x7ff;
    const check = speckOfBytes(subKey(parameters, "uuid check", 16));
    for (const value of [0n, 1n, 2n, 0xffffn, 0x10000n, 2n ** 48n - 1n]) {
      const uuid = ids.toUuid(value);
      // RFC 9562: 36 characters in lower case; the version is the 13th digit, and the variant begins the 17th.
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const bits = bitsOf(uuid).toString(2).padStart(128, "0");
      const field = (from: number, length: number) => BigInt(`0b${bits.slice(from, from + length)}`);
      const id = idOf(parameters, value);
      expect({
        custom_a: field(0, 48),
        ver: field(48, 4),
        epoch: field(52, 1),
        tag: field(53, 11),
        var: field(64, 2),
        lower: field(66, 16),
        check: field(82, 46),
      }).toEqual({
        custom_a: id >> 16n,
        ver: 8n,
        epoch: BigInt(epoch),
        tag: BigInt(tag),
        var: 0b10n,
        lower: id & 0xffffn,
        check: check.forward(id) >> 18n,
      });
      // The token and the UUID of a row hold the same id.
      expect(ids.decode(ids.encode(value))).toBe(ids.fromUuid(uuid));
    }
  });

  test("with any one of its 128 bits flipped, it is refused", () => {
    for (const ids of [make(), rotated(0), rotated(1), make({ bits: 63 }), make({ tenant: "acme", bits: 1 })]) {
      const oneKey = ids.exactPattern.source === make().exactPattern.source;
      for (const value of [0n, 1n]) {
        const bits = bitsOf(ids.toUuid(value));
        expect(ids.fromUuid(textOf(bits))).toBe(value);
        for (let bit = 0n; bit < 128n; bit++) {
          const code = codeOf(() => ids.fromUuid(textOf(bits ^ (1n << bit))));
          // Bit 75 is the epoch's: where there is but one key, that of the other is not configured.
          expect(code).toBe(bit === 75n && oneKey ? "ERR_PERMID64_TOKEN_EPOCH" : "ERR_PERMID64_TOKEN_FOREIGN");
        }
      }
    }
  });

  test("of another type, tenant or key, or of nobody's, it is refused", () => {
    const ids = make();
    const others = [make({ type: "user" }), make({ tenant: "acme" }), make({ key: OTHER }), make({ type: "orderr" })];
    for (let value = 0; value < 200; value++) {
      for (const other of others) {
        expect(codeOf(() => ids.fromUuid(other.toUuid(value)))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
      }
    }
    for (const uuid of [
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "c232ab00-9414-11ec-b3c8-9f6bdeced846", // the versions 1, 4, 5, 6, 7 and 8 in RFC 9562
      "919108f7-52d1-4320-9bac-f847db4148a8",
      "2ed6657d-e927-568b-95e1-2665a8aea6a2",
      "1ec9414c-232a-6b00-b3c8-9f6bdeced846",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
      "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
    ]) {
      const code = codeOf(() => ids.fromUuid(uuid));
      // The last one's epoch bit is set.
      expect(code).toBe(uuid.startsWith("2489") ? "ERR_PERMID64_TOKEN_EPOCH" : "ERR_PERMID64_TOKEN_FOREIGN");
    }
    for (let i = 0; i < 2000; i++) {
      expect(codeOf(() => ids.fromUuid(randomUUID()))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
      // With the right version, tag and epoch, 46 bits are left to guess.
      const bits = (bitsOf(randomUUID()) & ~(0xffffn << 64n)) | (bitsOf(ids.toUuid(1)) & (0xffffn << 64n));
      expect(codeOf(() => ids.fromUuid(textOf(bits)))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
    }
  });

  test("of a value that is too large for this generator's bits, it is refused", () => {
    const [wide, narrow] = [make({ bits: 63 }), make({ bits: 48 })];
    expect(narrow.fromUuid(wide.toUuid(2n ** 48n - 1n))).toBe(2n ** 48n - 1n);
    expect(codeOf(() => narrow.fromUuid(wide.toUuid(2n ** 48n)))).toBe("ERR_PERMID64_TOKEN_FOREIGN");
  });

  test.each([
    ["short", "1bc7033e-cd8d-87cf-91d4-ff85543b506"],
    ["long", "1bc7033e-cd8d-87cf-91d4-ff85543b506bb"],
    ["without hyphens", "1bc7033ecd8d87cf91d4ff85543b506b"],
    ["in braces", "{1bc7033e-cd8d-87cf-91d4-ff85543b506b}"],
    ["a URN", "urn:uuid:1bc7033e-cd8d-87cf-91d4-ff85543b506b"],
    ["with a line feed", "1bc7033e-cd8d-87cf-91d4-ff85543b506b\n"],
    ["with hyphens elsewhere", "1bc7033e-cd8d-87cf91d4-ff85-543b506b0"],
    ["with a g", "1bc7033g-cd8d-87cf-91d4-ff85543b506b"],
    ["with another dash", "1bc7033e–cd8d-87cf-91d4-ff85543b506b"],
    ["empty", ""],
  ])("%s: no UUID", (_, text) => {
    expect(() => make().fromUuid(text)).toThrow(
      expect.objectContaining({
        name: "InvalidTokenError",
        code: "ERR_PERMID64_INVALID_TOKEN",
        message: expect.stringMatching(/^"uuid" expected a UUID of 32 hexadecimal digits/),
      }),
    );
  });

  test("what is no string is a TypeError", () => {
    for (const uuid of [undefined, null, 7, 7n, new Uint8Array(16), Object(make().toUuid(1))]) {
      expect(codeOf(() => make().fromUuid(uuid as never))).toBe("ERR_PERMID64_INVALID_TYPE");
    }
    for (const value of [-1, 2n ** 48n, 1.5]) {
      expect(codeOf(() => make().toUuid(value))).toBe("ERR_PERMID64_OUT_OF_RANGE");
    }
  });
});

test("the tags of types are spread over all 2048", () => {
  const tags = Array.from({ length: 1000 }, (_, i) => {
    const ids = new PublicId({ key: KEY, type: `type ${i}` });
    return Number((bitsOf(ids.toUuid(0)) >> 64n) & 0x7ffn);
  });
  // 1000 of 2048 at random: 1 - (1 - 1/2048)^1000 of them are met, 791, with a standard deviation below 13.
  expect(Math.abs(new Set(tags).size - 791)).toBeLessThan(6 * 13);
});
