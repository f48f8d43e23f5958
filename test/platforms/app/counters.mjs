// The counters that keep records, tried in the place they are for. `place` says how it is done there:
//   create(options), counter(options)   the counter's own, on one store
//   read(name), write(name, record)     the record of an id space, past the counter; undefined deletes it

const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

const text = (value) => JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each));

/** Blocks as a log may take them home, in JSON. */
export const written = (blocks) => blocks.map(({ start, end }) => [String(start), String(end)]);

/** Many counters of one space, and calls at once on each of them. */
export async function together(counters, calls, sizes, claim = CLAIM) {
  const all = counters.map(async (counter, i) => {
    const blocks = Array.from({ length: calls }, (_, call) => counter.reserve(sizes[(i + call) % sizes.length], claim));
    return written(await Promise.all(blocks));
  });
  return Promise.all(all);
}

/** What may be wrong with a mark, and with a record. */
const BAD_MARKS = [-1n, 2n ** 48n + 1n, 2n ** 63n, 2n ** 70n, 100, 0.5, Number.NaN, "100", null, undefined, {}];
const BAD_RECORDS = [null, 5, "text", [], {}, { marks: { 7: 5n } }];

const BAD_CLAIMS = [
  ...[-1, 1.5, Number.NaN, 2 ** 32, "7", undefined, 7n].map((instanceId) => ({ ...CLAIM, instanceId })),
  ...[48, "48", undefined].map((limit) => ({ ...CLAIM, limit })),
  ...[7, undefined].map((fingerprint) => ({ ...CLAIM, fingerprint })),
  undefined,
];

const scenarios = {
  async "an instance is created once"({ create }, { same, fails }) {
    const first = await create({ instanceId: 7 });
    same("a UUID", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(first), true);
    await fails("COUNTER_CONFIG", () => create({ instanceId: 7 }));
    same("the space's lineage", await create({ instanceId: 8, startAt: 5n }), first);
    const tries = await Promise.allSettled([1, 2, 3].map(() => create({ instanceId: 9 })));
    same("one of three at once", tries.filter(({ status }) => status === "fulfilled").length, 1);
    for (const options of [{}, { instanceId: -1 }, { instanceId: 1, startAt: -1n }, { instanceId: 1, startAt: "x" }]) {
      await fails(["INVALID_TYPE", "OUT_OF_RANGE"], () => create(options));
    }
  },

  async "what is missing stays missing"({ create, counter, read }, { same, fails }) {
    for (const missing of [() => counter().open(CLAIM), () => counter().reserve(10, CLAIM)]) {
      await fails("COUNTER_NOT_INITIALIZED", missing);
      same("nothing was written", await read(), undefined);
    }
    await create({ instanceId: 8 });
    await fails("COUNTER_NOT_INITIALIZED", () => counter().open(CLAIM));
    await fails("COUNTER_NOT_INITIALIZED", () => counter().reserve(10, CLAIM));
  },

  async "numbers go on where they stopped"({ create, counter }, { same }) {
    await create({ instanceId: 7, startAt: 2n ** 47n + 1n });
    await counter().open(CLAIM);
    same("first", await counter().reserve(10, CLAIM), { start: 2n ** 47n + 1n, end: 2n ** 47n + 11n });
    const other = counter();
    await other.open(CLAIM);
    same("second", await other.reserve(1, CLAIM), { start: 2n ** 47n + 11n, end: 2n ** 47n + 12n });
  },

  async "F16: a record that is gone is not begun anew"({ create, counter, write }, { fails }) {
    await create({ instanceId: 7 });
    const live = counter();
    await live.reserve(10, CLAIM);
    await write(undefined);
    await fails("COUNTER_NOT_INITIALIZED", () => live.reserve(10, CLAIM));
    await fails("COUNTER_NOT_INITIALIZED", () => live.open(CLAIM));
  },

  async "F17: a record that was edited"({ create, counter, read, write }, { fails, same }) {
    await create({ instanceId: 7, startAt: 100n });
    const live = counter();
    await live.reserve(10, CLAIM);
    const record = await read();
    for (const mark of BAD_MARKS) {
      await write({ ...record, marks: { 7: mark } });
      await fails("COUNTER_CORRUPT", () => live.reserve(10, CLAIM));
      await fails("COUNTER_CORRUPT", () => counter().open(CLAIM));
    }
    for (const bad of [
      ...BAD_RECORDS,
      { ...record, marks: null },
      { ...record, lineage: 7 },
      { ...record, fingerprint: 7 },
    ]) {
      await write(bad);
      await fails("COUNTER_CORRUPT", () => live.reserve(10, CLAIM));
      await fails("COUNTER_CORRUPT", () => counter().open(CLAIM));
      await fails("COUNTER_CORRUPT", () => create({ instanceId: 9 }));
    }
    await write({ ...record, marks: { 7: 109n } });
    await fails("COUNTER_ROLLBACK", () => live.reserve(10, CLAIM));
    await fails("COUNTER_ROLLBACK", () => live.open(CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter().reserve(10, CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter().open(CLAIM));
    // With consent, it goes on above all that this process was given.
    await counter({ skipAhead: 1000n }).open(CLAIM);
    same("ahead", await live.reserve(10, CLAIM), { start: 1110n, end: 1120n });
  },

  async "F34: the last numbers, and none after them"({ create, counter }, { fails, same }) {
    await create({ instanceId: 7, startAt: 2n ** 48n - 5n });
    await counter().open(CLAIM);
    same("the last block", await counter().reserve(10, CLAIM), { start: 2n ** 48n - 5n, end: 2n ** 48n });
    await fails("COUNTER_EXHAUSTED", () => counter().reserve(10, CLAIM));
    await counter().open(CLAIM);
    await fails("COUNTER_EXHAUSTED", () => counter().reserve(1, CLAIM));
    await fails("COUNTER_EXHAUSTED", () => counter({ skipAhead: 1n }).open({ ...CLAIM, fingerprint: "other" }));
    // The widest sequence numbers end below 2^63.
    const wide = { instanceId: 8, limit: 2n ** 64n, fingerprint: CLAIM.fingerprint };
    await create({ instanceId: 8, startAt: 2n ** 63n - 3n });
    same("the widest", await counter().reserve(10, wide), { start: 2n ** 63n - 3n, end: 2n ** 63n - 1n });
    await fails("COUNTER_EXHAUSTED", () => counter().reserve(1, wide));
  },

  async "F39: other parameters"({ create, counter, read }, { fails, same }) {
    await create({ instanceId: 7 });
    same("pinned by none", (await read()).fingerprint, null);
    await counter().open(CLAIM);
    const record = await read();
    same("pinned", record.fingerprint, CLAIM.fingerprint);
    for (const fingerprint of ["16+48:0123abce", "8+56:0123abcd"]) {
      await fails("COUNTER_CONFIG", () => counter().open({ ...CLAIM, fingerprint }));
      await fails("COUNTER_CONFIG", () => counter().reserve(10, { ...CLAIM, fingerprint }));
    }
    for (const claim of BAD_CLAIMS) {
      await fails(["INVALID_TYPE", "OUT_OF_RANGE"], () => counter().open(claim));
      await fails(["INVALID_TYPE", "OUT_OF_RANGE"], () => counter().reserve(10, claim));
    }
    await fails("COUNTER_NOT_INITIALIZED", () => counter().reserve(10, { ...CLAIM, instanceId: 65536 + 7 }));
    for (const count of [0, -1, 1.5, 2 ** 32, "1", 1n, undefined]) {
      await fails(["INVALID_TYPE", "OUT_OF_RANGE"], () => counter().reserve(count, CLAIM));
    }
    same("nothing was changed", await read(), record);
    // With consent, the new ones become the store's.
    const other = { ...CLAIM, fingerprint: "16+48:ffffffff" };
    await counter({ skipAhead: 5n }).open(other);
    same("ahead", await counter().reserve(1, other), { start: 5n, end: 6n });
    await fails("COUNTER_CONFIG", () => counter().reserve(1, CLAIM));
  },

  async "F40: another store, where the lineage is pinned"({ create, counter }, { fails, same }) {
    const lineage = await create({ instanceId: 7 });
    const other = crypto.randomUUID();
    await fails("COUNTER_ROLLBACK", () => counter({ lineage: other }).open(CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter({ lineage: other, skipAhead: 9n }).open(CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter({ lineage: other }).reserve(1, CLAIM));
    same("the right one", await counter({ lineage }).reserve(1, CLAIM), { start: 0n, end: 1n });
  },

  async "F43: dropped, and created again under the same name"({ create, counter, write }, { fails, same }) {
    const before = await create({ instanceId: 7 });
    const [opened, used, idle] = [counter(), counter(), counter()];
    await opened.open(CLAIM);
    await used.reserve(10, CLAIM);
    await write(undefined);
    const after = await create({ instanceId: 7 });
    same("another lineage", after === before, false);
    await fails("COUNTER_ROLLBACK", () => opened.reserve(10, CLAIM));
    await fails("COUNTER_ROLLBACK", () => used.reserve(10, CLAIM));
    await fails("COUNTER_ROLLBACK", () => used.open(CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter({ lineage: before }).open(CLAIM));
    // One that saw neither cannot know: pin the lineage.
    same("unpinned", await idle.reserve(1, CLAIM), { start: 0n, end: 1n });
  },

  async "a copy that lags behind"({ create, counter, read, write }, { fails, same }) {
    await create({ instanceId: 7 });
    await counter().reserve(10, CLAIM);
    const backup = await read();
    same("after the backup", await counter().reserve(10, CLAIM), { start: 10n, end: 20n });
    await write(backup);
    await fails("COUNTER_ROLLBACK", () => counter().open(CLAIM));
    await fails("COUNTER_ROLLBACK", () => counter().reserve(10, CLAIM));
    same("nothing was changed", await read(), backup);
  },
};

/** Runs all scenarios, each in an id space of its own. `place` takes the name of the space first. */
export async function counters(place) {
  const failures = [];
  let checks = 0;
  for (const [name, scenario] of Object.entries(scenarios)) {
    const bound = Object.fromEntries(Object.entries(place).map(([key, f]) => [key, (arg) => f(name, arg)]));
    const check = (ok, what) => {
      checks++;
      if (!ok) failures.push(`${name}: ${what}`);
    };
    const same = (what, got, expected) =>
      check(text(got) === text(expected), `${what}: ${text(got)}, not ${text(expected)}`);
    const fails = async (codes, work) => {
      const expected = [codes].flat().map((code) => `ERR_PERMID64_${code}`);
      try {
        check(false, `${codes} expected, got ${text(await work())} from ${work}`);
      } catch (error) {
        check(expected.includes(error.code), `${codes} expected, got ${error.code} ${error} from ${work}`);
      }
    };
    try {
      await scenario(bound, { same, fails });
    } catch (error) {
      check(false, `${error}\n${error.stack}`);
    }
  }
  return { checks, failures };
}
