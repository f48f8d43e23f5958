import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Id64, MemoryCounter, PublicId } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, ended, linesOf, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { randomFrom } from "../support/random.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const env = { PERMID64_KEY: KEY };
const FRESH = ["stamp", "--state", "orders.state", "--instance", "42", "--kind", "identity"];
const ROWS = ["stamp", "--type", "order", "--prefix", "ord", "--from", "id", "--to", "public_id"];
const orders = new PublicId({ key: KEY, type: "order", prefix: "ord" });

/** The tokens that FRESH issues into a new file. */
const freshTokens = (count: number) =>
  Id64.identity({ instanceId: 42, counter: new MemoryCounter() }).takeBase62(count);

async function stampFresh(input: string | Uint8Array, args: readonly string[] = ["--to", "id"]) {
  const cwd = temporaryFolder();
  await cli(["state", "create", "orders.state", "-i", "42"], { cwd });
  return cli([...FRESH, ...args], { cwd, input });
}

const stampRows = (input: string | Uint8Array, args: readonly string[] = ROWS) => cli(args, { env, input });

/** The number of each line that was left out, and why. */
const problemsOf = (stderr: string) =>
  linesOf(stderr).map((line) => /^permid64: line ([0-9]+): (.*) \(ERR_PERMID64_RECORD\)$/.exec(line)!.slice(1));

describe("fresh ids", () => {
  const [first, second] = freshTokens(2) as [string, string];

  test.each([
    ['{"a":1}\n', `{"a":1,"id":"${first}"}\n`],
    ["{}\n", `{"id":"${first}"}\n`],
    ["{ }\n", `{ "id":"${first}"}\n`],
    [' { "a" : [1, {"b": "}"}] }\t\n', ` { "a" : [1, {"b": "}"}] ,"id":"${first}"}\t\n`],
    ['{"a":"\\"}\\\\"}\n', `{"a":"\\"}\\\\","id":"${first}"}\n`],
    ['{"a":"\\u00e9é\u{1f600}\\n"}\n', `{"a":"\\u00e9é\u{1f600}\\n","id":"${first}"}\n`],
    [
      '{"a":1.0,"b":12345678901234567890,"c":-0.5e+10}\n',
      `{"a":1.0,"b":12345678901234567890,"c":-0.5e+10,"id":"${first}"}\n`,
    ],
    ['{"a":1}\r\n{"a":2}\r\n', `{"a":1,"id":"${first}"}\r\n{"a":2,"id":"${second}"}\r\n`],
    ['{"a":1}', `{"a":1,"id":"${first}"}\n`],
    ['\ufeff{"a":1}\n', `\ufeff{"a":1,"id":"${first}"}\n`],
    ['\n{"a":1}\n \r\n\n{"a":2}\n', `\n{"a":1,"id":"${first}"}\n \r\n\n{"a":2,"id":"${second}"}\n`],
    ['{"a":null,"b":true,"c":false,"a":{}}\n', `{"a":null,"b":true,"c":false,"a":{},"id":"${first}"}\n`],
    ["", ""],
  ])("%j becomes %j", async (input, output) => {
    expect(await stampFresh(input)).toEqual({ status: 0, stdout: output, stderr: "" });
  });

  test.each([
    ["base62", "takeBase62"],
    ["crockford32", "takeBase32"],
    ["u64", "takeU64"],
  ] as const)("as %s", async (format, take) => {
    const ids = Id64.identity({ instanceId: 42, counter: new MemoryCounter() });
    const { stdout } = await stampFresh("{}\n".repeat(3), ["--to", "id", "-f", format]);
    expect(stdout).toBe([...ids[take](3)].map((id) => `{"id":"${id}"}\n`).join(""));
  });

  test("as tokens of a config, with a prefix and a check character", async () => {
    const cwd = temporaryFolder();
    const options = { instanceId: 7, key: KEY, prefix: "ord", check: true } as const;
    await cli(["state", "create", "x.state", "-i", "7"], { cwd });
    const service = Id64.speck({ ...options, stateFile: join(cwd, "x.state") });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service.toConfig()));
    service.close();
    const { stdout } = await cli(["stamp", "--config", "config.json", "--to", "id"], { cwd, input: "{}\n" });
    const expected = Id64.speck({ ...options, counter: new MemoryCounter() });
    expect(stdout).toBe(`{"id":"${expected.nextToken()}"}\n`);
  });

  test("of any field name", async () => {
    const { stdout } = await stampFresh('{"a":1}\n', ["--to", 'é "quoted"\n']);
    expect(stdout).toBe(`{"a":1,"é \\"quoted\\"\\n":"${first}"}\n`);
  });

  test("from a file", async () => {
    const cwd = temporaryFolder();
    await cli(["state", "create", "orders.state", "-i", "42"], { cwd });
    writeFileSync(join(cwd, "orders.ndjson"), '{"a":1}\n');
    const stamped = await cli([...FRESH, "--to", "id", "orders.ndjson"], { cwd });
    expect(stamped).toEqual({ status: 0, stdout: `{"a":1,"id":"${first}"}\n`, stderr: "" });
    const missing = await cli([...FRESH, "--to", "id", "none.ndjson"], { cwd });
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toMatch(/^permid64: ENOENT[^\n]*\(ENOENT\)\n$/);
  });
});

test("records that cannot be stamped are reported by line and left out, and the rest goes on", async () => {
  const lines = [
    '{"a":1}',
    "[1]",
    '"text"',
    "{'a':1}",
    '{"a":1,}',
    '{"a":1} {"b":2}',
    '{"a":01}',
    '{"a":"\t"}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":tru}',
    '{"a"}',
    '{"a":1',
    '{"id":1}',
    '{"a":1,"\\u0069d":null}',
    '{"nested":{"id":1}}',
    `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`,
    `${'{"a":'.repeat(1001)}1${"}".repeat(1001)}`,
    `{"a":${"[".repeat(100_000)}}`,
    "\u001b[2J",
    '{"a":1}',
  ];
  const { status, stdout, stderr } = await stampFresh(lines.join("\n"));
  expect(status).toBe(1);
  const kept = linesOf(stdout).map((line) => JSON.parse(line).id);
  expect(kept).toEqual(freshTokens(4));
  const problems = problemsOf(stderr);
  expect(problems.map(([line]) => Number(line))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20]);
  expect(problems[0]![1]).toBe('expected a JSON object, got "[1]"');
  expect(problems.filter(([, text]) => text === 'the record has a field "id" already').map(([line]) => line)).toEqual([
    "14",
    "15",
  ]);
  expect(stderr).toContain("\\u001b[2J");
  expect(stderr).not.toContain("\u001b");
});

test("a line that is not UTF-8 is none of JSON", async () => {
  const input = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Uint8Array.of(0xff), Buffer.from('"}\n{"a":"é"}\n')]);
  const { status, stdout, stderr } = await stampFresh(input);
  expect(status).toBe(1);
  expect(linesOf(stdout).map((line) => JSON.parse(line).id)).toEqual(freshTokens(2));
  expect(problemsOf(stderr).map(([line]) => line)).toEqual(["2"]);
});

test("what is an object, and where the field goes, is what JSON.parse says, for any line", async () => {
  const below = randomFrom(8259);
  const text = () => JSON.stringify(Array.from({ length: below(6) }, () => 'a"\\}{,:é\u{1f600}\n'[below(12)]).join(""));
  const space = () => ["", "", "", " ", "\t", "\r"][below(6)]!;
  const value = (depth: number): string => {
    const kind = below(depth > 3 ? 5 : 7);
    if (kind === 0) return text();
    if (kind === 1) return ["true", "false", "null"][below(3)]!;
    if (kind < 5) return ["0", "-0", "12", "-1.5", "1e9", "2.5E-3", "18446744073709551615"][below(7)]!;
    const parts = Array.from(
      { length: below(4) },
      () => `${space()}${kind === 5 ? "" : `${text()}${space()}:${space()}`}${value(depth + 1)}${space()}`,
    );
    return kind === 5 ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
  };
  const lines = Array.from({ length: 20_000 }, () => {
    const parts = Array.from({ length: below(4) }, () => `${space()}${text()}:${value(0)}${space()}`);
    const line = `${space()}{${parts.join(",")}}${space()}`;
    if (below(2) === 0) return line;
    // One character of it is lost, doubled, or another.
    const at = below(line.length);
    const other = ["", `${line[at]}${line[at]}`, '"', "\\", "}", "{", "]", ",", ":", "0", "-", ".", "e", " "][
      below(14)
    ];
    return `${line.slice(0, at)}${other}${line.slice(at + 1)}`;
  }).map((line) => Buffer.from(line).toString());
  const { stdout, stderr } = await stampFresh(lines.join("\n"), ["--to", "stamped"]);
  const isObject = (line: string) => {
    try {
      const parsed = JSON.parse(line);
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    } catch {
      return false;
    }
  };
  const good = lines.filter(isObject);
  const tokens = freshTokens(good.length);
  const expected = good.map((line, i) => {
    const brace = line.lastIndexOf("}");
    const isEmpty = Object.keys(JSON.parse(line)).length === 0;
    return `${line.slice(0, brace)}${isEmpty ? "" : ","}"stamped":"${tokens[i]}"${line.slice(brace)}`;
  });
  const blank = (line: string) => line.trim() === "";
  expect(good.length).toBeGreaterThan(10_000);
  expect(linesOf(stdout).filter((line) => !blank(line))).toEqual(expected);
  const bad = lines.flatMap((line, i) => (isObject(line) || blank(line) ? [] : [String(i + 1)]));
  expect(bad.length).toBeGreaterThan(3000);
  expect(problemsOf(stderr).map(([line]) => line)).toEqual(bad);
});

describe("public ids", () => {
  test("of numbers and of strings, to the last digit", async () => {
    const rows = ["0", "1", "123", "9007199254740993", "999999999999999", "1000000000000000", "9223372036854775807"];
    const wide = new PublicId({ key: KEY, type: "order", bits: 63 });
    const args = ["stamp", "--type", "order", "--bits", "63", "--from", "id", "--to", "pid"];
    for (const quote of ["", '"']) {
      const input = rows.map((row) => `{"id":${quote}${row}${quote},"x":[1]}\n`).join("");
      const { status, stdout, stderr } = await stampRows(input, args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toBe(
        rows.map((row) => `{"id":${quote}${row}${quote},"x":[1],"pid":"${wide.encode(row)}"}\n`).join(""),
      );
    }
  });

  test("as UUIDs", async () => {
    const { stdout } = await stampRows('{"id":123}\n', [
      "stamp",
      "--type",
      "order",
      "-f",
      "uuid",
      "--from",
      "id",
      "--to",
      "uuid",
    ]);
    expect(stdout).toBe(`{"id":123,"uuid":"${orders.toUuid(123)}"}\n`);
  });

  test("of more rows than a buffer holds", async () => {
    const numbers = Array.from({ length: 50_000 }, (_, i) => i * 7919);
    const { stdout } = await stampRows(
      numbers.map((id) => JSON.stringify({ id, name: "x".repeat(id % 50) })).join("\n"),
    );
    expect(linesOf(stdout).map((line) => JSON.parse(line).public_id)).toEqual(orders.encodeMany(numbers));
  });

  test("of rows whose number is none", async () => {
    const values = [
      "1.0",
      "1e3",
      "-1",
      '"007"',
      '""',
      '"x"',
      "null",
      "true",
      "[1]",
      "281474976710656",
      '"99999999999999999999"',
      '"12',
      "-0",
    ];
    const lines = [...values.map((value) => `{"id":${value}}`), "{}", '{"id":1,"id":2}', '{"i\\u0064":5}', '{"id":6}'];
    const { status, stdout, stderr } = await stampRows(lines.join("\n"));
    expect(status).toBe(1);
    expect(linesOf(stdout)).toEqual(
      [5, 6].map((row) => `{"${row === 5 ? "i\\u0064" : "id"}":${row},"public_id":"${orders.encode(row)}"}`),
    );
    const problems = problemsOf(stderr);
    expect(problems.map(([line]) => Number(line))).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(problems[0]![1]).toBe('field "id" expected a whole number from 0 to 2^48 - 1, got "1.0"');
    expect(problems.slice(13).map(([, text]) => text)).toEqual([
      'the record has no field "id"',
      'the record has two fields "id"',
    ]);
  });

  test("under the key of an epoch", async () => {
    const later = new PublicId({ type: "order", keys: { current: { epoch: 1, key: KEY } } });
    const args = ["stamp", "--type", "order", "--from", "id", "--to", "pid"];
    const { stdout } = await cli(args, { env: { ...env, PERMID64_KEY_EPOCH: "1" }, input: '{"id":1}\n' });
    expect(stdout).toBe(`{"id":1,"pid":"${later.encode(1)}"}\n`);
  });
});

test("input in pieces that end anywhere", async () => {
  const child = startCli(ROWS, { env });
  const result = ended(child);
  const input = Array.from({ length: 200 }, (_, i) => JSON.stringify({ id: i, text: "é}".repeat(i % 5) })).join("\r\n");
  const bytes = Buffer.from(input);
  for (let from = 0, size = 1; from < bytes.length; from += size, size = (size % 29) + 1) {
    child.stdin.write(bytes.subarray(from, from + size));
    await new Promise(setImmediate);
  }
  child.stdin.end();
  const { status, stdout } = await result;
  expect(status).toBe(0);
  expect(linesOf(stdout)).toHaveLength(200);
  expect(linesOf(stdout).map((line) => JSON.parse(line).public_id)).toEqual(
    orders.encodeMany(Array.from({ length: 200 }, (_, i) => i)),
  );
});

test("a record that does not end is not kept for ever", async () => {
  const { status, stdout, stderr } = await stampRows(`{"id":1}\n{"id":"${"1".repeat(2 ** 24 + 2 ** 17)}`);
  expect(status).toBe(1);
  expect(stdout).toBe(`{"id":1,"public_id":"${orders.encode(1)}"}\n`);
  expect(stderr).toBe("permid64: line 2: longer than 16 MiB (ERR_PERMID64_RECORD)\n");
});
