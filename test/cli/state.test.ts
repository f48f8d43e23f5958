import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteCounter } from "permid64";
import { PostgresCounter } from "permid64/postgres";
import { describe, expect, test } from "vitest";
import { cli, linesOf, NEXT, sequencesOf } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const markOf = (file: string, instance = 42, space = "default") =>
  SqliteCounter.inspect(file).find(({ instanceId, name }) => instanceId === instance && name === space)?.mark;

describe("show", () => {
  test("lists instances and id spaces", async () => {
    const cwd = temporaryFolder();
    await cli([...NEXT, "-n", "5", "-i", "42"], { cwd });
    await cli([...NEXT, "-n", "1234", "-i", "7"], { cwd });
    await cli([...NEXT, "--kind", "identity", "--layout", "8+56", "--name", "an other\n"], { cwd });
    const { status, stdout, stderr } = await cli(["state", "show", "permid64.state"], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(
      linesOf(stdout).map((line) => line.replace(/[0-9a-f]{8}( +)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "…$1…")),
    ).toEqual([
      "name          instance  mark            ceiling  fingerprint     lineage",
      '"an other\\n"         0     1  72057594037927936  8+56:…   …',
      '"default"            7  1234    281474976710656  16+48:…  …',
      '"default"           42     5    281474976710656  16+48:…  …',
    ]);
    const json = await cli(["state", "show", "--json", "permid64.state"], { cwd });
    expect(linesOf(json.stdout).map((line) => JSON.parse(line))).toEqual(
      SqliteCounter.inspect(join(cwd, "permid64.state")).map((state) => ({
        ...state,
        mark: `${state.mark}`,
        ceiling: `${state.ceiling}`,
      })),
    );
  });

  test.each([
    ["missing", undefined, "NOT_INITIALIZED"],
    ["empty", "", "CORRUPT"],
    ["foreign", "hello", "CORRUPT"],
    ["Python's", "4096", "CORRUPT"],
  ])("refuses a file that is %s", async (_, content, code) => {
    const cwd = temporaryFolder();
    if (content !== undefined) writeFileSync(join(cwd, "x.state"), content);
    const { status, stdout, stderr } = await cli(["state", "show", "x.state"], { cwd });
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^permid64: [^\\n]* \\(ERR_PERMID64_COUNTER_${code}\\)\\n$`));
  });
});

describe("import", () => {
  test("goes on where the Python service stopped, and leaves its file alone", async () => {
    const cwd = temporaryFolder();
    const python = join(cwd, "python.txt");
    for (const [i, content] of ["8192", "8192\n", " 8192 \r\n"].entries()) {
      writeFileSync(python, content);
      const before = statSync(python, { bigint: true });
      const imported = await cli(["state", "import", "python.txt", "-s", `${i}.state`, "-i", "42"], { cwd });
      const stdout = expect.stringMatching(/^instance 42 of "default" in \S+ goes on at 8192\n$/);
      expect(imported).toEqual({ status: 0, stdout, stderr: "" });
      expect(statSync(python, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
      expect(readFileSync(python, "utf8")).toBe(content);
      const next = await cli([...NEXT, "-n", "2", "-s", `${i}.state`, "-i", "42"], { cwd });
      expect(sequencesOf(next.stdout)).toEqual([8192n, 8193n]);
    }
  });

  test("binds the state to the permutation", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "python.txt"), "10");
    const args = ["-s", "new.state", "-i", "1", "--kind", "feistel"];
    await cli(["state", "import", "python.txt", ...args], { cwd, env: { PERMID64_KEY: "5" } });
    expect((await cli([...NEXT, ...args], { cwd })).status).toBe(3);
    expect((await cli([...NEXT, ...args], { cwd, env: { PERMID64_KEY: "0x5" } })).status).toBe(0);
  });

  test("never lowers an instance that is there", async () => {
    const cwd = temporaryFolder();
    const state = join(cwd, "permid64.state");
    await cli([...NEXT, "-n", "100", "-i", "42"], { cwd });
    for (const [content, mark] of [
      ["50", 100n],
      ["150", 150n],
    ] as const) {
      writeFileSync(join(cwd, "python.txt"), content);
      const { status, stdout } = await cli(["state", "import", "python.txt", "-s", "permid64.state", "-i", "42"], {
        cwd,
      });
      expect(status).toBe(0);
      expect(stdout).toContain(`goes on at ${mark}`);
      expect(markOf(state)).toBe(mark);
    }
  });

  test.each([
    "",
    " ",
    "-1",
    "1.5",
    "1e3",
    "0x10",
    "12 34",
    "12\n34",
    "１２",
    "\ufeff12",
    "281474976710657",
    "9".repeat(30),
  ])("refuses %j", async (content) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "python.txt"), content);
    const { status, stdout, stderr } = await cli(["state", "import", "python.txt", "-s", "new.state", "-i", "42"], {
      cwd,
    });
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_COUNTER_CORRUPT\)\n$/);
    expect(() => SqliteCounter.inspect(join(cwd, "new.state"))).toThrow("does not exist");
  });

  test("refuses to write to the Python file, to guess the instance, and a file that is missing", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "python.txt"), "7");
    expect((await cli(["state", "import", "python.txt", "-s", "python.txt", "-i", "1"], { cwd })).status).toBe(3);
    expect(readFileSync(join(cwd, "python.txt"), "utf8")).toBe("7");
    for (const source of [[], ["-s", "permid64.state"], ["-i", "1"]]) {
      expect((await cli(["state", "import", "python.txt", ...source], { cwd })).status).toBe(2);
    }
    const source = ["-s", "permid64.state", "-i", "1"];
    expect((await cli(["state", "import", "none.txt", ...source], { cwd })).status).toBe(1);
    expect(() => SqliteCounter.inspect(join(cwd, "permid64.state"))).toThrow("does not exist");
  });
});

describe("raise", () => {
  test("never lowers", async () => {
    const cwd = temporaryFolder();
    const state = join(cwd, "permid64.state");
    await cli([...NEXT, "-n", "10", "-i", "42"], { cwd });
    for (const [to, mark] of [
      ["5", 10n],
      ["10", 10n],
      ["5000000", 5_000_000n],
      ["0", 5_000_000n],
    ] as const) {
      const { status, stdout } = await cli(["state", "raise", "permid64.state", "--instance", "42", "--to", to], {
        cwd,
      });
      expect(status).toBe(0);
      expect(stdout).toContain(`goes on at ${mark}`);
      expect(markOf(state)).toBe(mark);
    }
    expect(sequencesOf((await cli([...NEXT, "-i", "42"], { cwd })).stdout)).toEqual([5_000_000n]);
  });

  test("in an id space", async () => {
    const cwd = temporaryFolder();
    await cli([...NEXT, "-i", "42"], { cwd });
    await cli([...NEXT, "-i", "42", "--name", "invoices"], { cwd });
    await cli(["state", "raise", "permid64.state", "-i", "42", "--to", "9", "--name", "invoices"], { cwd });
    expect(markOf(join(cwd, "permid64.state"))).toBe(1n);
    expect(markOf(join(cwd, "permid64.state"), 42, "invoices")).toBe(9n);
  });

  test("refuses what is not there or cannot be", async () => {
    const cwd = temporaryFolder();
    await cli([...NEXT, "-i", "42"], { cwd });
    for (const [args, expected] of [
      [["-i", "43", "--to", "5"], 3],
      [["-i", "42", "--to", "5", "--name", "none"], 3],
      [["-i", "42", "--to", "281474976710657"], 2],
      [["-i", "42", "--to", "-5"], 2],
      [["-i", "42", "--to", "x"], 2],
      [["-i", "42"], 2],
      [["--to", "5"], 2],
    ] as const) {
      const { status, stdout, stderr } = await cli(["state", "raise", "permid64.state", ...args], { cwd });
      expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
      expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
    }
    expect(markOf(join(cwd, "permid64.state"))).toBe(1n);
  });
});

describe("sql", () => {
  test("prints what makes the tables and a row, and nothing else", async () => {
    const { status, stdout, stderr } = await cli(["state", "sql", "postgres", "-i", "42", "--name", "o'rders"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(PostgresCounter.sql({ instanceId: 42, name: "o'rders" }));
    expect(stdout).toContain("'o''rders'");
  });

  test.each([
    [["mysql", "-i", "1"]],
    [["postgres"]],
    [["postgres", "-i", "4294967296"]],
    [["postgres", "-i", "1", "--start-at", "9223372036854775808"]],
    [["postgres", "-i", "1", "--table", "a;b"]],
    [["postgres", "-i", "1", "--name", ""]],
  ])("refuses %j", async (args) => {
    const { status, stdout, stderr } = await cli(["state", "sql", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
  });
});
