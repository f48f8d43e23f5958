import { PublicId } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, linesOf } from "../support/cli.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const PREVIOUS = "f0e0d0c0b0a090807060504030201000";
const env = { PERMID64_KEY: KEY };
const orders = new PublicId({ key: KEY, type: "order", prefix: "ord" });
const ORDERS = ["--type", "order", "--prefix", "ord"];

const run = (direction: "encode" | "decode", args: readonly string[], options = {}) =>
  cli(["public", direction, ...args], { env, ...options });

/** Where each problem is, and its code. */
const problemsOf = (stderr: string) =>
  linesOf(stderr).map((line) => /^permid64: (\w+ [0-9]+): [^\n]* \(ERR_PERMID64_(\w+)\)$/.exec(line)?.slice(1));

describe("arguments", () => {
  test("become tokens, and tokens rows again", async () => {
    const encoded = await run("encode", [...ORDERS, "123", "0", "281474976710655"]);
    const tokens = ["ord_0d5WiMPqqcI", orders.encode(0), orders.encode(2n ** 48n - 1n)];
    expect(encoded).toEqual({ status: 0, stdout: tokens.map((token) => `${token}\n`).join(""), stderr: "" });
    const decoded = await run("decode", [...ORDERS, ...tokens]);
    expect(decoded).toEqual({ status: 0, stdout: "123\n0\n281474976710655\n", stderr: "" });
  });

  test("as JSON say both", async () => {
    const line = '{"value":"123","token":"ord_0d5WiMPqqcI"}\n';
    expect((await run("encode", [...ORDERS, "--json", "123"])).stdout).toBe(line);
    expect((await run("decode", [...ORDERS, "--json", "ord_0d5WiMPqqcI"])).stdout).toBe(line);
  });

  test("as in the examples of the help", async () => {
    let seen = 0;
    for (const command of [[], ["encode"], ["decode"]]) {
      const { stdout } = await cli(["public", ...command, "--help"]);
      for (const [, args] of stdout.matchAll(/^ {2}permid64 (public (?:encode|decode) [^<|\n]*[0-9I])$/gm)) {
        const { status, stderr } = await cli(args!.split(" "), { env });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        seen++;
      }
    }
    expect(seen).toBe(3);
  });

  test("of which some are bad, and the others go on", async () => {
    const values = ["1", "x", "281474976710656", "-1", "1.5", "007", "", "2"];
    const encoded = await run("encode", [...ORDERS, "--json", "--", ...values]);
    expect(encoded.status).toBe(1);
    expect(linesOf(encoded.stdout).map((line) => JSON.parse(line).value)).toEqual(["1", "2"]);
    expect(problemsOf(encoded.stderr)).toEqual([
      ["argument 2", "INVALID_TYPE"],
      ["argument 3", "OUT_OF_RANGE"],
      ["argument 4", "OUT_OF_RANGE"],
      ["argument 5", "INVALID_TYPE"],
      ["argument 6", "INVALID_TYPE"],
      ["argument 7", "INVALID_TYPE"],
    ]);
    const invoice = new PublicId({ key: KEY, type: "invoice", prefix: "ord" }).encode(1);
    const tokens = [orders.encode(1), invoice, orders.encode(1).replace("ord", "inv"), "ord_0", "ord_zzzzzzzzzzz"];
    const decoded = await run("decode", [...ORDERS, ...tokens, orders.encode(2)]);
    expect(decoded).toMatchObject({ status: 1, stdout: "1\n2\n" });
    expect(problemsOf(decoded.stderr)).toEqual([
      ["argument 2", "TOKEN_FOREIGN"],
      ["argument 3", "TOKEN_PREFIX"],
      ["argument 4", "INVALID_TOKEN"],
      ["argument 5", "INVALID_TOKEN"],
    ]);
  });
});

test.each([
  [["--type", "order"], { type: "order" }],
  [["--type", "order", "--tenant", "acme"], { type: "order", tenant: "acme" }],
  [["--type", "order", "--check"], { type: "order", check: true }],
  [["--type", "order", "-f", "crockford32"], { type: "order", codec: "crockford32" }],
  [["--type", "order", "--bits", "20"], { type: "order", bits: 20 }],
  [["--type", "order", "--engine", "bigint"], { type: "order", engine: "bigint" }],
  [
    ["--type", "ünïcode", "--prefix", "a_b", "-f", "crockford32", "--check"],
    { type: "ünïcode", prefix: "a_b", codec: "crockford32", check: true },
  ],
] as const)("%j are as in the library", async (args, options) => {
  const ids = new PublicId({ key: KEY, ...options });
  const { stdout } = await run("encode", [...args, "1", "99999"]);
  expect(linesOf(stdout)).toEqual([ids.encode(1), ids.encode(99_999)]);
  expect((await run("decode", [...args, ...linesOf(stdout)])).stdout).toBe("1\n99999\n");
});

test("UUIDs", async () => {
  const args = ["--type", "order", "--format", "uuid"];
  const { stdout } = await run("encode", [...args, "123", "124"]);
  expect(linesOf(stdout)).toEqual([orders.toUuid(123), orders.toUuid(124)]);
  const other = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
  const decoded = await run("decode", [...args, "--json", ...linesOf(stdout), other]);
  expect(decoded.status).toBe(1);
  expect(linesOf(decoded.stdout).map((line) => JSON.parse(line))).toEqual([
    { value: "123", token: orders.toUuid(123) },
    { value: "124", token: orders.toUuid(124) },
  ]);
  expect(problemsOf(decoded.stderr)).toEqual([["argument 3", "TOKEN_FOREIGN"]]);
});

describe("standard input", () => {
  const values = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  const tokens = orders.encodeMany(values);

  test("of more than a buffer holds, both ways", async () => {
    const encoded = await run("encode", ORDERS, { input: values.join("\n") });
    expect(linesOf(encoded.stdout)).toEqual(tokens);
    const decoded = await run("decode", ORDERS, { input: encoded.stdout });
    expect(linesOf(decoded.stdout)).toEqual(values);
    for (const { status, stderr } of [encoded, decoded]) expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("with bad and empty lines, and those of Windows", async () => {
    const input = `\ufeff${tokens[0]}\r\n\r\nord_?\n  ${tokens[1]}\n\n${tokens[2]}x`;
    const { status, stdout, stderr } = await run("decode", ORDERS, { input });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "0\n1\n" });
    expect(problemsOf(stderr)).toEqual([
      ["line 3", "INVALID_TOKEN"],
      ["line 6", "INVALID_TOKEN"],
    ]);
  });

  test("with what commands a terminal, which is shown and not sent there", async () => {
    const commands = "\u009b2J\u007f\u0085\u202e\u2028\u2066";
    const input = `${commands}x\n\u001b[2Jx\n`;
    const decodeIds = (options: { input: string }) => cli(["decode", "--kind", "speck"], { ...options, env });
    for (const { status, stdout, stderr } of [await run("decode", ORDERS, { input }), await decodeIds({ input })]) {
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain("\\u{9b}2J\\u{7f}\\u{85}\\u{202e}\\u{2028}\\u{2066}x");
      expect(stderr).toContain("\\u001b[2Jx");
      expect(stderr).toMatch(/^([\u0020-\u007e…]+\n){2}$/);
    }
  });

  test("that is empty", async () => {
    for (const direction of ["encode", "decode"] as const) {
      expect(await run(direction, ORDERS, { input: "\n" })).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });
});

describe("while keys rotate", () => {
  const rotating = { PERMID64_KEY: KEY, PERMID64_PREVIOUS_KEY: PREVIOUS };
  const of = (epoch: 0 | 1, key: string) => new PublicId({ type: "order", keys: { current: { epoch, key } } });

  test("the new one encodes, and both decode", async () => {
    const token = (await cli(["public", "encode", "--type", "order", "--epoch", "1", "5"], { env: rotating })).stdout;
    expect(token).toBe(`${of(1, KEY).encode(5)}\n`);
    const args = ["public", "decode", "--type", "order", "--epoch", "1", of(0, PREVIOUS).encode(6), token.trim()];
    expect((await cli(args, { env: rotating })).stdout).toBe("6\n5\n");
    // The next time round.
    const back = [
      "public",
      "decode",
      "--type",
      "order",
      "--epoch",
      "0",
      of(1, PREVIOUS).encode(7),
      of(0, KEY).encode(8),
    ];
    expect((await cli(back, { env: rotating })).stdout).toBe("7\n8\n");
  });

  test("and when they have, tokens of the old one are told from bad ones", async () => {
    const args = ["--type", "order", "--epoch", "1", of(1, KEY).encode(9), of(0, PREVIOUS).encode(9)];
    const { stdout, stderr } = await run("decode", args);
    expect(stdout).toBe("9\n");
    expect(problemsOf(stderr)).toEqual([["argument 2", "TOKEN_EPOCH"]]);
  });

  test.each([
    "0",
    "1",
  ] as const)("a lone key of epoch %s needs no option where the environment says its epoch", async (epoch) => {
    const env = { PERMID64_KEY: KEY, PERMID64_KEY_EPOCH: epoch };
    const ids = of(epoch === "1" ? 1 : 0, KEY);
    const encoded = await cli(["public", "encode", "--type", "order", "5"], { env });
    expect(encoded).toEqual({ status: 0, stdout: `${ids.encode(5)}\n`, stderr: "" });
    const decoded = await cli(["public", "decode", "--type", "order", encoded.stdout.trim()], { env });
    expect(decoded).toEqual({ status: 0, stdout: "5\n", stderr: "" });
    const same = await cli(["public", "encode", "--type", "order", "--epoch", epoch, "5"], { env });
    expect(same.stdout).toBe(encoded.stdout);
  });

  test("the environment says which key is which", async () => {
    const env = { ...rotating, PERMID64_KEY_EPOCH: "1" };
    const tokens = [of(0, PREVIOUS).encode(6), of(1, KEY).encode(5)];
    expect((await cli(["public", "decode", "--type", "order", ...tokens], { env })).stdout).toBe("6\n5\n");
  });

  test("a token of the epoch that no key has is refused, with the variable that says epochs", async () => {
    const { status, stdout, stderr } = await run("decode", ["--type", "order", of(1, KEY).encode(5)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^permid64: argument 1: [^\n]*PERMID64_KEY_EPOCH[^\n]* \(ERR_PERMID64_TOKEN_EPOCH\)\n$/);
  });

  test.each([
    [["--epoch", "0"], { PERMID64_KEY_EPOCH: "1" }],
    [["--epoch", "1"], { PERMID64_KEY_EPOCH: "0" }],
    [[], { PERMID64_KEY_EPOCH: "" }],
    [[], { PERMID64_KEY_EPOCH: "2" }],
    [[], { PERMID64_KEY_EPOCH: KEY }],
  ])("%j with %j contradict one another, or are no epoch", async (args, more) => {
    const { status, stdout, stderr } = await cli(["public", "encode", "--type", "order", ...args, "5"], {
      env: { PERMID64_KEY: KEY, ...more },
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]*PERMID64_KEY_EPOCH[^\n]* \(ERR_PERMID64_USAGE\)\n$/);
    expect(stderr).not.toContain(KEY);
  });

  test("which of them is which must be said", async () => {
    const { status, stdout, stderr } = await cli(["public", "decode", "--type", "order", "x"], { env: rotating });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]*--epoch[^\n]* \(ERR_PERMID64_USAGE\)\n$/);
  });
});

test.each([
  [["1"], env],
  [["--type", "", "1"], env],
  [["--type", "order", "--tenant", "", "1"], env],
  [["--type", "order", "--bits", "64", "1"], env],
  [["--type", "order", "--bits", "0", "1"], env],
  [["--type", "order", "--epoch", "2", "1"], env],
  [["--type", "order", "--prefix", "Ord", "1"], env],
  [["--type", "order", "-f", "u64", "1"], env],
  [["--type", "order", "-f", "uuid", "--check", "1"], env],
  [["--type", "order", "-f", "uuid", "--prefix", "ord", "1"], env],
  [["--type", "order", "1"], {}],
  [["--type", "order", "1"], { PERMID64_KEY: "" }],
  [["--type", "order", "1"], { PERMID64_KEY: "7" }],
  [["--type", "order", "1"], { PERMID64_KEY: "00".repeat(16) }],
  [["--type", "order", "--epoch", "1", "1"], { PERMID64_PREVIOUS_KEY: PREVIOUS }],
  [["--type", "order", "--epoch", "1", "1"], { PERMID64_KEY: KEY, PERMID64_PREVIOUS_KEY: KEY }],
  [["--type", "order", "--epoch", "1", "1"], { PERMID64_KEY: KEY, PERMID64_PREVIOUS_KEY: "" }],
] as const)("refuses %j with %j", async (args, env) => {
  for (const direction of ["encode", "decode"]) {
    const { status, stdout, stderr } = await cli(["public", direction, ...args], { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
  }
});

test.each([
  [{ PERMID64_KEY: "" }, "PERMID64_KEY", "an empty string; is its environment variable set?"],
  [{ PERMID64_KEY: `0x${KEY}` }, "PERMID64_KEY", '32 hexadecimal digits behind "0x": leave "0x" out'],
  [
    { PERMID64_KEY: `${"_".repeat(21)}B` },
    "PERMID64_KEY",
    "22 characters, which are not the base64url text of 16 bytes",
  ],
  [
    { PERMID64_KEY: KEY, PERMID64_PREVIOUS_KEY: PREVIOUS.slice(1) },
    "PERMID64_PREVIOUS_KEY",
    "31 hexadecimal digits: a key of 124 bits; permid64 takes 128",
  ],
])("names the variable that holds no key, case %#", async (env, name, shape) => {
  const { stderr } = await cli(["public", "encode", "--type", "order", "--epoch", "1", "1"], { env });
  expect(stderr).toBe(
    `permid64: ${name} expected a key of 16 bytes, 32 hexadecimal digits (permid64 keygen) or 22 base64url characters, got ${shape} (ERR_PERMID64_USAGE)\n`,
  );
});
