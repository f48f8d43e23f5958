import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { legacyInteger, PublicId, type PublicIdOptions, type RowNumber, TokenFormat } from "permid64";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";

// The type check compiles this file too: each @ts-expect-error is a test of its own.

const KEY = "000102030405060708090a0b0c0d0e0f";
const orderId = new PublicId({ key: KEY, type: "order", prefix: "ord" });
const userId = new PublicId({ key: KEY, type: "user", prefix: "usr" });
const plainId = new PublicId({ key: KEY, type: "plain" });
const order = orderId.decode(orderId.encode(5));
const user = userId.decode(userId.encode(5));

describe("row numbers", () => {
  test("of two prefixes do not mix by accident: the compiler refuses what would work at run time", () => {
    // @ts-expect-error: the number of a user
    const number: RowNumber<"ord"> = user;
    // @ts-expect-error: the number of a user
    expect(orderId.encode(user)).toBe(orderId.encode(number));
    // @ts-expect-error: the number of a user
    expect(orderId.toUuid(user)).toBe(orderId.toUuid(order));
    // @ts-expect-error: the number of a user
    expect(orderId.encodeMany([order, user])).toHaveLength(2);
    // @ts-expect-error: undefined may come too
    expect(() => orderId.encode(orderId.tryDecode("ord_0"))).toThrow(TypeError);
  });

  test("are bigints, and plain bigints, numbers and strings are taken", () => {
    const plain: bigint = order;
    const back: RowNumber<"ord"> = plain;
    const many: bigint[] = [order, user];
    expect([back, ...many, order + 1n, -order, BigInt.asIntN(64, order)]).toEqual([5n, 5n, 5n, 6n, -5n, 5n]);
    expect(orderId.encodeMany([order, plain, 5, "5"])).toEqual(Array(4).fill(orderId.encode(5n)));
    expect(orderId.fromUuid(orderId.toUuid(order))).toBe(order);
    expectTypeOf(orderId.tryDecode).returns.toEqualTypeOf<RowNumber<"ord"> | undefined>();
    expectTypeOf(orderId.fromUuid).returns.toEqualTypeOf<RowNumber<"ord">>();
    // Such as what a driver or a query builder takes.
    const query = (..._values: (bigint | string | number | null)[]) => _values.length;
    expect(query(order, user)).toBe(2);
  });

  test("without a prefix, they go with every other", () => {
    const plain = plainId.decode(plainId.encode(5));
    expect([orderId.encode(plain), plainId.encode(order)]).toEqual([orderId.encode(5), plainId.encode(5)]);
  });

  test("come from a reader of old ids too, unless another decoder knew it", () => {
    const found = orderId.acceptLegacy([legacyInteger({ max: 9 })]).decode(orderId.encode(5));
    expect(orderId.encode(found.value)).toBe(orderId.encode(5));
    if (found.by === "token") {
      expectTypeOf(found.value).toEqualTypeOf<RowNumber<"ord">>();
      // @ts-expect-error: the number of an order
      userId.encode(found.value);
    } else expect.unreachable();
  });

  test("map over rows and tokens without a function between", () => {
    const tokens = [1n, 2n].map(orderId.encode);
    expectTypeOf(tokens).toEqualTypeOf<`ord_${string}`[]>();
    expectTypeOf(tokens.map(orderId.decode)).toEqualTypeOf<RowNumber<"ord">[]>();
    // @ts-expect-error: the numbers of users
    expect([user].map(orderId.encode)).toHaveLength(1);
  });
});

test("is tells a token from an unknown value and from a string", () => {
  const sent: unknown = orderId.encode(5);
  const text: string = orderId.encode(5);
  if (!orderId.is(sent) || !orderId.is(text)) return expect.unreachable();
  expectTypeOf(sent).toEqualTypeOf<`ord_${string}`>();
  expectTypeOf(text).toEqualTypeOf<`ord_${string}`>();
  const format = new TokenFormat({ prefix: "ord" });
  const tokens: `ord_${string}`[] = [sent, text, "usr_", 7].filter(format.is);
  expect(tokens).toEqual([sent, text]);
});

test("any public id can be passed on as one, and not as that of another prefix", () => {
  const all: PublicId[] = [orderId, userId, plainId];
  const formats: TokenFormat[] = [new TokenFormat({ prefix: "ord" }), new TokenFormat()];
  // @ts-expect-error: another prefix
  const wrong: PublicId<"usr"> = orderId;
  // @ts-expect-error: whatever prefix
  const any: PublicId<"ord"> = all[2]!;
  expect([all.length, formats.length, wrong.prefix, any.prefix]).toEqual([3, 2, "ord", ""]);
});

test("options that the constructor refuses do not compile", () => {
  for (const make of [
    // @ts-expect-error: a tenant that may be undefined
    () => new PublicId({ key: KEY, type: "order", tenant: undefined }),
    // @ts-expect-error: misspelt
    () => new PublicId({ key: KEY, type: "order", tennant: "acme" }),
    // @ts-expect-error: misspelt
    () => new PublicId({ type: "order", keys: { curent: { epoch: 0, key: KEY } } }),
    // @ts-expect-error: one key or several
    () => new PublicId({ type: "order", key: KEY, keys: { current: { epoch: 0, key: KEY } } }),
    // @ts-expect-error: a limit is needed
    () => legacyInteger(),
    // @ts-expect-error: a limit is needed
    () => legacyInteger({}),
    // @ts-expect-error: misspelt
    () => new TokenFormat({ prefx: "ord" }),
  ]) {
    expect(make).toThrow(TypeError);
  }
  // An environment variable compiles, and is refused when it is not set.
  const options: PublicIdOptions = { key: process.env.PERMID64_NO_SUCH_KEY, type: "order" };
  expect(() => new PublicId(options)).toThrow(/^"key" expected a key .*, got undefined/);
});

describe("what TypeScript says", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  // Inside the package, so that "permid64" resolves to it.
  const folder = join(root, "build/public-id-types");

  beforeAll(() => mkdirSync(folder, { recursive: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["no key", '{ type: "order" }', /Property 'key' is missing in type '\{ type: string; \}'/],
    ["no key, with a prefix", '{ type: "order", prefix: "ord" }', /Property 'key' is missing/],
    ["no type", "{ key: process.env.PERMID64_KEY }", /Property 'type' is missing/],
    ["no current key", '{ type: "order", keys: { previous: { epoch: 0, key: "" } } }', /Property 'current' is missing/],
    ["a misspelt key", '{ type: "order", keys: { curent: { epoch: 0, key: "" } } }', /'curent' .*'current'\?/],
    ["a misspelt option", '{ type: "order", key: "", tennant: "acme" }', /'tennant' .*'tenant'\?/],
  ])("of %s names it", (name, options, message) => {
    const file = join(folder, `${name.replaceAll(/\W/g, "-")}.ts`);
    writeFileSync(file, `import { PublicId } from "permid64";\nexport const ids = new PublicId(${options});\n`);
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--ignoreConfig", "--noEmit", "--strict"];
    const flags = ["--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck", file];
    const { status, stdout } = spawnSync(process.execPath, [...tsc, ...flags], { cwd: root, encoding: "utf8" });
    expect(status).not.toBe(0);
    expect(stdout.match(/error TS/g)).toHaveLength(1);
    expect(stdout).toMatch(message);
  });
});
