import { execFile } from "node:child_process";
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

// What a page of the docs tells its readers to run, and a folder where it runs: with permid64 and the clients installed.

const root = join(import.meta.dirname, "../../..");

/** A block of code, or a command within the text. */
export interface Example {
  readonly language: string;
  readonly code: string;
}

const COMMANDS: Readonly<Record<string, RegExp>> = {
  sh: /`((?:redis-cli|psql) [^`]+)`/g,
  sql: /`([A-Z]+ [^`]+;)`/g,
};

/** A page, and which of its examples have run. */
export class Page {
  readonly blocks: readonly Example[];
  readonly commands: readonly Example[];
  readonly #ran = new Set<Example>();

  constructor(path: string) {
    const text = readFileSync(join(root, path), "utf8");
    const fences = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;
    this.blocks = [...text.matchAll(fences)].map(([, indent, language, code]) => ({
      language: language!,
      code: code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }));
    const prose = text.replaceAll(fences, "");
    // A table's cells escape the bar. A command that is only named again, for another reason, is one.
    const commands = Object.entries(COMMANDS).flatMap(([language, pattern]) =>
      [...prose.matchAll(pattern)].map(([, code]) => ({ language, code: code!.replaceAll("\\|", "|") })),
    );
    this.commands = [...new Map(commands.map((command) => [command.code, command])).values()];
  }

  /** The one command that begins so. */
  command(beginning: string): Example {
    const [found, ...others] = this.commands.filter(({ code }) => code.startsWith(beginning));
    if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} commands begin: ${beginning}`);
    return found;
  }

  /** Its code, which is run from here on. A call without imports runs where the runbook says. */
  take(example: Example): string {
    this.#ran.add(example);
    const { language, code } = example;
    if (language !== "js" || code.includes("import ")) return code;
    const line = /^console\.table\(.*\n/m;
    const frame = this.blocks.find((block) => line.test(block.code))!;
    return frame.code.replace(line, code);
  }

  /** What no test has run. */
  get left(): string[] {
    return [...this.blocks, ...this.commands].filter((example) => !this.#ran.has(example)).map(({ code }) => code);
  }
}

/** The examples that use a client on other pages than its own. Each issues from instance 42 of the space "orders", and prints a token. */
export function examplesWith(client: string, own: string): [Page, Example][] {
  const pages = globSync("{README.md,docs/**/*.md}", { cwd: root }).filter((path) => path !== own);
  return pages.flatMap((path) => {
    const page = new Page(path);
    const uses = ({ language, code }: Example) => language === "js" && code.includes(`from "${client}";`);
    return page.blocks.filter(uses).map((example): [Page, Example] => [page, example]);
  });
}

/** The error code that a program ended with, or what else it said. */
function complaintOf(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  return /code: '(ERR_PERMID64_\w+)'/.exec(stderr)?.[1] ?? `${stdout}${stderr}${error}`;
}

export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "permid64-docs-"));
  #scripts = 0;

  constructor() {
    const packages = { permid64: root, "@electric-sql/pglite": "", ioredis: "", pg: "", postgres: "", redis: "" };
    for (const [name, path] of Object.entries(packages)) {
      const link = join(this.#folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(path || join(import.meta.dirname, "../node_modules", name), link, "junction");
    }
    this.#program("permid64", `exec ${JSON.stringify(process.execPath)} ${join(root, "dist/cli.js")} "$@"`);
    // What the page says that it stands for. An error that the server replies is a failure here.
    const options = '--no-auth-warning -e -u "$REDIS_URL"';
    this.#program("redis-cli", `PATH="$SYSTEM_PATH" exec redis-cli ${options} "$@"`);
  }

  #program(name: string, script: string): void {
    const file = join(this.#folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Runs it, and returns what it printed; or throws the code of the error, if it was one of permid64's. */
  async run(page: Page, example: Example | undefined, env: Readonly<Record<string, string>>): Promise<string> {
    if (!example) throw new Error("the page has fewer examples");
    const code = page.take(example);
    const [program, args] = this.#command(example.language, code, env);
    const options = {
      cwd: this.#folder,
      env: { PATH: `${this.#folder}${delimiter}${process.env.PATH}`, SYSTEM_PATH: process.env.PATH, ...env },
      timeout: 60_000,
    };
    try {
      const running = promisify(execFile)(program, args, options);
      if (example.language === "sql") running.child.stdin!.end(code);
      return (await running).stdout;
    } catch (error) {
      throw new Error(complaintOf(error));
    }
  }

  #command(language: string, code: string, env: Readonly<Record<string, string>>): [string, string[]] {
    switch (language) {
      case "js": {
        const file = join(this.#folder, `example-${this.#scripts++}.mjs`);
        writeFileSync(file, code);
        return [process.execPath, [file]];
      }
      case "sh":
        return ["bash", ["-euo", "pipefail", "-c", code]];
      case "sql":
        return ["psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", env.DATABASE_URL!]];
      default:
        throw new Error(`nothing runs ${language}`);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
