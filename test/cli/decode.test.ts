import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Id64, Layout64, MemoryCounter, u64ToBase62, u64ToCrockford32 } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, ended, linesOf, NEXT, shell, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { vectors } from "../support/vectors.ts";

const counter = () => new MemoryCounter();
const ids = Id64.multiplicative({ instanceId: 42, counter: counter() });

/** What --tsv and --json say of a token. */
const tsvOf = (token: string, { raw, instanceId, sequence } = ids.decodeBase62(token)) =>
  `${token}\t${raw}\t${instanceId}\t${sequence}`;
const jsonOf = (token: string, { raw, instanceId, sequence } = ids.decodeBase62(token)) =>
  JSON.stringify({ token, raw: `${raw}`, instanceId, sequence: `${sequence}` });

const problem = (where: string, got: string) =>
  expect.stringMatching(
    new RegExp(`^permid64: ${where}: "(token|id)" expected [^\\n]*, got ${got} \\(ERR_PERMID64_[A-Z_]+\\)$`),
  );

describe("arguments", () => {
  test("of each format, aligned for people", async () => {
    const args = ["E5xm7QFdS1Z", "7640891576956012809", "6M2F6CZSVSJ89"];
    expect(await cli(["decode", ...args])).toEqual({
      status: 0,
      stdout: [
        "instance         sequence                   raw  token",
        "      42                0     11821949021847552  E5xm7QFdS1Z",
        "       0                0                     0  7640891576956012809",
        "       0                0                     0  6M2F6CZSVSJ89",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test.each(["multiplicative", "feistel", "identity"])("that the reference issued as %s", async (kind) => {
    const { ids: rows } = vectors.generators.find((it) => it.kind === kind && it.instanceId === 65535)!;
    for (const [format, column] of [
      ["base62", 3],
      ["crockford32", 4],
      ["u64", 2],
    ] as const) {
      const tokens = rows.map((row) => row[column]);
      const { stdout } = await cli(["decode", "--tsv", "--kind", kind, "-f", format, ...tokens]);
      expect(linesOf(stdout)).toEqual(rows.map((row) => `${row[column]}\t${row[1]}\t65535\t${row[0]}`));
    }
  });

  test("as in the examples of the help", async () => {
    const { stdout } = await cli(["decode", "--help"]);
    const examples = linesOf(stdout).filter((line) => /^ {2}permid64 decode [^<]*$/.test(line));
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      const args = example.trim().split(" ").slice(1);
      const decoded = linesOf((await cli([...args, "--tsv"])).stdout);
      expect(decoded.length).toBeGreaterThan(0);
      for (const row of decoded) expect(row.split("\t").slice(1)).toEqual(["11821949021847552", "42", "0"]);
    }
  });

  test("of which one is bad, and the others are decoded", async () => {
    const bad = ["zzzzzzzzzzz", "", "18446744073709551616", "007", "E5xm7QFdS1", "６M2F6CZSVSJ89", "\u001b[31m"];
    const { status, stdout, stderr } = await cli(["decode", "--json", "E5xm7QFdS1Z", ...bad, "5hSt0VheoqW"]);
    expect(status).toBe(1);
    expect(linesOf(stdout)).toEqual(["E5xm7QFdS1Z", "5hSt0VheoqW"].map((token) => jsonOf(token)));
    expect(linesOf(stderr)).toEqual([
      problem("argument 2", '"zzzzzzzzzzz"'),
      problem("argument 3", '""'),
      problem("argument 4", "18446744073709551616n"),
      problem("argument 5", '"007"'),
      problem("argument 6", '"E5xm7QFdS1"'),
      problem("argument 7", '"６M2F6CZSVSJ89"'),
      problem("argument 8", '"\\\\u001b\\[31m"'),
    ]);
  });

  test("read as told, where their length would say otherwise", async () => {
    const { stdout } = await cli([
      "decode",
      "--tsv",
      "--kind",
      "identity",
      "-f",
      "u64",
      "12345678901",
      "1234567890123",
    ]);
    expect(stdout).toBe("12345678901\t12345678901\t0\t12345678901\n1234567890123\t1234567890123\t0\t1234567890123\n");
    for (const [format, token] of [
      ["base62", "7640891576956012809"],
      ["crockford32", "E5xm7QFdS1Z"],
      ["u64", "E5xm7QFdS1Z"],
    ] as const) {
      expect((await cli(["decode", "-f", format, token])).status).toBe(1);
    }
  });

  test("under the parameters of a config", async () => {
    const cwd = temporaryFolder();
    const service = Id64.feistel({ instanceId: 3, key: 99n, layout: { instanceBits: 8 }, counter: counter() });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service.toConfig()));
    const token = service.nextBase62();
    const { stdout } = await cli(["decode", "--tsv", "--config", "config.json", token], { cwd });
    expect(linesOf(stdout)).toEqual([tsvOf(token, service.decodeBase62(token))]);
  });
});

describe("tokens with a prefix or check character", () => {
  const FORMATS = [
    [["--prefix", "ord"], { prefix: "ord" }],
    [["--check"], { check: true }],
    [["-f", "base62", "--prefix", "ord", "--check"], { prefix: "ord", check: true }],
    [["-f", "crockford32"], { codec: "crockford32" }],
    [["-f", "crockford32", "--prefix", "a", "--check"], { codec: "crockford32", prefix: "a", check: true }],
  ] as const;
  const generator = (options: (typeof FORMATS)[number][1]) =>
    Id64.multiplicative({ instanceId: 42, counter: counter(), ...options });

  test.each(FORMATS)("%j, from arguments and from lines", async (args, options) => {
    const tokens = generator(options).takeTokens(3000);
    const rows = tokens.map((token) => tsvOf(token, generator(options).decodeToken(token)));
    const some = await cli(["decode", "--tsv", ...args, ...tokens.slice(0, 3)]);
    expect(linesOf(some.stdout)).toEqual(rows.slice(0, 3));
    const all = await cli(["decode", "--tsv", ...args], { input: tokens.join("\n") });
    expect(linesOf(all.stdout)).toEqual(rows);
    expect(all).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(FORMATS)("%j, of which some are bad, with what is wrong with each", async (args, options) => {
    const lines: string[] = generator(options).takeTokens(3000);
    const rows = lines.map((token) => tsvOf(token, generator(options).decodeToken(token)));
    const length = lines[0]!.length;
    const bad = [0, 17, 1023, 1024, 2999];
    for (const index of bad) lines[index] = "!".repeat(length);
    lines[500] = `ab\n${"x".repeat(length - 3)}`;
    lines[1500] = `${lines[1500]!.slice(0, -1)}é`;
    const { status, stdout, stderr } = await cli(["decode", "--tsv", ...args], { input: lines.join("\n") });
    expect(status).toBe(1);
    expect(linesOf(stdout)).toEqual(rows.filter((_, i) => !bad.includes(i) && i !== 500 && i !== 1500));
    const numbers = linesOf(stderr).map((line) => Number(/^permid64: line ([0-9]+): /.exec(line)![1]));
    expect(numbers).toEqual([1, 18, 501, 502, 1025, 1026, 1502, 3001]);
  });

  test("are told from numbers, and from other tokens", async () => {
    const ids = generator({ prefix: "ord", check: true });
    const [good, other] = ids.takeTokens(2) as [string, string];
    const swapped = `${good.slice(0, -1)}${other.at(-1)}`;
    const args = [
      "--prefix",
      "ord",
      "--check",
      good,
      "7640891576956012809",
      other.replace("ord", "inv"),
      swapped,
      "E5xm7QFdS1Z",
    ];
    const { status, stdout, stderr } = await cli(["decode", "--tsv", ...args]);
    expect(status).toBe(1);
    expect(linesOf(stdout)).toEqual([
      tsvOf(good, ids.decodeToken(good)),
      tsvOf("7640891576956012809", ids.decode(7640891576956012809n)),
    ]);
    expect(
      linesOf(stderr).map((line) => /^permid64: (argument [0-9]): .*\(ERR_PERMID64_(\w+)\)$/.exec(line)?.slice(1)),
    ).toEqual([
      ["argument 3", "TOKEN_PREFIX"],
      ["argument 4", "TOKEN_CHECK"],
      ["argument 5", "TOKEN_PREFIX"],
    ]);
  });

  test("of a config, whose key is for Speck", async () => {
    const cwd = temporaryFolder();
    const key = "000102030405060708090a0b0c0d0e0f";
    const service = Id64.speck({ instanceId: 3, key, counter: counter(), prefix: "ord", check: true });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service.toConfig()));
    const token = service.nextToken();
    const row = tsvOf(token, service.decodeToken(token));
    const { stdout } = await cli(["decode", "--tsv", "--config", "config.json", token], { cwd });
    expect(linesOf(stdout)).toEqual([row]);
    const args = ["decode", "--tsv", "--kind", "speck", "--prefix", "ord", "--check", token];
    expect(linesOf((await cli(args, { env: { PERMID64_KEY: key } })).stdout)).toEqual([row]);
  });
});

describe("numbers of any size", () => {
  const powers = Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i));
  const bits = Array.from({ length: 64 }, (_, i) => 2n ** BigInt(i));
  const edges = [...powers, ...bits].flatMap((n) => [n - 1n, n, n + 1n]);
  const mixed = Array.from(
    { length: 2000 },
    (_, i) => BigInt.asUintN(64, 0x9e37_79b9_7f4a_7c15n * BigInt(i)) >> BigInt(i % 64),
  );
  const values = [...edges, ...mixed, 2n ** 64n - 1n];

  test.each(["0+64", "1+63", "16+48", "32+32"])("in the layout %s", async (bits) => {
    const [instanceBits, sequenceBits] = bits.split("+").map(Number) as [number, number];
    const layout = new Layout64({ instanceBits, sequenceBits });
    const input = values.map((value) => `${u64ToBase62(value)}\n`).join("");
    const args = ["decode", "--kind", "identity", "--layout", bits];
    const decoded = values.map((raw) => ({ token: u64ToBase62(raw), raw, ...layout.decompose(raw) }));
    const tsv = await cli([...args, "--tsv"], { input });
    expect(linesOf(tsv.stdout)).toEqual(decoded.map((row) => tsvOf(row.token, row)));
    const json = await cli([...args, "--json"], { input });
    expect(linesOf(json.stdout)).toEqual(decoded.map((row) => jsonOf(row.token, row)));
    const table = linesOf((await cli(args, { input })).stdout);
    expect(table.slice(1).map((line) => line.trim().split(/ +/))).toEqual(
      decoded.map(({ token, raw, instanceId, sequence }) => [`${instanceId}`, `${sequence}`, `${raw}`, token]),
    );
    expect(new Set(table.map((line) => line.lastIndexOf("  "))).size).toBe(1);
  });

  test("written by next", async () => {
    const args = [...NEXT, "-n", "20000", "-f", "u64", "--kind", "feistel", "-i", "1"];
    const { stdout } = await cli(args, { cwd: temporaryFolder() });
    const expected = Id64.feistel({ instanceId: 1, counter: counter() }).takeU64(20_000);
    expect(linesOf(stdout)).toEqual(Array.from(expected, String));
  });
});

describe("standard input", () => {
  const tokens = ids.takeBase62(20_000);
  const text = tokens.map((token) => `${token}\n`).join("");
  const rows = tokens.map((token) => tsvOf(token));

  test("of more than a buffer holds", async () => {
    expect(text.length).toBeGreaterThan(3 * 65_536);
    const { status, stdout, stderr } = await cli(["decode", "--tsv"], { input: text });
    expect(linesOf(stdout)).toEqual(rows);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("from Windows, with empty lines, and without a line feed at the end", async () => {
    const input = `\ufeff${tokens.slice(0, 50).join("\r\n")}\r\n\r\n\n${tokens.slice(50).join("\n")}`;
    const { status, stdout, stderr } = await cli(["decode", "--tsv"], { input });
    expect(linesOf(stdout)).toEqual(rows);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("of base32 and of decimal numbers", async () => {
    const some = [...ids.takeU64(3000)];
    for (const format of [String, u64ToCrockford32]) {
      const input = some.map((id) => `${format(id)}\n`).join("");
      const { stdout } = await cli(["decode", "--tsv"], { input });
      expect(linesOf(stdout)).toEqual(some.map((id) => tsvOf(format(id), ids.decode(id))));
    }
  });

  test("with bad lines, which are named by their number", async () => {
    const lines: string[] = [...tokens];
    // At the edges of runs and blocks, next to each other, and such that a line feed falls where one is looked for.
    const bad = [0, 1023, 1024, 5000, 5001, 5461, 12_345, 19_999];
    for (const index of bad) lines[index] = "-----------";
    lines[7000] = "abc\ndefghij";
    const { status, stdout, stderr } = await cli(["decode", "--tsv"], { input: lines.join("\n") });
    expect(status).toBe(1);
    expect(linesOf(stdout)).toEqual(rows.filter((_, i) => !bad.includes(i) && i !== 7000));
    const numbers = linesOf(stderr).map((line) => Number(/^permid64: line ([0-9]+): /.exec(line)![1]));
    expect(numbers).toEqual([1, 1024, 1025, 5001, 5002, 5462, 7001, 7002, 12_347, 20_001]);
  });

  test("of nothing but bad lines", async () => {
    const { status, stdout, stderr } = await cli(["decode"], { input: "x\n".repeat(5000) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(linesOf(stderr)).toHaveLength(5000);
  });

  test("in pieces that end anywhere", async () => {
    const child = startCli(["decode", "--json"]);
    const result = ended(child);
    const some = text.slice(0, 12 * 300);
    for (let from = 0, size = 1; from < some.length; from += size, size = (size % 29) + 1) {
      child.stdin.write(some.slice(from, from + size));
      await new Promise(setImmediate);
    }
    child.stdin.end();
    expect(linesOf((await result).stdout)).toEqual(tokens.slice(0, 300).map((token) => jsonOf(token)));
  });

  test("answers each line as it comes", async () => {
    const child = startCli(["decode", "--tsv"]);
    for (const token of tokens.slice(0, 3)) {
      child.stdin.write(`${token}\n`);
      const answer = await new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
      expect(answer).toBe(`${tsvOf(token)}\n`);
    }
    child.stdin.end();
    expect((await ended(child)).status).toBe(0);
  });

  test("with lines of any length, of which it keeps the start", async () => {
    // Kept whole, the first would be copied once per buffer read, and take minutes.
    const endless = "head -c 300000000 /dev/zero | tr '\\0' a; echo";
    // A token, and far from it, in what is not kept, something else.
    const spaces = "head -c 300000 /dev/zero | tr '\\0' ' '";
    const wide = `printf %s ${tokens[0]}; ${spaces}; printf x; ${spaces}; echo; echo ${tokens[0]}`;
    const { status, stdout, stderr } = await shell(`{ ${endless}; ${wide}; } | permid64 decode --tsv`);
    expect(linesOf(stderr)).toEqual([problem("line 1", '"a{40}…"'), problem("line 2", `"${tokens[0]} {29}…"`)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${rows[0]}\n` });
  });

  test("that is empty, or closed", async () => {
    const nothing = { status: 0, stdout: "", stderr: "" };
    expect(await cli(["decode"])).toEqual(nothing);
    expect(await cli(["decode"], { input: "\n\n" })).toEqual(nothing);
    expect(await shell("permid64 decode <&-")).toEqual(nothing);
  });

  test("whose answers nobody reads to the end", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "tokens.txt"), text.repeat(20));
    const line = '{ permid64 decode --json < tokens.txt; echo "status $?" >&2; } | head -n 1';
    expect(await shell(line, { cwd })).toEqual({ status: 0, stdout: `${jsonOf(tokens[0]!)}\n`, stderr: "status 0\n" });
    // Also where the input has no end.
    const endless = `while echo ${tokens[0]}; do :; done 2> /dev/null`;
    const { stdout } = await shell(`${endless} | { permid64 decode --tsv; echo "status $?" >&2; } | head -n 1`);
    expect(stdout).toBe(`${rows[0]}\n`);
  });
});

test("wrong options", async () => {
  for (const args of [
    ["--json", "--tsv"],
    ["--instance", "3"],
    ["--state", "x"],
    ["-f", "hex"],
    ["-f", "u64", "--prefix", "ord"],
    ["-f", "u64", "--check"],
  ]) {
    const { status, stdout, stderr } = await cli(["decode", ...args, "E5xm7QFdS1Z"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_USAGE\)\n$/);
  }
});
