import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { lacking } from "../../support/lacking.js";
import { CounterConfigError, Id64, SqliteCounter } from "../../support/library.ts";
import { attempt, startProcess } from "../../support/state-host.js";
import { INSTANCE } from "../../support/state-log.js";

// A state file and its journal, parted. Tests whose names begin with F45 leave a hot journal by a real kill.

const statePath = () => join(temporaryFolder(), "orders.state");

const markOf = (path: string) => SqliteCounter.inspect(path).find(({ instanceId }) => instanceId === INSTANCE)!.mark;

function reserve(path: string, count: number): void {
  using counter = new SqliteCounter(path);
  using ids = Id64.multiplicative({ instanceId: INSTANCE, counter, blockSize: count });
  ids.nextU64();
}

/** A command to run a worker by: `fault` is what happens at its system calls. */
function traced(context: TestContext, calls: string, fault: string): string[] {
  const command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`];
  try {
    execFileSync(command[0]!, [...command.slice(1), "true"], { stdio: "pipe" });
  } catch {
    lacking(context, "strace, which may trace a process of its own");
  }
  return [...command, "-e", `inject=${calls}:${fault}`];
}

/** The number of the sync to be killed at, once it is known: all runs make the same calls. */
let lethalSync = 1;

/**
 * A state whose journal is hot, since a process was killed at the last sync of its commit of 10 numbers. The file has the
 * new mark, and the journal the old one.
 */
async function hotState(context: TestContext): Promise<string> {
  for (let when = lethalSync; when < 30; when++) {
    const path = statePath();
    reserve(path, 100);
    const worker = await startProcess(traced(context, "fsync,fdatasync", `signal=KILL:when=${when}`));
    const answer = await worker.run({ task: "attempt", path, count: 1 }).catch(() => undefined);
    if (answer) break;
    const probe = statePath();
    copyFileSync(path, probe);
    if (existsSync(`${path}-journal`) && markOf(probe) === 110n) {
      copyFileSync(`${path}-journal`, `${probe}-journal`);
      copyFileSync(path, probe);
      if (hot(probe)) {
        lethalSync = when;
        return path;
      }
    }
  }
  return expect.fail("no kill left a hot journal");
}

/** A header that is not zeros. */
function hot(path: string): boolean {
  return execFileSync("head", ["-c", "8", `${path}-journal`]).some((byte) => byte !== 0);
}

describe("a journal that was hidden while the file went on", () => {
  const partings: [what: string, part: (path: string, proceed: (path: string) => void) => void][] = [
    [
      "moved away and back without its journal",
      (path, proceed) => {
        const elsewhere = join(dirname(path), "elsewhere");
        mkdirSync(elsewhere);
        renameSync(path, join(elsewhere, "orders.state"));
        proceed(join(elsewhere, "orders.state"));
        renameSync(join(elsewhere, "orders.state"), path);
      },
    ],
    [
      "copied to another machine and back",
      (path, proceed) => {
        const machine = temporaryFolder();
        copyFileSync(path, join(machine, "orders.state"));
        proceed(join(machine, "orders.state"));
        copyFileSync(join(machine, "orders.state"), path);
      },
    ],
    [
      "used by another name, which is gone again",
      (path, proceed) => {
        const name = join(dirname(path), "other.state");
        linkSync(path, name);
        renameSync(path, `${path}.aside`);
        rmSync(`${path}.aside`);
        proceed(name);
        renameSync(name, path);
      },
    ],
  ];

  test.for(partings)("F45 %s: no number comes again, in three openings", async ([, part], context) => {
    const path = await hotState(context);
    part(path, (elsewhere) => reserve(elsewhere, 400));
    expect(hot(path), "the old journal is still there").toBe(true);
    const issued: bigint[] = [];
    for (let opening = 0; opening < 3; opening++) issued.push(...(await attempt({ path, count: 15 })).issued);
    expect(issued[0]).toBeGreaterThanOrEqual(510n);
    expect(new Set(issued).size).toBe(45);
  });

  test("F45 killed, and nothing else: the numbers of the commit are a gap", async (context) => {
    const path = await hotState(context);
    expect((await attempt({ path, count: 1 })).issued).toEqual([110n]);
  });

  test("F45 a journal from before an instance was made: the instance is kept", async (context) => {
    const path = await hotState(context);
    const elsewhere = statePath();
    copyFileSync(path, elsewhere);
    SqliteCounter.create(elsewhere, { instanceId: 9, startAt: 7000n });
    copyFileSync(elsewhere, path);
    expect(hot(path)).toBe(true);
    const marks = SqliteCounter.inspect(path).map(({ instanceId, mark }) => [instanceId, mark]);
    expect(marks).toEqual([
      [INSTANCE, 110n],
      [9, 7000n],
    ]);
  });
});

describe("one name for one file", () => {
  function refused(path: string, said: RegExp): void {
    for (const open of [() => new SqliteCounter(path), () => SqliteCounter.inspect(path)]) {
      let error: unknown;
      try {
        open();
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(CounterConfigError);
      expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(said) });
    }
  }

  test("F45 a hard link: refused under both names, until one is gone", () => {
    const path = statePath();
    reserve(path, 10);
    linkSync(path, `${path}.second`);
    refused(path, /2 hard links.*keep one name/);
    refused(`${path}.second`, /2 hard links/);
    rmSync(`${path}.second`);
    reserve(path, 10);
    expect(markOf(path)).toBe(20n);
  });

  test("F45 a mount of the file alone: refused; a mount of its folder goes on", (context) => {
    const path = statePath();
    reserve(path, 10);
    const mount = (from: string, to: string) => {
      try {
        execFileSync("mount", ["--bind", from, to], { stdio: "pipe" });
      } catch {
        lacking(context, "a bind mount, which root may make");
      }
      onTestFinished(() => void execFileSync("umount", ["--lazy", to]));
    };
    const single = join(temporaryFolder(), "of one file.state");
    writeFileSync(single, "");
    mount(path, single);
    refused(single, /a mount of its own.*mount its folder/);
    const folder = temporaryFolder();
    mount(dirname(path), folder);
    reserve(join(folder, "orders.state"), 10);
    expect(markOf(path)).toBe(20n);
  });
});

describe("the creation of a file", () => {
  test("only the owner may read or write it, and its journal", () => {
    const path = statePath();
    const before = process.umask(0o022);
    onTestFinished(() => void process.umask(before));
    reserve(path, 10);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-journal`).mode & 0o777).toBe(0o600);
    // An operator may let others in.
    chmodSync(path, 0o660);
    reserve(path, 10);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    if (process.getuid?.() !== 0) return; // Nobody else may use a file of this mode.
    const strict = statePath();
    process.umask(0o277);
    new SqliteCounter(strict).close();
    expect(statSync(strict).mode & 0o777).toBe(0o400);
  });

  test("F45 a folder that refuses links: a final error that says so", async (context) => {
    const path = statePath();
    const wrapper = traced(context, "link,linkat", "error=EPERM");
    const { issued, failure } = await attempt({ path, count: 1 }, wrapper);
    expect([issued, readdirSync(dirname(path))]).toEqual([[], []]);
    expect(failure).toMatchObject({ name: "CounterConfigError", retryable: false });
    expect(failure!.message).toMatch(/refuses hard links \(EPERM\)/);
  });

  test("F45 killed after the link: the draft is removed, and the file is served", async (context) => {
    const path = statePath();
    const worker = await startProcess(traced(context, "unlink,unlinkat", "signal=KILL:when=2"));
    await worker.run({ task: "attempt", path, count: 1 }).catch(() => undefined);
    const left = readdirSync(dirname(path)).filter((name) => name.includes(".tmp"));
    expect(left).not.toEqual([]);
    expect((await attempt({ path, count: 1 })).issued).toEqual([0n]);
    expect(readdirSync(dirname(path)).filter((name) => name.includes(".tmp"))).toEqual([]);
  });
});
