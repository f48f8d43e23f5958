import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";

/** The names that the library's texts give to options, and no option of the command has. */
const FOREIGN =
  /"(name|floor|skipAhead|create|create: false|instanceId|startAt|path|key|keys\.\w+\.key|rounds|bits|type|tenant|prefix|table|instanceBits|sequenceBits)"(?! in )/;

interface Case {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** What is there before. */
  readonly make?: (cwd: string) => unknown;
  readonly hint: string;
}

const SOURCE = ["-s", "x.state", "-i", "42"];
const create = (cwd: string) => cli(["state", "create", "x.state", "-i", "42"], { cwd });
const issue = (cwd: string, ...args: string[]) => cli(["next", ...SOURCE, ...args], { cwd });

describe("errors and warnings name what the command has", () => {
  const cases: Record<string, Case> = {
    "a created file": { args: ["next", ...SOURCE], hint: "--no-create" },
    "a missing file": { args: ["next", ...SOURCE, "--no-create"], hint: "does not exist" },
    "a missing instance": {
      args: ["next", "-s", "x.state", "-i", "7", "--no-create"],
      make: create,
      hint: "state create",
    },
    "an empty file": {
      args: ["next", ...SOURCE],
      make: (cwd) => writeFileSync(join(cwd, "x.state"), ""),
      hint: "--start-at",
    },
    "a lost file": {
      args: ["next", ...SOURCE],
      make: async (cwd) => {
        await issue(cwd);
        renameSync(join(cwd, "x.state"), join(cwd, "y.state"));
      },
      hint: "journal",
    },
    "Python's file": {
      args: ["next", ...SOURCE],
      make: (cwd) => writeFileSync(join(cwd, "x.state"), "5"),
      hint: "state import",
    },
    "another permutation": { args: ["next", ...SOURCE, "--kind", "identity"], make: issue, hint: "another --name" },
    "another layout": { args: ["next", ...SOURCE, "--layout", "8+56"], make: issue, hint: "another --name" },
    "an instance that the layout lacks": {
      args: ["next", "-s", "x.state", "-i", "65536"],
      hint: "--instance expected",
    },
    "a name that is too long": { args: ["next", ...SOURCE, "--name", "n".repeat(65)], hint: "--name expected" },
    "bits that do not add up": { args: ["next", ...SOURCE, "--layout", "16+47"], hint: "--layout <bits>" },
    "rounds that are too many": {
      args: ["next", ...SOURCE, "--kind", "feistel", "--rounds", "300"],
      hint: "--rounds expected",
    },
    "an even multiplier": { args: ["next", ...SOURCE], env: { PERMID64_A: "4" }, hint: "PERMID64_A expected" },
    "a prefix in upper case": { args: ["next", ...SOURCE, "--prefix", "Ord"], hint: "--prefix expected" },
    "a mark that is too high": {
      args: ["state", "raise", "x.state", "-i", "42", "--to", "281474976710657"],
      make: issue,
      hint: "--to expected",
    },
    "a file that has no name": { args: ["state", "show", ""], hint: "state file expected" },
    "a table with a semicolon": {
      args: ["state", "sql", "postgres", "-i", "1", "--table", "a;b"],
      hint: "--table expected",
    },
    "a type that is empty": {
      args: ["public", "encode", "--type", "", "1"],
      env: { PERMID64_KEY: KEY },
      hint: "--type expected",
    },
    "the same key twice": {
      args: ["public", "encode", "--type", "order", "--epoch", "1", "1"],
      env: { PERMID64_KEY: KEY, PERMID64_PREVIOUS_KEY: KEY },
      hint: "PERMID64_PREVIOUS_KEY expected",
    },
  };

  test.each(Object.entries(cases))("%s", async (_, { args, env, make, hint }) => {
    const cwd = temporaryFolder();
    await make?.(cwd);
    const { stderr } = await cli(args, { cwd, ...(env && { env }) });
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(FOREIGN);
    expect(stderr).toMatch(/^(permid64: [^\n]* \([A-Z0-9_]+\)\n)+$/);
  });
});

describe("what commands a terminal is shown, and not sent there", () => {
  const COMMANDS = "\u001b]0;x\u0007\u001b[2J\u009b2J\u007f\u202e\u2066\u200b\n";
  const harmless = (text: string) => expect(text).toMatch(/^[\n\u0020-\u007e…]*$/);

  test("names, fingerprints and lineages of a file that somebody edited", async () => {
    const cwd = temporaryFolder();
    await cli(["next", ...SOURCE, "--name", COMMANDS], { cwd });
    const database = new DatabaseSync(join(cwd, "x.state"));
    database.prepare("UPDATE space SET fingerprint = ?, lineage = ?").run(`16+48:${COMMANDS}`, COMMANDS);
    database.close();
    const table = await cli(["state", "show", "x.state"], { cwd });
    expect(table.status).toBe(0);
    harmless(table.stdout);
    expect(table.stdout).toContain("\\u{1b}[2J");
    const json = await cli(["state", "show", "--json", "x.state"], { cwd });
    harmless(json.stdout);
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: COMMANDS,
      fingerprint: `16+48:${COMMANDS}`,
      lineage: COMMANDS,
    });
    const refused = await cli(["next", ...SOURCE, "--name", COMMANDS], { cwd });
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain("\\u{1b}[2J");
    harmless(refused.stderr);
  });

  test("names of files, in every answer", async () => {
    const cwd = temporaryFolder();
    const file = COMMANDS.replace("\n", "");
    const runs = [
      ["state", "create", file, "-i", "1", "--name", COMMANDS],
      ["state", "raise", file, "-i", "1", "--to", "5", "--name", COMMANDS],
      ["state", "show", `${file}missing`],
      ["next", "-s", `${file}2`, "-i", "1"],
      ["stamp", "--to", "id", "-s", file, "-i", "1", "--name", COMMANDS, `${file}missing`],
      ["state", "import", `${file}missing`, "-s", file, "-i", "1"],
      ["next", "--config", file],
      ["next", "--kind", COMMANDS],
      [COMMANDS],
    ];
    for (const args of runs) {
      const { stdout, stderr } = await cli(args, { cwd });
      expect(`${stdout}${stderr}`).not.toBe("");
      harmless(`${stdout}${stderr}`);
    }
    expect(existsSync(join(cwd, file))).toBe(true);
  });
});
