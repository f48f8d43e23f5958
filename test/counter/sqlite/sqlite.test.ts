import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { lacking } from "../../support/lacking.js";
import {
  type Block,
  ClosedError,
  type Counter,
  CounterConfigError,
  CounterExhaustedError,
  CounterInvalidBlockError,
  CounterNotInitializedError,
  CounterRollbackError,
  CounterUnavailableError,
  Id64,
  type Id64Options,
  MemoryCounter,
  SqliteCounter,
  type SqliteCounterOptions,
} from "../../support/library.ts";
import { attempt } from "../../support/state-host.js";

const statePath = () => join(temporaryFolder(), "orders.state");

/** The next `count` numbers of a generator. */
const take = (ids: Id64, count: number) => Array.from(ids.takeU64(count), (id) => ids.decode(id).sequence);

const range = (start: bigint, end: bigint) => Array.from({ length: Number(end - start) }, (_, i) => start + BigInt(i));

/** What `work` throws. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail("expected an error");
}

/** The process warnings from here on; each arrives a tick after its cause, those of before too. */
async function warnings(): Promise<() => Promise<{ code: string; message: string }[]>> {
  await new Promise(setImmediate);
  const seen: { code: string; message: string }[] = [];
  const listener = (warning: Error) => {
    const { code = "", message } = warning as NodeJS.ErrnoException;
    seen.push({ code, message });
  };
  process.on("warning", listener);
  onTestFinished(() => void process.off("warning", listener));
  return async () => {
    await new Promise(setImmediate);
    return seen.splice(0);
  };
}

describe("a state file", () => {
  test("is created with one warning, and opened again without", async () => {
    const path = statePath();
    const warned = await warnings();
    Id64.multiplicative({ instanceId: 42, stateFile: path }).close();
    const [warning, ...others] = await warned();
    expect(warning?.code).toBe("PERMID64_STATE_CREATED");
    expect(warning?.message).toContain(path);
    expect(warning?.message).toContain("floor");
    expect(others).toEqual([]);
    expect(readdirSync(join(path, "..")).filter((name) => !name.endsWith("-journal"))).toEqual(["orders.state"]);

    Id64.multiplicative({ instanceId: 42, stateFile: path }).close();
    new SqliteCounter(path, { create: false }).close();
    expect(await warned()).toEqual([]);
  });

  test("is created explicitly without a warning, and pins its lineage", async () => {
    const path = statePath();
    const warned = await warnings();
    const lineage = SqliteCounter.create(path, { instanceId: 42, startAt: 7n, name: "orders" });
    const ceiling = 2n ** 63n - 1n;
    const made = { name: "orders", instanceId: 42, mark: 7n, ceiling, fingerprint: "", lineage };
    expect(SqliteCounter.inspect(path)).toEqual([made]);
    using counter = new SqliteCounter(path, { name: "orders", lineage, create: false });
    using ids = Id64.multiplicative({ instanceId: 42, counter });
    expect(take(ids, 1)).toEqual([7n]);
    expect(await warned()).toEqual([]);
    expect(() => SqliteCounter.create(path, { instanceId: 42, name: "orders" })).toThrow(CounterConfigError);
    // A pinned lineage that is not there is not made up.
    using lost = new SqliteCounter(path, { lineage });
    expect(() => Id64.multiplicative({ instanceId: 42, counter: lost })).toThrow(CounterNotInitializedError);
  });

  test("is not created with create: false, by inspect or by raise", () => {
    const path = statePath();
    for (const open of [
      () => new SqliteCounter(path, { create: false }),
      () => SqliteCounter.inspect(path),
      () => SqliteCounter.raise(path, { instanceId: 0, floor: 5n }),
    ]) {
      const error = thrown(open);
      expect(error).toBeInstanceOf(CounterNotInitializedError);
      expect(error).toMatchObject({ code: "ERR_PERMID64_COUNTER_NOT_INITIALIZED", retryable: false });
      expect((error as Error).message).toContain(path);
      expect(readdirSync(join(path, ".."))).toEqual([]);
    }
  });

  test("with create: false lacks what nobody has made: an instance, a name", () => {
    const path = statePath();
    Id64.identity({ instanceId: 1, stateFile: path }).close();
    const before = readFileSync(path);
    for (const { instanceId, name } of [
      { instanceId: 2, name: "default" },
      { instanceId: 1, name: "invoices" },
    ]) {
      using counter = new SqliteCounter(path, { create: false, name });
      expect(() => Id64.identity({ instanceId, counter })).toThrow(CounterNotInitializedError);
      expect(() => SqliteCounter.raise(path, { instanceId, name, floor: 5n })).toThrow(CounterNotInitializedError);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("goes on after a restart: close drops the rest of the block, a gap and never a repeat", () => {
    const stateFile = statePath();
    for (const start of [0n, 100n, 200n]) {
      using ids = Id64.feistel({ instanceId: 3, key: 77n, stateFile, blockSize: 100 });
      expect(take(ids, 10)).toEqual(range(start, start + 10n));
    }
    expect(SqliteCounter.inspect(stateFile)).toMatchObject([{ mark: 300n }]);
  });

  test("is asked once for a bulk call, for as much as that needs or a block, whichever is more", () => {
    const stateFile = statePath();
    const mark = () => SqliteCounter.inspect(stateFile)[0]!.mark;
    using ids = Id64.identity({ instanceId: 0, stateFile, blockSize: 10 });
    const marks = [3, 3, 5, 100, 1].map((count) => [count, ids.takeU64(count).length && mark()]);
    expect(marks).toEqual([
      [3, 10n],
      [3, 10n],
      [5, 20n], // 4 of the block at hand, 1 of the next
      [100, 111n], // 9 at hand, 91 more
      [1, 121n],
    ]);
  });

  test("serves generators of one counter and of several without a repeat, in one process", () => {
    const path = statePath();
    using shared = new SqliteCounter(path);
    using other = new SqliteCounter(path);
    const generators = [shared, shared, other, other].map((counter, i) =>
      Id64.multiplicative({ instanceId: 5, counter, blockSize: 1 + i * 3 }),
    );
    const all = Array.from({ length: 100 }, (_, i) => generators.flatMap((ids) => take(ids, 1 + (i % 4)))).flat();
    const first = all.length;
    all.push(
      ...generators.flatMap((ids) => Array.from({ length: 20 }, () => ids.decodeBase62(ids.nextBase62()).sequence)),
    );
    expect(first).toBe(1000);
    expect(new Set(all).size).toBe(1080);
    const { mark } = SqliteCounter.inspect(path)[0]!;
    const held = 1 + 4 + 7 + 10;
    expect(mark).toBeGreaterThanOrEqual(1080n);
    expect(mark, "no more is reserved than is issued or at hand").toBeLessThanOrEqual(1080n + BigInt(held));
  });

  test("keeps names and instances apart", () => {
    const path = statePath();
    using orders = new SqliteCounter(path, { name: "orders" });
    using invoices = new SqliteCounter(path, { name: "invoices", floor: 50n });
    const all = [
      Id64.feistel({ instanceId: 1, key: 1n, counter: orders, blockSize: 10 }),
      Id64.feistel({ instanceId: 2, key: 1n, counter: orders, blockSize: 20 }),
      Id64.feistel({ instanceId: 1, key: 2n, counter: invoices, blockSize: 30 }),
    ].map((ids) => take(ids, 2));
    expect(all).toEqual([
      [0n, 1n],
      [0n, 1n],
      [50n, 51n],
    ]);
    expect(SqliteCounter.inspect(path)).toMatchObject([
      { name: "invoices", instanceId: 1, mark: 80n },
      { name: "orders", instanceId: 1, mark: 10n },
      { name: "orders", instanceId: 2, mark: 20n },
    ]);
  });

  test("is a file: a path that SQLite takes for a database in memory, or for a URL, is refused", () => {
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(temporaryFolder());
    for (const path of ["", ":memory:", "file:x?mode=memory", "FILE:x", "a\0b"]) {
      for (const call of [
        () => new SqliteCounter(path),
        () => SqliteCounter.create(path, { instanceId: 1 }),
        () => SqliteCounter.inspect(path),
        () => Id64.identity({ instanceId: 1, stateFile: path }),
      ]) {
        expect(thrown(call)).toMatchObject({ name: "RangeError", code: "ERR_PERMID64_OUT_OF_RANGE" });
      }
    }
    expect(readdirSync(".")).toEqual([]);
  });

  test("is the same file from another folder, and whatever its name means elsewhere", async () => {
    const folder = temporaryFolder();
    for (const path of ["./:memory:", "x.file:y?mode=memory", "a b%20#c?d"]) {
      const first = await attempt({ path, folder, count: 10 });
      const second = await attempt({ path, folder, count: 1 });
      expect([first.issued.length, second.issued]).toEqual([10, [10n]]);
      expect(SqliteCounter.inspect(join(folder, path))).toMatchObject([{ mark: 20n }]);
    }
    expect(readdirSync(folder).filter((name) => !name.endsWith("-journal"))).toHaveLength(3);

    // Of a generator that is open while the process moves.
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    using ids = Id64.identity({ instanceId: 7, stateFile: "moved.state", blockSize: 1 });
    mkdirSync("elsewhere");
    process.chdir("elsewhere");
    expect(take(ids, 2)).toEqual([0n, 1n]);
    expect(readdirSync(".")).toEqual([]);
  });

  test("may be reached by a symbolic link, and is the same store", () => {
    const path = statePath();
    const link = `${path}.link`;
    using direct = Id64.identity({ instanceId: 0, stateFile: path, blockSize: 5 });
    symlinkSync(path, link);
    using linked = Id64.identity({ instanceId: 0, stateFile: link, blockSize: 5 });
    expect([...take(direct, 5), ...take(linked, 5), ...take(direct, 5)]).toEqual(range(0n, 15n));
    expect(SqliteCounter.inspect(link)).toEqual(SqliteCounter.inspect(path));
    // The link now leads to another store.
    using elsewhere = Id64.identity({ instanceId: 0, stateFile: `${path}.2` });
    symlinkSync(`${path}.2`, `${path}.new-link`);
    renameSync(`${path}.new-link`, link);
    expect(take(elsewhere, 1)).toEqual([0n]);
    expect(() => take(linked, 1)).toThrow(CounterRollbackError);
    expect(take(direct, 1)).toEqual([15n]);
  });

  test("is not started anew where a link leads nowhere", () => {
    const path = statePath();
    symlinkSync(`${path}.gone`, path);
    for (const [create, type] of [
      [true, CounterUnavailableError],
      [false, CounterNotInitializedError],
    ] as const) {
      const error = thrown(() => new SqliteCounter(path, { create }));
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message).toContain(path);
      expect(readdirSync(join(path, ".."))).toEqual(["orders.state"]);
    }
    const stateFile = join(path, "..", "no", "such", "folder.state");
    expect(() => Id64.identity({ instanceId: 0, stateFile })).toThrow(CounterUnavailableError);
  });
});

describe("the mark", () => {
  test("is raised by floor, and never lowered", () => {
    const path = statePath();
    const mark = () => SqliteCounter.inspect(path)[0]!.mark;
    const open = (floor: bigint) => {
      using counter = new SqliteCounter(path, { floor });
      using ids = Id64.identity({ instanceId: 9, counter, blockSize: 10 });
      return [mark(), ...take(ids, 1), mark()];
    };
    expect(open(1000n)).toEqual([1000n, 1000n, 1010n]);
    expect(open(5n)).toEqual([1010n, 1010n, 1020n]);
    expect(open(0n)).toEqual([1020n, 1020n, 1030n]);
    expect(open(1031n)).toEqual([1031n, 1031n, 1041n]);
  });

  test("is raised by SqliteCounter.raise, and never lowered", () => {
    const path = statePath();
    using counter = new SqliteCounter(path, { name: "orders" });
    using ids = Id64.identity({ instanceId: 9, counter, blockSize: 10 });
    expect(take(ids, 10)).toEqual(range(0n, 10n));
    const raise = (floor: bigint) => SqliteCounter.raise(path, { instanceId: 9, name: "orders", floor });
    expect([raise(500n), raise(3n), raise(0n), raise(500n)]).toEqual([500n, 500n, 500n, 500n]);
    expect(take(ids, 11), "a live generator follows").toEqual(range(500n, 511n));
    expect(raise(2n ** 48n)).toBe(2n ** 48n);
    expect(() => take(ids, 10)).toThrow(CounterExhaustedError);
    expect(() => raise(2n ** 48n + 1n)).toThrow(RangeError);
    expect(SqliteCounter.inspect(path)).toMatchObject([{ mark: 2n ** 48n }]);
  });

  test("inspect shows every instance exactly", () => {
    const path = statePath();
    new SqliteCounter(path).close();
    expect(SqliteCounter.inspect(path)).toEqual([]);
    const layouts = [
      { name: "a", instanceId: 0, layout: { instanceBits: 0 }, ceiling: 2n ** 63n - 1n },
      { name: "b", instanceId: 65535, layout: {}, ceiling: 2n ** 48n },
      { name: "c", instanceId: 2 ** 32 - 1, layout: { instanceBits: 32 }, ceiling: 2n ** 32n },
    ];
    for (const { name, instanceId, layout, ceiling } of layouts) {
      using counter = new SqliteCounter(path, { name, floor: ceiling - 7n });
      using ids = Id64.identity({ instanceId, layout, counter, blockSize: 3 });
      ids.nextU64();
    }
    expect(SqliteCounter.inspect(path)).toEqual(
      layouts.map(({ name, instanceId, ceiling }, i) => {
        const fingerprint = expect.stringMatching([/^0\+64:[0-9a-f]{8}$/, /^16\+48:/, /^32\+32:/][i]!);
        const lineage = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        return { name, instanceId, mark: ceiling - 4n, ceiling, fingerprint, lineage };
      }),
    );
  });

  test("above the last number opens to nothing but an error", () => {
    const path = statePath();
    using counter = new SqliteCounter(path, { floor: 2n ** 48n + 1n });
    expect(() => Id64.identity({ instanceId: 0, counter })).toThrow(CounterExhaustedError);
    expect(SqliteCounter.inspect(path)).toEqual([]);
  });
});

describe("changed parameters", () => {
  const KEY = 0x0123_4567_89ab_cdefn;
  const A = 0x9e37_79b1_85eb_ca87n;
  const custom = { forward: (x: bigint) => x ^ 1n, inverse: (y: bigint) => y ^ 1n };
  type Source = Pick<Id64Options & { counter: Counter }, "counter">;
  const feistel = (source: Source) => Id64.feistel({ ...source, instanceId: 4, key: KEY, rounds: 6, blockSize: 10 });
  const multiplicative = (source: Source) =>
    Id64.multiplicative({ ...source, instanceId: 4, a: A, b: 1n, blockSize: 10 });

  const changes: [what: string, make: (source: Source) => Id64, remake: (source: Source) => Id64, named: string][] = [
    ["key", feistel, (source) => Id64.feistel({ ...source, instanceId: 4, key: KEY ^ 1n }), "permutation"],
    ["rounds", feistel, (source) => Id64.feistel({ ...source, instanceId: 4, key: KEY, rounds: 7 }), "permutation"],
    ["kind", feistel, multiplicative, "permutation"],
    [
      "multiplier",
      multiplicative,
      (source) => Id64.multiplicative({ ...source, instanceId: 4, a: A + 2n, b: 1n }),
      "permutation",
    ],
    [
      "summand",
      multiplicative,
      (source) => Id64.multiplicative({ ...source, instanceId: 4, a: A, b: 2n }),
      "permutation",
    ],
    [
      "custom permutation",
      (source) => Id64.identity({ ...source, instanceId: 4 }),
      (source) => new Id64({ ...source, instanceId: 4, permutation: custom }),
      "permutation",
    ],
    [
      "layout",
      multiplicative,
      (source) => Id64.multiplicative({ ...source, instanceId: 4, a: A, b: 1n, layout: { instanceBits: 8 } }),
      "layout",
    ],
  ];

  test.each(changes)("%s: refused, and nothing changes", (_what, make, remake, named) => {
    const path = statePath();
    using counter = new SqliteCounter(path);
    using ids = make({ counter });
    take(ids, 1);
    const bytes = readFileSync(path);
    for (const options of [{}, { floor: 10_000n }]) {
      using changed = new SqliteCounter(path, options);
      const error = thrown(() => remake({ counter: changed }));
      expect(error).toBeInstanceOf(CounterConfigError);
      expect(error).toMatchObject({ code: "ERR_PERMID64_COUNTER_CONFIG", retryable: false });
      expect((error as Error).message).toContain(`another ${named}`);
      for (const secret of [KEY, A]) {
        expect((error as Error).message).not.toContain(secret.toString());
        expect((error as Error).message).not.toContain(secret.toString(16));
      }
    }
    expect(readFileSync(path).equals(bytes)).toBe(true);
    take(ids, 20);
  });

  test.each(changes)("%s: accepted with skipAhead, which raises the mark by as much", (_what, make, remake) => {
    const path = statePath();
    using counter = new SqliteCounter(path);
    using ids = make({ counter });
    take(ids, 1);
    const { mark, fingerprint } = SqliteCounter.inspect(path)[0]!;
    const consent = { skipAhead: 12_345n };
    using changed = new SqliteCounter(path, consent);
    using goneOn = remake({ counter: changed });
    const [state] = SqliteCounter.inspect(path);
    expect(state!.mark).toBe(mark + 12_345n);
    expect(state!.fingerprint).not.toBe(fingerprint);
    expect(take(goneOn, 1)).toEqual([mark + 12_345n]);
    // The generator of before has what it reserved, and gets no more.
    expect(() => take(ids, 5000)).toThrow(CounterConfigError);
    expect(() => make({ counter: new SqliteCounter(path) })).toThrow(CounterConfigError);
    // A consent that is not needed changes nothing.
    const reached = SqliteCounter.inspect(path)[0]!.mark;
    using again = new SqliteCounter(path, consent);
    using third = remake({ counter: again });
    expect(take(third, 1)).toEqual([reached]);
  });

  test("another name in the same file, or another engine, is no change", () => {
    const path = statePath();
    using counter = new SqliteCounter(path);
    using wasm = Id64.feistel({ instanceId: 4, key: KEY, counter, engine: "wasm", blockSize: 1 });
    using bigint = Id64.feistel({ instanceId: 4, key: KEY, counter, engine: "bigint", blockSize: 1 });
    expect([wasm.engine, bigint.engine]).toEqual(["wasm", "bigint"]);
    using other = new SqliteCounter(path, { name: "other" });
    using apart = Id64.feistel({ instanceId: 4, key: KEY + 1n, counter: other });
    expect([...take(wasm, 1), ...take(bigint, 1), ...take(apart, 1)]).toEqual([0n, 1n, 0n]);
  });

  test("refused by a memory counter too", () => {
    const counter = new MemoryCounter();
    feistel({ counter });
    expect(() => multiplicative({ counter })).toThrow(CounterConfigError);
  });
});

describe.each(["wasm", "bigint"] as const)("the last numbers, %s engine", (engine) => {
  const layouts = [
    { layout: { instanceBits: 16 }, instanceId: 65535, ceiling: 2n ** 48n },
    { layout: { instanceBits: 32 }, instanceId: 2 ** 32 - 1, ceiling: 2n ** 32n },
    { layout: { instanceBits: 0 }, instanceId: 0, ceiling: 2n ** 63n - 1n }, // where SQLite's integers end
  ];
  const memory = [...layouts.slice(0, 2), { ...layouts[2]!, ceiling: 2n ** 64n }];

  /** Issues the last ten numbers in ones and in bulk, and returns them. */
  function lastTen(ids: Id64): bigint[] {
    const out = [ids.decode(ids.nextU64()).sequence, ids.decodeBase62(ids.nextBase62()).sequence];
    const mixed = [
      () => take(ids, 3),
      () => [ids.decodeBase32(ids.nextBase32()).sequence],
      () => ids.takeBase62(2).map((token) => ids.decodeBase62(token).sequence),
      () => [ids.decode(ids.nextU64()).sequence],
      () => ids.takeBase32(1).map((token) => ids.decodeBase32(token).sequence),
    ];
    for (const issue of mixed) {
      // More than is left: none is issued, none is lost.
      for (const count of [11 - out.length, 20]) {
        expect(() => ids.takeU64(count)).toThrow(CounterExhaustedError);
        expect(() => ids.takeBase62(count)).toThrow(CounterExhaustedError);
        expect(() => ids.fillU64(new BigUint64Array(count))).toThrow(CounterExhaustedError);
      }
      out.push(...issue());
    }
    return out;
  }

  function expectEnd(ids: Id64): void {
    for (let i = 0; i < 3; i++) {
      const calls = [() => ids.nextU64(), () => ids.nextBase62(), () => ids.nextBase32(), () => ids.takeU64(1)];
      for (const call of [...calls, () => ids.fillBase62(new Uint8Array(11))]) {
        const error = thrown(call);
        expect(error).toBeInstanceOf(CounterExhaustedError);
        expect(error).toMatchObject({ code: "ERR_PERMID64_COUNTER_EXHAUSTED", retryable: false });
      }
    }
  }

  test.each(layouts)("of a state file with $ceiling numbers", async ({ layout, instanceId, ceiling }) => {
    const path = statePath();
    new SqliteCounter(path).close();
    const warned = await warnings();
    using counter = new SqliteCounter(path, { floor: ceiling - 10n });
    using ids = Id64.feistel({ instanceId, layout, counter, blockSize: 4, engine });
    expect(ids.engine).toBe(engine);
    expect(lastTen(ids)).toEqual(range(ceiling - 10n, ceiling));
    expectEnd(ids);
    expect(SqliteCounter.inspect(path)).toMatchObject([{ mark: ceiling, ceiling }]);
    const codes = (await warned()).map(({ code }) => code);
    expect(codes.filter((code) => code === "PERMID64_NEARLY_EXHAUSTED")).toHaveLength(1);

    using after = Id64.feistel({ instanceId, layout, stateFile: path, blockSize: 4, engine });
    expectEnd(after);
    expect(after.decode(0n), "decoding needs no numbers").toBeDefined();
  });

  test.each(memory)("of a memory counter with $ceiling numbers", ({ layout, instanceId, ceiling }) => {
    const counter = new MemoryCounter({ startAt: ceiling - 10n });
    const ids = Id64.feistel({ instanceId, layout, counter, blockSize: 4, engine });
    expect(ids.engine).toBe(engine);
    expect(lastTen(ids)).toEqual(range(ceiling - 10n, ceiling));
    expectEnd(ids);
  });

  test.each([1, 2, 3, 9, 10, 11])("one by one, in blocks of %i", (blockSize) => {
    const path = statePath();
    using counter = new SqliteCounter(path, { floor: 2n ** 48n - 10n });
    using ids = Id64.feistel({ instanceId: 1, counter, blockSize, engine });
    const all = Array.from({ length: 10 }, () => ids.decodeBase62(ids.nextBase62()).sequence);
    expect(all).toEqual(range(2n ** 48n - 10n, 2n ** 48n));
    expectEnd(ids);
  });

  test("warned of once, from nine tenths on", async () => {
    const path = statePath();
    new SqliteCounter(path).close();
    const warned = await warnings();
    const limit = 2n ** 32n;
    const edge = (limit * 9n) / 10n;
    using counter = new SqliteCounter(path, { floor: edge - 1n });
    using ids = Id64.identity({ instanceId: 1, layout: { instanceBits: 32 }, counter, blockSize: 1, engine });
    take(ids, 1);
    expect(await warned()).toEqual([]);
    take(ids, 1);
    take(ids, 1);
    const [warning, ...others] = await warned();
    expect(warning).toMatchObject({ code: "PERMID64_NEARLY_EXHAUSTED" });
    expect(warning?.message).toContain(path);
    expect(others).toEqual([]);
  });
});

describe("any counter", () => {
  const LIMIT = 2n ** 48n;

  /** Answers with these blocks, or throws these errors, one after the other. */
  class ScriptedCounter implements Counter {
    calls = 0;
    readonly #script: unknown[];

    constructor(...script: unknown[]) {
      this.#script = script;
    }

    reserve(): Block {
      const answer = this.#script[this.calls++];
      if (answer instanceof Error) throw answer;
      return answer as Block;
    }
  }

  const block = (start: unknown, end: unknown) => ({ start, end });
  const open = (counter: Counter) => Id64.identity({ instanceId: 0, counter, blockSize: 4 });

  const invalid: [what: string, answer: unknown][] = [
    ["reversed", block(8n, 4n)],
    ["empty", block(4n, 4n)],
    ["longer than was asked for", block(4n, 9n)],
    ["below zero", block(-4n, 0n)],
    ["across zero", block(-2n, 2n)],
    ["of numbers", block(4, 8)],
    ["half of numbers", block(4n, 8)],
    ["of strings", block("4", "8")],
    ["without an end", { start: 4n }],
    ["null", null],
    ["nothing", undefined],
    ["a promise", Promise.resolve(block(4n, 8n))],
  ];

  test.each(invalid)("whose block is %s: refused, nothing issued, nothing lost", (_what, answer) => {
    const fresh = open(new ScriptedCounter(answer, answer, block(0n, 4n)));
    for (let i = 0; i < 2; i++) {
      const error = thrown(() => fresh.nextU64());
      expect(error).toBeInstanceOf(CounterInvalidBlockError);
      expect(error).toMatchObject({ code: "ERR_PERMID64_COUNTER_INVALID_BLOCK", retryable: false });
    }
    expect(take(fresh, 4), "as soon as the counter is right again").toEqual(range(0n, 4n));

    const running = open(new ScriptedCounter(block(0n, 4n), answer, block(4n, 8n)));
    expect(take(running, 2)).toEqual([0n, 1n]);
    expect(() => running.takeU64(5)).toThrow(CounterInvalidBlockError);
    expect(take(running, 2)).toEqual([2n, 3n]);
    expect(take(running, 1)).toEqual([4n]);
  });

  const repeated: [what: string, answer: unknown][] = [
    ["repeats", block(100n, 104n)],
    ["overlaps the last one", block(103n, 107n)],
    ["lies within the last one", block(101n, 102n)],
    ["lies below", block(50n, 54n)],
    ["starts again", block(0n, 4n)],
    ["is none, because the counter says it went back", new CounterRollbackError("the store went back")],
  ];

  test.each(repeated)("whose block %s: the generator stops for good and drops what it holds", (_what, answer) => {
    const counter = new ScriptedCounter(block(100n, 104n), answer, block(200n, 204n));
    const ids = open(counter);
    expect(take(ids, 1)).toEqual([100n]);
    expect(ids.decode(ids.nextU64()).sequence, "from the window").toBe(101n);
    const first = thrown(() => ids.takeU64(5));
    expect(first).toBeInstanceOf(CounterRollbackError);
    expect(first).toMatchObject({ code: "ERR_PERMID64_COUNTER_ROLLBACK", retryable: false });
    for (const call of [() => ids.nextU64(), () => ids.nextBase62(), () => ids.nextBase32(), () => ids.takeBase62(1)]) {
      expect(thrown(call)).toBe(first);
    }
    expect(counter.calls, "the counter is not asked again").toBe(2);
    expect(ids.decode(5n).sequence).toBe(5n);
  });

  test("that gives less than was asked for is asked again, in order", () => {
    const counter = new ScriptedCounter(
      block(0n, 1n),
      block(10n, 12n),
      block(20n, 21n),
      block(30n, 34n),
      block(40n, 41n),
    );
    const ids = open(counter);
    expect(take(ids, 5)).toEqual([0n, 10n, 11n, 20n, 30n]);
    expect(take(ids, 3)).toEqual([31n, 32n, 33n]);
    expect(ids.decode(ids.nextU64()).sequence).toBe(40n);
    expect(counter.calls).toBe(5);
  });

  test("that fails half way through a bulk call loses nothing", () => {
    const failure = new Error("no connection");
    const ids = open(new ScriptedCounter(block(0n, 2n), failure, failure, block(10n, 14n)));
    expect(thrown(() => ids.takeU64(6))).toBe(failure);
    expect(take(ids, 1)).toEqual([0n]);
    expect(thrown(() => ids.takeBase62(2))).toBe(failure);
    expect(take(ids, 5)).toEqual([1n, 10n, 11n, 12n, 13n]);
  });

  test("that passes the limit is served up to it, and then exhausted for ever", () => {
    const ids = open(
      new ScriptedCounter(block(LIMIT - 2n, LIMIT + 2n), ...Array(3).fill(block(LIMIT + 2n, LIMIT + 6n))),
    );
    expect(take(ids, 1)).toEqual([LIMIT - 2n]);
    expect(() => ids.takeU64(2)).toThrow(CounterExhaustedError);
    expect(take(ids, 1)).toEqual([LIMIT - 1n]);
    for (let i = 0; i < 2; i++) expect(() => ids.nextU64()).toThrow(CounterExhaustedError);

    const beyond = open(new ScriptedCounter(block(LIMIT, LIMIT + 4n), block(2n ** 64n, 2n ** 64n + 4n)));
    for (let i = 0; i < 2; i++) expect(() => beyond.nextU64()).toThrow(CounterExhaustedError);
  });

  test("is told for whom it reserves, and how much", () => {
    const asked: unknown[] = [];
    const opened: unknown[] = [];
    const inner = new MemoryCounter();
    const counter: Counter = {
      open: (claim) => void opened.push(claim),
      reserve(count, claim) {
        asked.push([count, claim]);
        return inner.reserve(count, claim);
      },
    };
    const ids = Id64.feistel({ instanceId: 3, layout: { instanceBits: 8 }, counter, blockSize: 4 });
    const claim = { instanceId: 3, limit: 2n ** 56n, fingerprint: expect.stringMatching(/^8\+56:[0-9a-f]{8}$/) };
    expect(opened).toEqual([claim]);
    expect(asked, "nothing is reserved before it is needed").toEqual([]);
    take(ids, 1);
    take(ids, 10);
    expect(asked).toEqual([
      [4, claim],
      [7, claim],
    ]);
  });

  test("that cannot open is not used", () => {
    const failure = new Error("no");
    const counter: Counter = {
      open() {
        throw failure;
      },
      reserve: () => expect.fail("was asked"),
    };
    expect(thrown(() => open(counter))).toBe(failure);
  });
});

describe("close", () => {
  test("drops the rest of the block, releases the state file, and ends issuing but not decoding", () => {
    const stateFile = statePath();
    const ids = Id64.multiplicative({ instanceId: 1, stateFile, blockSize: 10 });
    const id = ids.nextU64();
    ids.close();
    ids.close();
    const calls = [
      () => ids.nextU64(),
      () => ids.nextBase62(),
      () => ids.nextBase32(),
      () => ids.takeU64(1),
      () => ids.takeBase62(1),
      () => ids.takeBase32(1),
      () => ids.fillU64(new BigUint64Array(1)),
      () => ids.fillBase62(new Uint8Array(11)),
    ];
    for (const call of calls) {
      const error = thrown(call);
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({ code: "ERR_PERMID64_CLOSED", retryable: false });
    }
    expect(ids.decode(id).sequence).toBe(0n);
    using next = Id64.multiplicative({ instanceId: 1, stateFile, blockSize: 10 });
    expect(take(next, 1)).toEqual([10n]);
  });

  test("of a generator leaves the counter open that was passed in", () => {
    const path = statePath();
    using counter = new SqliteCounter(path);
    const first = Id64.identity({ instanceId: 1, counter, blockSize: 10 });
    using second = Id64.identity({ instanceId: 1, counter, blockSize: 10 });
    expect(take(first, 1)).toEqual([0n]);
    first.close();
    expect(take(second, 1)).toEqual([10n]);
  });

  test("of a counter lets generators issue what they hold, and no more", () => {
    const path = statePath();
    const counter = new SqliteCounter(path);
    const ids = Id64.identity({ instanceId: 1, counter, blockSize: 3 });
    expect(take(ids, 1)).toEqual([0n]);
    counter.close();
    counter.close();
    expect(() => ids.takeU64(3)).toThrow(ClosedError);
    expect(take(ids, 2)).toEqual([1n, 2n]);
    expect(() => ids.nextU64()).toThrow(ClosedError);
    expect(() => Id64.identity({ instanceId: 2, counter })).toThrow(ClosedError);
    expect(SqliteCounter.inspect(path)).toMatchObject([{ instanceId: 1, mark: 3n }]);
  });

  test("comes at the end of a using block", () => {
    const stateFile = statePath();
    let leaked: Id64;
    let shut: SqliteCounter;
    {
      using ids = Id64.identity({ instanceId: 1, stateFile });
      using counter = new SqliteCounter(stateFile);
      [leaked, shut] = [ids, counter];
      take(ids, 1);
    }
    expect(() => leaked.nextU64()).toThrow(ClosedError);
    expect(() => Id64.identity({ instanceId: 1, counter: shut })).toThrow(ClosedError);
  });

  test("lets go of the file, also where a generator could not be made", (context) => {
    const stateFile = statePath();
    const descriptors = "/proc/self/fd";
    if (!existsSync(descriptors)) lacking(context, descriptors);
    const opened = () =>
      readdirSync(descriptors).filter((name) => {
        // One of them is the folder's own, which is closed by now.
        const link = join(descriptors, name);
        return lstatSync(link, { throwIfNoEntry: false }) && readlinkSync(link) === stateFile;
      }).length;
    const ids = Id64.identity({ instanceId: 1, stateFile });
    expect(opened()).toBe(1);
    expect(() => Id64.feistel({ instanceId: 1, stateFile })).toThrow(CounterConfigError);
    expect(opened()).toBe(1);
    ids.close();
    expect(opened()).toBe(0);
  });

  test("is not needed after wrong arguments, which leave no trace", () => {
    const path = statePath();
    const options: SqliteCounterOptions[] = [{ floor: -1n }, { skipAhead: 0n }, { timeout: -1 }, { name: "" }];
    for (const wrong of options) expect(() => new SqliteCounter(path, wrong)).toThrow(RangeError);
    expect(() => Id64.multiplicative({ instanceId: 65536, stateFile: path })).toThrow(RangeError);
    expect(() => Id64.multiplicative({ instanceId: 1, stateFile: path, a: 2n })).toThrow(RangeError);
    expect(() => Id64.multiplicative({ instanceId: 1, stateFile: path, blockSize: 0 })).toThrow(RangeError);
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });
});
