import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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

describe("create", () => {
  const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  test("says what it made, and makes it", async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, "orders.state");
    const made = await cli(["state", "create", "orders.state", "--instance", "42"], { cwd });
    expect(made).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        new RegExp(`^instance 42 of "default" in orders.state starts at 0\nlineage ${UUID}\n$`),
      ),
      stderr: "",
    });
    expect(made.stdout).toContain(SqliteCounter.inspect(file)[0]!.lineage);
    // Without a warning: nothing is created any more.
    const next = await cli(["next", "-s", "orders.state", "-i", "42", "--no-create"], { cwd });
    expect(next).toEqual({ status: 0, stdout: "E5xm7QFdS1Z\n", stderr: "" });
  });

  test("starts where it is told, in an id space, for a layout", async () => {
    const cwd = temporaryFolder();
    const args = ["state", "create", "x.state", "-i", "70000", "--name", "an\u009b other", "--start-at", "5000000"];
    const refused = await cli(args, { cwd });
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toBe(
      "permid64: --instance expected at most 65535, got 70000: that is what --layout 16+48 has, the default (ERR_PERMID64_USAGE)\n",
    );
    const { stdout } = await cli([...args, "--layout", "32+32", "--json"], { cwd });
    expect(stdout).not.toContain("\u009b");
    const state = SqliteCounter.inspect(join(cwd, "x.state"))[0]!;
    expect(JSON.parse(stdout)).toEqual({
      name: "an\u009b other",
      instanceId: 70_000,
      mark: "5000000",
      lineage: state.lineage,
    });
    expect(state).toMatchObject({ name: "an\u009b other", instanceId: 70_000, mark: 5_000_000n });
  });

  test("adds to a file, and leaves an instance that exists as it is", async () => {
    const cwd = temporaryFolder();
    const create = (...args: string[]) => cli(["state", "create", "x.state", ...args], { cwd });
    const lineageOf = ({ stdout }: { stdout: string }) => /lineage (.*)/.exec(stdout)?.[1];
    const first = await create("-i", "1");
    expect(lineageOf(await create("-i", "2"))).toBe(lineageOf(first));
    const again = await create("-i", "1", "--start-at", "7");
    expect(again).toMatchObject({ status: 3, stdout: "" });
    expect(again.stderr).toMatch(/^permid64: [^\n]* has an instance 1 already \(ERR_PERMID64_COUNTER_CONFIG\)\n$/);
    expect(markOf(join(cwd, "x.state"), 1)).toBe(0n);
  });

  test.each([
    [["x.state"], "--instance"],
    [["-i", "1"], "file"],
    [["x.state", "-i", "1", "--start-at", "9223372036854775808"], "--start-at"],
    [["x.state", "-i", "1", "--name", ""], "--name"],
    [["x.state", "-i", "-1"], "--instance"],
    [["", "-i", "1"], "state file"],
  ])("refuses %j", async (args, hint) => {
    const cwd = temporaryFolder();
    const { status, stdout, stderr } = await cli(["state", "create", ...args], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
    expect(stderr).toContain(hint);
    expect(readdirSync(cwd)).toEqual([]);
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

  test("names its own option where a mark is too high", async () => {
    const cwd = temporaryFolder();
    await cli([...NEXT, "-i", "42"], { cwd });
    for (const to of ["281474976710657", "9223372036854775808"]) {
      const { stderr } = await cli(["state", "raise", "permid64.state", "-i", "42", "--to", to], { cwd });
      expect(stderr).toMatch(
        new RegExp(`^permid64: --to expected [^\\n]*, got ${to}n? \\(ERR_PERMID64_OUT_OF_RANGE\\)\\n$`),
      );
    }
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
    [["postgres", "-i", "99999999999"]],
    [["postgres", "-i", "99999999"]],
    [["postgres", "-i", "65536"]],
    [["postgres", "-i", "256", "--layout", "8+56"]],
  ])("refuses %j", async (args) => {
    const { status, stdout, stderr } = await cli(["state", "sql", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
    expect(stderr).not.toContain("instanceId");
  });
});
