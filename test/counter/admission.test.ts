import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { admit, type StoredInstance, type Terms } from "../../src/counter/admission.ts";
import { temporaryFolder } from "../support/folder.ts";
import { DurableObjectCounter, SqliteCounter } from "../support/library.ts";
import { checkAdmission, INSTANCE_ID, type RowState } from "./admission.ts";

const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

const GOOD: StoredInstance = {
  lineage: "L",
  fingerprint: CLAIM.fingerprint,
  mark: 100n,
  ceiling: 2n ** 48n,
  incarnation: "here",
  live: "here",
};

const TERMS: Terms = { where: "it", lineage: "L", seen: 0n, skipAhead: undefined };

/** The block and what is stored, or the error's code. */
function decide(stored: Partial<StoredInstance> | undefined, terms: Partial<Terms> = {}) {
  try {
    return admit(stored && { ...GOOD, ...stored }, CLAIM, { ...TERMS, ...terms });
  } catch (error) {
    return (error as { code: string }).code.replace("ERR_PERMID64_COUNTER_", "");
  }
}

describe("a claim is refused with the first of", () => {
  // Each breaks one rule more, before all those of the lines above it.
  const steps: [code: string, breaks: Partial<StoredInstance>, terms?: Partial<Terms>][] = [
    ["EXHAUSTED", { mark: 2n ** 48n }, { count: 1 }],
    ["ROLLBACK", { mark: 2n ** 48n }, { seen: 2n ** 48n + 1n }],
    ["ROLLBACK", { live: "there" }],
    ["CONFIG", { fingerprint: "16+48:00000000" }],
    ["CORRUPT", { mark: 2n ** 48n + 1n }],
    ["NOT_INITIALIZED", { mark: undefined }],
    ["ROLLBACK", { lineage: "M" }],
  ];

  test.each(steps.map(([code], i) => [i, code] as const))("rule %i from the end: %s", (last, code) => {
    const broken = steps.slice(0, last + 1);
    const stored = Object.assign({}, ...broken.map(([, breaks]) => breaks));
    expect(decide(stored, Object.assign({}, ...broken.map(([, , terms]) => terms)))).toBe(code);
  });

  test("all: there is nothing", () => {
    expect(decide(undefined)).toBe("NOT_INITIALIZED");
  });
});

describe("a claim is admitted", () => {
  const stored = { fingerprint: CLAIM.fingerprint, ceiling: 2n ** 48n };

  test("to as many numbers as it asks for, or as are left", () => {
    expect(decide({}, { count: 10 })).toEqual({ ...stored, skipped: false, block: { start: 100n, end: 110n } });
    const last = { start: 2n ** 48n - 3n, end: 2n ** 48n };
    expect(decide({ mark: last.start }, { count: 10 })).toEqual({ ...stored, skipped: false, block: last });
  });

  test("to the first lineage and the first parameters", () => {
    const first = { fingerprint: undefined, ceiling: 2n ** 63n - 1n };
    for (const count of [undefined, 1]) {
      const block = { start: 100n, end: 100n + BigInt(count ?? 0) };
      const terms = { lineage: undefined, ...(count && { count }) };
      expect(decide(first, terms)).toEqual({ ...stored, skipped: false, block });
    }
  });

  test("with consent, from above all that was seen, and without need for it, from the mark", () => {
    const goesOn = (start: bigint, skipped = true) => ({ ...stored, skipped, block: { start, end: start } });
    expect(decide({ live: "there" }, { skipAhead: 5n })).toEqual(goesOn(105n));
    expect(decide({ fingerprint: "16+48:00000000" }, { skipAhead: 5n })).toEqual(goesOn(105n));
    expect(decide({}, { skipAhead: 5n, seen: 200n })).toEqual(goesOn(205n));
    expect(decide({}, { skipAhead: 5n, seen: 100n })).toEqual(goesOn(100n, false));
    // While numbers are reserved, only another server or database may be consented to.
    expect(decide({ live: "there" }, { skipAhead: 5n, count: 1 })).toMatchObject({ block: { start: 105n, end: 106n } });
    expect(decide({ fingerprint: "16+48:00000000" }, { skipAhead: 5n, count: 1 })).toBe("CONFIG");
    expect(decide({}, { skipAhead: 5n, seen: 200n, count: 1 })).toBe("ROLLBACK");
  });

  test("from the floor, when it opens", () => {
    expect(decide({}, { floor: 300n })).toMatchObject({ block: { start: 300n, end: 300n } });
    expect(decide({}, { floor: 300n, seen: 300n })).toMatchObject({ block: { start: 300n, end: 300n } });
    expect(decide({}, { floor: 299n, seen: 300n })).toBe("ROLLBACK");
    expect(decide({}, { floor: 300n, count: 1 })).toMatchObject({ block: { start: 100n, end: 101n } });
    expect(decide({}, { floor: 2n ** 48n + 1n })).toBe("EXHAUSTED");
  });
});

test.each([-1n, 2n ** 63n, 100, "100", null, {}])("a mark of %o is corrupt, and so is a ceiling", (value) => {
  expect(decide({ mark: value })).toBe("CORRUPT");
  if (value !== -1n) expect(decide({ ceiling: value })).toBe("CORRUPT");
});

describe("decides as the pure function, in any state:", () => {
  test("SQLite", async () => {
    // Each id space has a file of its own: to open a file that has a damaged row is refused.
    const template = join(temporaryFolder(), "template.state");
    new SqliteCounter(template, { floor: 1n }).close();
    const pathOf = (name: string) => join(dirname(template), name);
    const open: SqliteCounter[] = [];
    const editorOf = (name: string) => {
      // Past the rules that the file itself has.
      const editor = new DatabaseSync(pathOf(name), { enableForeignKeyConstraints: false });
      editor.exec("PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF");
      return editor;
    };
    await checkAdmission({
      ceiling: "always",
      tellsIncarnation: false,
      takesFloor: true,
      opensFirst: false,
      counter(name, options) {
        if (!existsSync(pathOf(name))) copyFileSync(template, pathOf(name));
        const counter = new SqliteCounter(pathOf(name), { create: false, ...options });
        open.push(counter);
        return counter;
      },
      async write(name, state) {
        if (!existsSync(pathOf(name))) copyFileSync(template, pathOf(name));
        if (!state) return;
        const { lineage, fingerprint, mark, ceiling } = state;
        using editor = editorOf(name);
        editor.prepare("INSERT INTO space VALUES ('default', ?, ?)").run(lineage, fingerprint ?? "");
        if (mark === undefined) return;
        editor.prepare("INSERT INTO counter VALUES ('default', ?, ?, ?)").run(INSTANCE_ID, mark, ceiling!);
      },
      async read(name): Promise<RowState | undefined> {
        for (const each of open.splice(0)) each.close();
        using editor = editorOf(name);
        const space = editor.prepare("SELECT lineage, fingerprint FROM space").get();
        if (!space) return undefined;
        const statement = editor.prepare("SELECT mark, ceiling FROM counter");
        statement.setReadBigInts(true);
        const row = statement.get() as { mark: bigint; ceiling: bigint } | undefined;
        const { lineage, fingerprint } = space as { lineage: string; fingerprint: string };
        const own = { lineage, fingerprint: fingerprint || undefined, moved: false };
        return { ...own, mark: row?.mark, ceiling: row?.ceiling };
      },
    });
  });

  test("records, as Durable Objects and IndexedDB have them", async () => {
    const values = new Map<string, unknown>();
    const storage = {
      kv: {
        get: (key: string) => structuredClone(values.get(key)),
        put: (key: string, value: unknown) => void values.set(key, structuredClone(value)),
      },
      sync: async () => {},
    };
    await checkAdmission({
      ceiling: "never",
      tellsIncarnation: false,
      takesFloor: false,
      opensFirst: false,
      counter: (name, options) => new DurableObjectCounter(storage, { name, ...options }),
      async write(name, state) {
        if (!state) return;
        const { lineage, fingerprint = null, mark } = state;
        const marks = mark === undefined ? {} : { [INSTANCE_ID]: mark };
        values.set(`permid64:${name}`, { lineage, fingerprint, marks });
      },
      async read(name): Promise<RowState | undefined> {
        const record = values.get(`permid64:${name}`);
        if (record === undefined) return undefined;
        const { lineage, fingerprint, marks } = record as {
          lineage: string;
          fingerprint: string | null;
          marks: Record<number, bigint>;
        };
        const mark = marks[INSTANCE_ID];
        return { lineage, fingerprint: fingerprint ?? undefined, mark, ceiling: undefined, moved: false };
      },
    });
  });
});
