import { parse } from "csv-parse/sync";
import { PublicId } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, linesOf } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { randomFrom } from "../support/random.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const ids = new PublicId({ key: KEY, type: "order" });
const token = (row: number) => ids.encode(row);

const stamp = (input: string, { from = "id", to = "pid" } = {}) =>
  cli(["stamp", "--csv", "--type", "order", "--from", from, "--to", to], { env: { PERMID64_KEY: KEY }, input });

const problemsOf = (stderr: string) =>
  linesOf(stderr).map((line) => /^permid64: line ([0-9]+): (.*) \(ERR_PERMID64_RECORD\)$/.exec(line)!.slice(1));

describe("a column more", () => {
  test.each([
    ["id,name\n1,a\n2,b\n", `id,name,pid\n1,a,${token(1)}\n2,b,${token(2)}\n`],
    ["id\n1\n", `id,pid\n1,${token(1)}\n`],
    ["name,id\r\na,1\r\n", `name,id,pid\r\na,1,${token(1)}\r\n`],
    ['id,name\n"1","a, ""b""\n\r\nc"\n2,\n', `id,name,pid\n"1","a, ""b""\n\r\nc",${token(1)}\n2,,${token(2)}\n`],
    ["\ufeffid,name\n1,a", `\ufeffid,name,pid\n1,a,${token(1)}\n`],
    ['"id","na""me"\n1,a\n', `"id","na""me",pid\n1,a,${token(1)}\n`],
    ["id,name\n\n1,a\n\r\n2,b\n", `id,name,pid\n\n1,a,${token(1)}\n\r\n2,b,${token(2)}\n`],
    ["id,name\n1, a \r\n", `id,name,pid\n1, a ,${token(1)}\r\n`],
    ["id,name\n1,\ra\n", `id,name,pid\n1,\ra,${token(1)}\n`],
    ["id,name\n", "id,name,pid\n"],
    ["", ""],
  ])("%j becomes %j", async (input, output) => {
    expect(await stamp(input)).toEqual({ status: 0, stdout: output, stderr: "" });
  });

  test("with fresh ids", async () => {
    const cwd = temporaryFolder();
    await cli(["state", "create", "x.state", "-i", "0"], { cwd });
    const args = ["stamp", "--csv", "-s", "x.state", "-i", "0", "--kind", "identity", "-f", "u64", "--to", "id"];
    expect((await cli(args, { cwd, input: "name\na\nb\n" })).stdout).toBe("name,id\na,0\nb,1\n");
  });

  test.each([
    ["a,b", '"a,b"'],
    ['a"b', '"a""b"'],
    [" a", '" a"'],
    ["a b", "a b"],
    ["a\nb", '"a\nb"'],
  ])("of the name %j", async (to, cell) => {
    expect((await stamp("id\n1\n", { to })).stdout).toBe(`id,${cell}\n1,${token(1)}\n`);
  });
});

test("records that cannot be stamped are reported by line and left out, and the rest goes on", async () => {
  const input = ["id,name", "1,a", "2", "3,a,b", '4,a"b', '5,"a"b', '"6\n6",a', "x,a", '7,"two\nlines"', "08,a", "9,b"];
  const { status, stdout, stderr } = await stamp(input.join("\n"));
  expect({ status, stdout }).toEqual({
    status: 1,
    stdout: `id,name,pid\n1,a,${token(1)}\n7,"two\nlines",${token(7)}\n9,b,${token(9)}\n`,
  });
  expect(problemsOf(stderr)).toEqual([
    ["3", "expected 2 fields as in the header, got 1"],
    ["4", "expected 2 fields as in the header, got 3"],
    ["5", 'expected quotes as in RFC 4180, got "4,a\\"b"'],
    ["6", 'expected quotes as in RFC 4180, got "5,\\"a\\"b"'],
    ["7", 'field "id" expected a whole number from 0 to 2^48 - 1, got "\\"6\\n6\\""'],
    ["9", 'field "id" expected a whole number from 0 to 2^48 - 1, got "x"'],
    ["12", 'field "id" expected a whole number from 0 to 2^48 - 1, got "08"'],
  ]);
});

test("a quote that is not closed ends the run, behind all that came before", async () => {
  const { status, stdout, stderr } = await stamp('id,name\n1,a\n2,"b\n3,c\n');
  expect({ status, stdout }).toEqual({ status: 1, stdout: `id,name,pid\n1,a,${token(1)}\n` });
  expect(stderr).toBe("permid64: line 3: the quote is not closed (ERR_PERMID64_RECORD)\n");
});

test.each([
  ["id,pid\n1,2\n", '--to: the header has a column "pid" already'],
  ["di,name\n1,2\n", '--from: the header has no column "id"'],
  ["id,id\n1,2\n", '--from: the header has two columns "id"'],
])("the header %j is refused", async (input, text) => {
  expect(await stamp(input)).toEqual({ status: 2, stdout: "", stderr: `permid64: ${text} (ERR_PERMID64_USAGE)\n` });
});

test("the fields of any table are those that a parser of CSV finds", async () => {
  const below = randomFrom(4180);
  const field = () => Array.from({ length: below(8) }, () => 'ab ,"\n\r;é'[below(9)]).join("");
  const cell = (text: string) => (below(3) === 0 || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = Array.from({ length: 20_000 }, (_, i) => [field(), String(i), field()]);
  const table = [["first", "id", "last"], ...rows];
  const input = table.map((row) => row.map(cell).join(",") + ["\n", "\r\n"][below(2)]).join("");
  const { status, stdout, stderr } = await stamp(input);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const expected = [["first", "id", "last", "pid"], ...rows.map((row, i) => [...row, token(i)])];
  expect(parse(stdout, { record_delimiter: ["\n", "\r\n"] })).toEqual(expected);
});
