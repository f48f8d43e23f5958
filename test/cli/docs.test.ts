import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, linesOf, shell } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

// docs/cli.md: its commands run, one after the other in one folder, and print what it says.

const page = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
const blocks = Array.from(page.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, code]) => code!);
const KEY = "000102030405060708090a0b0c0d0e0f";

test("the commands of the page print what it says", async () => {
  const cwd = temporaryFolder();
  let compared = 0;
  for (const block of blocks) {
    const expected = Array.from(block.matchAll(/^# => (.*)$/gm), ([, line]) => line!);
    const { status, stdout, stderr } = await shell(`set -eu\n${block}`, { cwd, env: { PERMID64_KEY: KEY } });
    expect({ block, status, stderr }).toEqual({ block, status: 0, stderr: "" });
    if (expected.length === 0) continue;
    expect(linesOf(stdout)).toEqual(expected);
    compared += expected.length;
  }
  expect(compared).toBeGreaterThan(15);
});

test("the page has an example of every command, of five lines at most", async () => {
  const commandsIn = (help: string) =>
    Array.from(/^Commands:\n((?: {2}.*\n)+)/m.exec(help)![1]!.matchAll(/^ {2}(\w+)/gm), ([, name]) => name!);
  const names = commandsIn((await cli(["--help"])).stdout);
  const inner = async (group: string) =>
    commandsIn((await cli([group, "--help"])).stdout).map((name) => `${group} ${name}`);
  const all = [...names, ...(await inner("state")), ...(await inner("public"))];
  const examples = blocks.join("");
  for (const command of all.filter((name) => !/\bhelp$/.test(name))) expect(examples).toContain(`permid64 ${command}`);
  for (const block of blocks) {
    expect(block.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length).toBeLessThanOrEqual(5);
  }
});

test("the page names the variables and statuses that the help names", async () => {
  const { stdout } = await cli(["--help"]);
  for (const [name] of stdout.matchAll(/PERMID64_\w+/g)) expect(page).toContain(`\`${name}`);
  const [, statuses] = /Exit status:\n([\s\S]*?)\n\n/.exec(stdout)!;
  for (const [, status] of statuses!.matchAll(/^ {2}([0-9, ]+?) {2,}/gm)) expect(page).toContain(`| ${status} | `);
});
