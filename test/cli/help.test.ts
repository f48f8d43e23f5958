import { expect, test } from "vitest";
import { cli, linesOf } from "../support/cli.ts";

const helpOf = (words: readonly string[]) => cli([...words, "--help"]);

/** The words of every command and sub-command, as the help tells them, the program itself among them. */
async function allCommands(words: readonly string[] = []): Promise<string[][]> {
  const { stdout } = await helpOf(words);
  const [, list = ""] = /^Commands:\n((?: {2}.*\n)+)/m.exec(stdout) ?? [];
  const names = Array.from(list.matchAll(/^ {2}(\w+)/gm), ([, name]) => name!).filter((name) => name !== "help");
  const inner = await Promise.all(names.map((name) => allCommands([...words, name])));
  return [[...words], ...inner.flat()];
}

test("the help of all commands there are", async () => {
  const names = (await allCommands()).map((words) => words.join(" "));
  expect(names.sort()).toEqual([
    "",
    "decode",
    "keygen",
    "next",
    "public",
    "public decode",
    "public encode",
    "stamp",
    "state",
    "state create",
    "state import",
    "state raise",
    "state show",
    "state sql",
    "vectors",
  ]);
});

test("the help of every command says how it is used, with examples, and fits a terminal", async () => {
  for (const words of await allCommands()) {
    const command = ["permid64", ...words].join(" ");
    const { status, stdout, stderr } = await helpOf(words);
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^Usage: ${command} `));
    expect(stdout, command).toMatch(/^Examples?:\n {2}\S.*permid64 |^Examples?:\n {2}permid64 /m);
    expect(stdout, command).not.toMatch(/^\s+at /m);
    expect(stdout, command).toMatch(/^[\n\u0020-\u007e]+$/);
    for (const line of linesOf(stdout)) expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

test("the help of every command has examples with options that exist", async () => {
  const commands = new Set((await allCommands()).map((words) => words.join(" ")));
  let seen = 0;
  for (const command of commands) {
    const { stdout } = await helpOf(command.split(" ").filter(Boolean));
    const [, examples = ""] = /^Examples?:\n([\s\S]*)/m.exec(stdout) ?? [];
    for (const [, call] of examples.replaceAll("\\\n", "").matchAll(/permid64 ([^|\n]*)/g)) {
      const [first, second] = call!.split(" ") as [string, string];
      const words = commands.has(`${first} ${second}`) ? [first, second] : [first];
      expect(commands).toContain(words.join(" "));
      const { stdout: help } = await helpOf(words);
      for (const [option] of call!.matchAll(/(?<= )--?[a-z][a-z-]*/g)) {
        expect(help).toMatch(new RegExp(`^ {2}(-., )?${option}[ ,]|^ {2}${option},`, "m"));
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(30);
});

test("the help of the program names the exit statuses and the environment", async () => {
  const { stdout } = await helpOf([]);
  const variables = ["PERMID64_KEY", "PERMID64_KEY_EPOCH", "PERMID64_PREVIOUS_KEY", "PERMID64_A", "PERMID64_B"];
  for (const word of ["Exit status:", "130", ...variables]) expect(stdout).toContain(word);
});

test("the help is what one gets without a command", async () => {
  for (const args of [[], ["state"], ["public"]]) {
    const { status, stdout, stderr } = await cli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: permid64 /);
  }
});

test("the help is a command too", async () => {
  const asCommand = await cli(["state", "help", "sql"]);
  expect(asCommand).toEqual(await helpOf(["state", "sql"]));
});
