import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { lacking } from "../../support/lacking.js";
import {
  CounterBusyError,
  CounterConfigError,
  CounterCorruptError,
  CounterNotInitializedError,
  CounterRollbackError,
  CounterUnavailableError,
  Id64,
  type PermId64Error,
  SqliteCounter,
} from "../../support/library.ts";
import { attempt, startProcess } from "../../support/state-host.js";
import { INSTANCE } from "../../support/state-log.js";

const statePath = () => join(temporaryFolder(), "orders.state");

/** A generator like those of `attempt`: what it reserves, they must not. */
const generator = (stateFile: string) => Id64.multiplicative({ instanceId: INSTANCE, stateFile, blockSize: 10 });

const take = (ids: Id64, count: number) => Array.from(ids.takeU64(count), (id) => ids.decode(id).sequence);

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => BigInt(start + i));

const markOf = (path: string) => SqliteCounter.inspect(path).find(({ instanceId }) => instanceId === INSTANCE)?.mark;

/** A state of which 20 numbers are reserved. */
function usedState(): string {
  const path = statePath();
  using ids = generator(path);
  take(ids, 10);
  take(ids, 1);
  return path;
}

/** What `work` throws, which is of the class and says what is known of it. */
function thrown<E extends PermId64Error>(work: () => unknown, type: new (message: string) => E): E {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ name: type.name, code: new type("").code, retryable: new type("").retryable });
    return error as E;
  }
  return expect.fail(`expected a ${type.name}`);
}

/** As `thrown`, of a fresh process that issued nothing. */
async function refusal(
  type: new (message: string) => PermId64Error,
  ...[job, wrapper]: Parameters<typeof attempt>
): Promise<string> {
  const { issued, failure } = await attempt(job, wrapper);
  expect(issued).toEqual([]);
  const { name, code, retryable } = new type("");
  expect(failure).toMatchObject({ name, code, retryable });
  return failure!.message;
}

/** All that a folder holds, except for the journals of states: SQLite may keep them, without meaning, between commits. */
const names = (folder: string) => readdirSync(folder).filter((name) => !name.endsWith("-journal"));

/** All that a file's folder holds. */
const contents = (path: string) =>
  readdirSync(dirname(path)).map((name) => [name, readFileSync(join(dirname(path), name), "latin1")]);

describe("a file that is no state", () => {
  const foreign: [what: string, make: (path: string) => void, said: RegExp][] = [
    ["empty", (path) => writeFileSync(path, ""), /is empty/],
    [
      "random bytes",
      (path) => writeFileSync(path, Buffer.from("8f3a00c1ff".repeat(3000), "hex")),
      /not a permid64 state/,
    ],
    ["one byte", (path) => writeFileSync(path, "\0"), /not a permid64 state/],
    [
      "an image",
      (path) => writeFileSync(path, Buffer.from(`89504e470d0a1a0a0000000d49484452${"00".repeat(900)}`, "hex")),
      /not a permid64 state/,
    ],
    ["a text", (path) => writeFileSync(path, "Dear diary,\n"), /not a permid64 state/],
    ["a number and more", (path) => writeFileSync(path, "4096\n4097\n"), /not a permid64 state/],
    ["another program's database", (path) => database(path, "CREATE TABLE t (x)"), /SQLite database, but not/],
    [
      "the same with a write-ahead log",
      (path) => database(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (x)"),
      /SQLite database, but not/,
    ],
    ["a database without tables", (path) => database(path, "PRAGMA user_version = 1"), /SQLite database, but not/],
    [
      "a database of ours with other tables",
      (path) => database(path, `PRAGMA application_id = ${0x7036_3473}; PRAGMA user_version = 1; CREATE TABLE t (x)`),
      /edited/,
    ],
    ["a Python state", (path) => writeFileSync(path, "4096\n"), /the Python permid64's/],
    ["a Python state without a line feed", (path) => writeFileSync(path, "281474976710656"), /the Python permid64's/],
    ["a Python state from Windows", (path) => writeFileSync(path, " 7\r\n"), /the Python permid64's/],
  ];

  function database(path: string, sql: string): void {
    using made = new DatabaseSync(path);
    made.exec(sql);
  }

  test.each(foreign)("%s: refused and left as it is", (_what, make, said) => {
    const path = statePath();
    make(path);
    const before = contents(path);
    for (const open of [
      () => new SqliteCounter(path),
      () => new SqliteCounter(path, { create: false, floor: 5n, skipAhead: 5n }),
      () => generator(path),
      () => SqliteCounter.inspect(path),
      () => SqliteCounter.raise(path, { instanceId: INSTANCE, floor: 5n }),
    ]) {
      const { message } = thrown(open, CounterCorruptError);
      expect(message).toMatch(said);
      expect(message).toContain(path);
    }
    expect(contents(path)).toEqual(before);
  });

  test("a folder: cannot be used, and stays empty", () => {
    const path = statePath();
    mkdirSync(path);
    for (const open of [() => generator(path), () => SqliteCounter.inspect(path)]) {
      expect(thrown(open, CounterUnavailableError).message).toContain(
        `${path} cannot be used: unable to open database file. Is it a file`,
      );
    }
    expect(readdirSync(path)).toEqual([]);
    expect(readdirSync(dirname(path))).toEqual(["orders.state"]);
  });

  test("a Python state is told apart with the way to import it", () => {
    const path = statePath();
    writeFileSync(path, "4096\n");
    const { message } = thrown(() => generator(path), CounterCorruptError);
    expect(message).toContain(`permid64 state import ${path}`);
    // What the command does.
    using counter = new SqliteCounter(`${path}.new`, { floor: BigInt(readFileSync(path, "utf8")) });
    using ids = Id64.multiplicative({ instanceId: INSTANCE, counter });
    expect(take(ids, 1)).toEqual([4096n]);
  });

  test("a state cut short, wherever", () => {
    const path = usedState();
    const whole = readFileSync(path);
    // SQLite reads what is missing of a last page as zeros, and the row is at that page's end.
    const lastBytes = Array.from({ length: 64 }, (_, i) => whole.length - 1 - i);
    for (const length of [1, 15, 16, 50, 99, 100, 511, 512, 4095, 4096, 4097, 8192, ...lastBytes]) {
      truncateSync(path, length);
      const before = contents(path);
      expect(() => generator(path), `${length} bytes`).toThrow(CounterCorruptError);
      expect(() => SqliteCounter.inspect(path), `${length} bytes`).toThrow(CounterCorruptError);
      expect(contents(path), `${length} bytes`).toEqual(before);
      writeFileSync(path, whole);
    }
    expect(markOf(path)).toBe(20n);
  });

  test("a state with bytes overwritten, page by page", () => {
    const path = usedState();
    const whole = readFileSync(path);
    for (let page = 0; page < whole.length; page += 4096) {
      writeFileSync(path, Buffer.from(whole).fill(0xff, page, page + 4096));
      thrown(() => generator(path), CounterCorruptError);
    }
    // Longer is whole still, by SQLite's rules: the header says where it ends.
    writeFileSync(path, whole);
    appendFileSync(path, Buffer.alloc(100));
    using ids = generator(path);
    expect(take(ids, 1)).toEqual([20n]);
  });

  test("a state of a format to come", () => {
    const path = usedState();
    {
      using newer = new DatabaseSync(path);
      newer.exec("PRAGMA user_version = 2");
    }
    const before = contents(path);
    const { message } = thrown(() => generator(path), CounterCorruptError);
    expect(message).toMatch(/format 2\b.*format 1\b/);
    expect(contents(path)).toEqual(before);
  });

  test("a missing state whose journal was left behind", () => {
    const path = usedState();
    writeFileSync(`${path}-journal`, "what a killed process wrote before it could commit");
    rmSync(path);
    const before = contents(path);
    expect(thrown(() => generator(path), CounterCorruptError).message).toContain("journal");
    thrown(() => SqliteCounter.inspect(path), CounterNotInitializedError);
    expect(contents(path)).toEqual(before);
  });
});

describe("an edited state", () => {
  /** Edits as a determined person would: without triggers and checks, which are put back. */
  function edit(path: string, sql: string): void {
    using editor = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    editor.enableDefensive(false);
    const schema = editor
      .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
      .all();
    const triggers = schema.filter(({ type }) => type === "trigger");
    for (const { name } of triggers) editor.exec(`DROP TRIGGER ${name}`);
    const { sql: found } = schema.find(({ name }) => name === "counter")!;
    const table = String(found);
    const lax = table.replace(/ STRICT,/, "").replace(/ (INTEGER|NOT NULL|CHECK \(.*?\))(?=[ ,\n])/g, "");
    const rewrite = (text: string) => {
      editor.exec("PRAGMA writable_schema = ON");
      editor.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'counter'").run(text);
      editor.exec("PRAGMA writable_schema = RESET");
    };
    rewrite(lax);
    editor.exec(sql);
    rewrite(table);
    for (const { sql: trigger } of triggers) editor.exec(String(trigger));
  }

  const values: [value: string, live: new (message: string) => PermId64Error][] = [
    ["-1", CounterCorruptError],
    ["2000.5", CounterCorruptError],
    ["20.0", CounterCorruptError],
    ["'2000'", CounterCorruptError],
    ["'many'", CounterCorruptError],
    ["x'14'", CounterCorruptError],
    ["NULL", CounterCorruptError],
    ["281474976710657", CounterCorruptError], // above the ceiling
    ["9223372036854775807", CounterCorruptError],
    ["19", CounterRollbackError],
    ["0", CounterRollbackError],
  ];

  test.each(values)("with a mark of %s", async (value, live) => {
    const path = statePath();
    using ids = generator(path);
    take(ids, 10);
    take(ids, 1);
    using idle = generator(path);
    edit(path, `UPDATE counter SET mark = ${value}`);
    const edited = readFileSync(path);
    expect(take(ids, 9), "what it holds was reserved before").toEqual(range(11, 20));
    for (let i = 0; i < 2; i++) {
      thrown(() => ids.nextU64(), live);
      thrown(() => idle.nextU64(), live);
    }
    if (live === CounterCorruptError) await refusal(CounterCorruptError, { path, count: 1 });
    expect(readFileSync(path).equals(edited)).toBe(true);
  });

  test("with the mark of another instance broken", async () => {
    const path = usedState();
    {
      using other = Id64.multiplicative({ instanceId: INSTANCE + 1, stateFile: path });
      take(other, 1);
    }
    edit(path, `UPDATE counter SET mark = -1 WHERE instance_id = ${INSTANCE + 1}`);
    await refusal(CounterCorruptError, { path, count: 1 });
  });

  test("with a mark that could be right: this is what the edits above do not break", async () => {
    const path = statePath();
    using ids = generator(path);
    take(ids, 10);
    edit(path, "UPDATE counter SET mark = 500");
    expect(take(ids, 1)).toEqual([500n]);
    expect((await attempt({ path, count: 1 })).issued).toEqual([510n]);
  });

  const structure: [what: string, sql: string, live: new (message: string) => PermId64Error][] = [
    ["without its table", "DROP TABLE counter", CounterCorruptError],
    ["without its other table", "DROP TABLE space", CounterCorruptError],
    ["without its id space", "DELETE FROM space", CounterNotInitializedError],
    ["with its id space renamed", "UPDATE space SET name = 'x'", CounterNotInitializedError],
  ];

  test.each(structure)("%s", async (_what, sql, live) => {
    const path = statePath();
    using ids = generator(path);
    take(ids, 10);
    {
      using editor = new DatabaseSync(path, { enableForeignKeyConstraints: false });
      editor.exec(sql);
    }
    const edited = readFileSync(path);
    for (let i = 0; i < 2; i++) thrown(() => ids.nextU64(), live);
    await refusal(CounterCorruptError, { path, count: 1 });
    // Nor does it start again under other parameters.
    thrown(() => Id64.feistel({ instanceId: INSTANCE, stateFile: path }), CounterCorruptError);
    expect(readFileSync(path).equals(edited)).toBe(true);
  });

  test("without its row", async () => {
    const path = statePath();
    using ids = generator(path);
    take(ids, 10);
    edit(path, "DELETE FROM counter");
    for (let i = 0; i < 2; i++) thrown(() => ids.nextU64(), CounterNotInitializedError);
    thrown(() => generator(path), CounterRollbackError);
    // A process that does not know better takes it for a new instance, unless it is told that there is none.
    await refusal(CounterNotInitializedError, { path, count: 1, options: { create: false } });
  });

  const additions = [
    "CREATE TABLE notes (x)",
    "CREATE INDEX by_mark ON counter (mark)",
    "CREATE VIEW v AS SELECT * FROM counter",
    "ALTER TABLE counter ADD COLUMN note TEXT",
    "CREATE TRIGGER mine AFTER UPDATE ON counter BEGIN SELECT 1; END",
  ];

  test.each(additions)("with %s", (sql) => {
    const path = usedState();
    {
      using editor = new DatabaseSync(path);
      editor.exec(sql);
    }
    const before = contents(path);
    expect(thrown(() => generator(path), CounterCorruptError).message).toContain("edited");
    expect(contents(path)).toEqual(before);
  });

  test("without any one of its triggers", () => {
    const path = usedState();
    const whole = readFileSync(path);
    const names = () => {
      using editor = new DatabaseSync(path);
      return editor.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
    };
    const triggers = names();
    expect(triggers.length).toBeGreaterThan(1);
    for (const { name } of triggers) {
      writeFileSync(path, whole);
      {
        using editor = new DatabaseSync(path);
        editor.exec(`DROP TRIGGER ${name}`);
      }
      expect(thrown(() => generator(path), CounterCorruptError).message).toContain("edited");
    }
  });

  const lowering = [
    "UPDATE counter SET mark = mark - 1",
    "UPDATE OR REPLACE counter SET mark = 0",
    "DELETE FROM counter",
    "REPLACE INTO counter SELECT space, instance_id, 0, ceiling FROM counter",
    "INSERT OR REPLACE INTO counter SELECT space, instance_id, mark, ceiling FROM counter",
    "UPDATE counter SET instance_id = instance_id + 1",
    "UPDATE OR REPLACE counter SET instance_id = 0",
    "UPDATE counter SET mark = -1",
    "UPDATE counter SET mark = 20.5",
    "UPDATE counter SET mark = 'many'",
    "UPDATE counter SET mark = NULL",
    "UPDATE counter SET mark = ceiling + 1",
    "INSERT INTO counter VALUES ('default', -1, 0, 10)",
    "INSERT INTO counter VALUES ('default', 4294967296, 0, 10)",
  ];

  test.each(lowering)("is not made by %s, which the file itself refuses", (sql) => {
    const path = usedState();
    {
      using other = Id64.multiplicative({ instanceId: 0, stateFile: path });
      take(other, 1);
    }
    const before = SqliteCounter.inspect(path);
    {
      using editor = new DatabaseSync(path);
      expect(() => editor.exec(sql)).toThrow();
    }
    expect(SqliteCounter.inspect(path)).toEqual(before);
    using ids = generator(path);
    expect(take(ids, 1)).toEqual([20n]);
  });

  test("that is only tidied up goes on", () => {
    const path = statePath();
    using ids = generator(path);
    take(ids, 10);
    {
      using editor = new DatabaseSync(path);
      editor.exec("VACUUM; UPDATE counter SET mark = mark + 5");
    }
    expect(take(ids, 1)).toEqual([15n]);
    using fresh = generator(path);
    expect(take(fresh, 1)).toEqual([25n]);
  });
});

describe("a state that goes back under a running generator", () => {
  /** A generator that has issued 11 of 20 numbers, and the state as it was at 10. */
  function running(): { path: string; ids: Id64; backup: Buffer } {
    const path = statePath();
    const ids = generator(path);
    onTestFinished(() => ids.close());
    take(ids, 10);
    const backup = readFileSync(path);
    take(ids, 1);
    return { path, ids, backup };
  }

  /** It serves what it reserved, and not one number more, whatever happens after. */
  function expectStop(ids: Id64): void {
    expect(take(ids, 5)).toEqual(range(11, 16));
    const first = thrown(() => ids.takeU64(5), CounterRollbackError);
    expect(
      thrown(() => ids.nextU64(), CounterRollbackError),
      "the block at hand is dropped",
    ).toBe(first);
  }

  test("deleted", async () => {
    const { path, ids } = running();
    const last = readFileSync(path);
    rmSync(path);
    expectStop(ids);
    expect(names(dirname(path)), "nothing takes its place").toEqual([]);
    await refusal(CounterNotInitializedError, { path, count: 1, options: { create: false } });
    expect(await refusal(CounterCorruptError, { path, count: 1 }), "its journal tells of it").toContain("journal");
    writeFileSync(path, last);
    thrown(() => ids.nextU64(), CounterRollbackError);
    expect((await attempt({ path, count: 2 })).issued).toEqual([20n, 21n]);
  });

  test("deleted without a trace, where nobody forbids a new one: it is made with the warning", async () => {
    const { path, ids } = running();
    for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name));
    const { issued, warnings } = await attempt({ path, count: 1 });
    expect([issued, warnings]).toEqual([[0n], ["PERMID64_STATE_CREATED"]]);
    expectStop(ids);
  });

  test("moved away", async () => {
    const { path, ids } = running();
    renameSync(path, `${path}.moved`);
    expectStop(ids);
    expect((await attempt({ path: `${path}.moved`, count: 1 })).issued).toEqual([20n]);
  });

  test("replaced by an older copy; raised, it goes on", async () => {
    const { path, ids, backup } = running();
    writeFileSync(`${path}.backup`, backup);
    renameSync(`${path}.backup`, path);
    expectStop(ids);
    thrown(() => generator(path), CounterRollbackError);
    expect(markOf(path), "refusing changed nothing").toBe(10n);
    expect(SqliteCounter.raise(path, { instanceId: INSTANCE, floor: 20n })).toBe(20n);
    expect((await attempt({ path, count: 2 })).issued).toEqual([20n, 21n]);
    using fresh = generator(path);
    expect(take(fresh, 2)).toEqual([30n, 31n]);
    thrown(() => ids.nextU64(), CounterRollbackError);
  });

  test("overwritten in place by an older copy; with a floor, it goes on", async () => {
    const { path, ids, backup } = running();
    writeFileSync(path, backup);
    const { message } = thrown(() => ids.takeU64(10), CounterRollbackError);
    expect(message).toMatch(/\b10\b.*\b20\b/);
    thrown(() => ids.nextU64(), CounterRollbackError);
    thrown(() => generator(path), CounterRollbackError);
    // A floor that is too low does not help.
    thrown(() => {
      using low = new SqliteCounter(path, { floor: 19n });
      Id64.multiplicative({ instanceId: INSTANCE, counter: low });
    }, CounterRollbackError);
    expect(markOf(path)).toBe(10n);
    expect((await attempt({ path, count: 2, options: { floor: 20n } })).issued).toEqual([20n, 21n]);
    thrown(() => ids.nextU64(), CounterRollbackError);
  });

  test("overwritten; with skipAhead, it goes on from above all that this process was given", () => {
    const { path, ids, backup } = running();
    writeFileSync(path, backup);
    expectStop(ids);
    using counter = new SqliteCounter(path, { skipAhead: 1000n });
    using fresh = Id64.multiplicative({ instanceId: INSTANCE, counter });
    expect(take(fresh, 1)).toEqual([1020n]);
  });

  test("overwritten in place by another store, with higher marks and the same names", () => {
    const { path, ids } = running();
    const other = statePath();
    SqliteCounter.create(other, { instanceId: INSTANCE, startAt: 1000n });
    generator(other).close();
    writeFileSync(path, readFileSync(other));
    const { message } = thrown(() => ids.takeU64(10), CounterRollbackError);
    expect(message).toContain("lineage");
    // A fresh process cannot know, unless it pinned the lineage.
    const { lineage } = SqliteCounter.inspect(other)[0]!;
    using pinned = new SqliteCounter(path, { lineage: crypto.randomUUID() });
    thrown(() => Id64.multiplicative({ instanceId: INSTANCE, counter: pinned }), CounterRollbackError);
    using right = new SqliteCounter(path, { lineage });
    using fresh = Id64.multiplicative({ instanceId: INSTANCE, counter: right, blockSize: 10 });
    expect(take(fresh, 1)).toEqual([1000n]);
  });

  test("copied and opened beside itself", () => {
    const { path, ids } = running();
    copyFileSync(path, `${path}.copy`);
    expect(take(ids, 10)).toEqual(range(11, 21));
    thrown(() => generator(`${path}.copy`), CounterRollbackError);
    expect(take(ids, 1)).toEqual([21n]);
  });

  test.each([0, 1, 50, 4096])("cut to %i bytes; restored, the next one goes on", async (length) => {
    const { path, ids } = running();
    const last = readFileSync(path);
    truncateSync(path, length);
    expect(take(ids, 5)).toEqual(range(11, 16));
    for (let i = 0; i < 2; i++) thrown(() => ids.takeU64(5), CounterCorruptError);
    expect(readFileSync(path), "nothing is repaired by guessing").toHaveLength(length);
    await refusal(CounterCorruptError, { path, count: 1 });
    expect(take(ids, 4), "what is held was reserved").toEqual(range(16, 20));
    writeFileSync(path, last);
    expect((await attempt({ path, count: 1 })).issued).toEqual([20n]);
    using fresh = generator(path);
    expect(take(fresh, 1)).toEqual([30n]);
  });

  test("turned into something else", async () => {
    const { path, ids } = running();
    const last = readFileSync(path);
    writeFileSync(path, "20\n");
    for (let i = 0; i < 2; i++) thrown(() => ids.takeU64(10), CounterCorruptError);
    expect(await refusal(CounterCorruptError, { path, count: 1 })).toContain("Python");
    writeFileSync(path, last);
    expect((await attempt({ path, count: 1 })).issued).toEqual([20n]);
  });

  test("under other parameters: refused until the old ones are back", () => {
    const { path, ids } = running();
    using counter = new SqliteCounter(path, { skipAhead: 5n });
    using other = Id64.feistel({ instanceId: INSTANCE, counter, blockSize: 10 });
    expect(take(other, 1)).toEqual([25n]);
    for (let i = 0; i < 2; i++) thrown(() => ids.takeU64(10), CounterConfigError);
  });
});

describe("a locked state", () => {
  /** A write that has begun, one that keeps readers out, and a read, which keeps commits out. */
  const LOCKS = ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM counter"];

  /** Locks as a transaction of another process does. */
  function hold(path: string, lock: string): () => void {
    const holder = new DatabaseSync(path);
    onTestFinished(() => {
      if (holder.isOpen) holder.close();
    });
    holder.exec(lock);
    return () => holder.close();
  }

  test.each(LOCKS)("for longer than one waits (%s): busy, and then as before", async (lock) => {
    const path = usedState();
    const before = readFileSync(path);
    const release = hold(path, lock);
    for (const timeout of [0, 50]) {
      expect(await refusal(CounterBusyError, { path, count: 1, options: { timeout } })).toContain(path);
    }
    release();
    expect(readFileSync(path).equals(before)).toBe(true); // Not earlier: reading it in this process frees the lock.
    expect((await attempt({ path, count: 1, options: { timeout: 0 } })).issued).toEqual([20n]);
  });

  test.each(LOCKS)("while a generator runs (%s): it keeps what it holds, and goes on later", (lock) => {
    const path = statePath();
    using counter = new SqliteCounter(path, { timeout: 0 });
    using ids = Id64.multiplicative({ instanceId: INSTANCE, counter, blockSize: 10 });
    expect(take(ids, 8)).toEqual(range(0, 8));
    const release = hold(path, lock);
    for (let i = 0; i < 2; i++) thrown(() => ids.takeU64(3), CounterBusyError);
    expect(take(ids, 2)).toEqual([8n, 9n]);
    thrown(() => ids.nextU64(), CounterBusyError);
    release();
    expect(take(ids, 2)).toEqual([10n, 11n]);
  });

  test.each(LOCKS)("for a while (%s): one waits and succeeds", async (lock) => {
    const path = usedState();
    const release = hold(path, lock);
    const peer = await startProcess();
    let answered = false;
    const answer = peer.run({ task: "attempt", path, count: 1, options: { timeout: 60_000 } }).then((outcome) => {
      answered = true;
      return outcome;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    release();
    expect(await answer).toMatchObject({ issued: [20n], failure: undefined });
  });
});

describe("a state that cannot be written", () => {
  // Permissions do not hold for root, so its worker becomes nobody. Others need not.
  const uid = process.getuid!() === 0 ? 65534 : undefined;

  const permissions: [what: string, file: number, folder: number][] = [
    ["a read-only file", 0o444, 0o777],
    ["a read-only folder", 0o666, 0o555],
    ["a file that may not be read", 0o000, 0o777],
    ["a folder that may not be entered", 0o666, 0o600],
  ];

  test.each(permissions)("%s: unavailable, and then as before", async (_what, file, folder) => {
    const path = usedState();
    rmSync(`${path}-journal`, { force: true }); // where it is kept, its folder need not be writable
    const before = contents(path);
    chmodSync(path, file);
    chmodSync(dirname(path), folder);
    for (const create of [true, false]) {
      const message = await refusal(CounterUnavailableError, { path, count: 1, uid, options: { create } });
      expect(message).toContain(path);
    }
    chmodSync(dirname(path), 0o777);
    chmodSync(path, 0o666);
    expect(contents(path)).toEqual(before);
    expect((await attempt({ path, count: 1, uid })).issued).toEqual([20n]);
  });

  test("a missing file in a read-only folder: unavailable, and nothing is left behind", async () => {
    const path = statePath();
    chmodSync(dirname(path), 0o555);
    await refusal(CounterUnavailableError, { path, count: 1, uid });
    await refusal(CounterUnavailableError, { path: join(dirname(path), "no", "folder"), count: 1, uid });
    chmodSync(dirname(path), 0o777);
    expect(contents(path)).toEqual([]);
    expect((await attempt({ path, count: 1, uid })).issued).toEqual([0n]);
  });

  test("a full disk: unavailable, what is held is served, and nothing is lost", (context) => {
    const folder = temporaryFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "pipe" });
    } catch {
      lacking(context, "a tmpfs, which root may mount");
    }
    onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
    const path = join(folder, "orders.state");
    using ids = generator(path);
    expect(take(ids, 8)).toEqual(range(0, 8));
    rmSync(`${path}-journal`, { force: true }); // where it is kept, it has its room
    const filler = join(folder, "filler");
    expect(() => {
      for (;;) appendFileSync(filler, Buffer.alloc(4096));
    }).toThrow("ENOSPC");
    const before = readFileSync(path);
    using idle = generator(path); // Opening writes nothing where nothing changes.
    for (let i = 0; i < 3; i++) {
      thrown(() => ids.takeU64(3), CounterUnavailableError);
      thrown(() => idle.nextU64(), CounterUnavailableError);
      thrown(() => Id64.multiplicative({ instanceId: 0, stateFile: path }), CounterUnavailableError);
      thrown(() => generator(`${path}.new`), CounterUnavailableError);
    }
    expect(take(ids, 2)).toEqual([8n, 9n]);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(names(folder).sort()).toEqual(["filler", "orders.state"]);
    rmSync(filler);
    expect([...take(ids, 2), ...take(idle, 2)]).toEqual([10n, 11n, 20n, 21n]);
  });

  const limits: [what: string, blocks: number][] = [
    ["its journal", 4],
    ["the state itself, half way through a commit", 20],
  ];

  test.each(limits)("no room for %s: unavailable, and then as before", async (_what, blocks) => {
    const path = usedState();
    // In blocks of 512 bytes.
    const limited = ["sh", "-c", `ulimit -f ${blocks} && exec "$0" "$@"`];
    await refusal(CounterUnavailableError, { path, count: 1 }, limited);
    expect(markOf(path)).toBe(20n);
    const missing = join(dirname(path), "new.state");
    await refusal(CounterUnavailableError, { path: missing, count: 1 }, limited);
    expect(names(dirname(path))).toEqual(["orders.state"]);
    expect((await attempt({ path, count: 1 })).issued).toEqual([20n]);
  });
});
