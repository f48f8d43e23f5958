import type { AsyncCounter, Claim, Counter, CounterState } from "../support/library.ts";

// The rules that every durable counter keeps, tried on each store: in Node by test/counter/support/conformance.ts, in browsers
// and in workerd by test/platforms. So this file imports types only, and asserts by itself.

export interface CreateOptions {
  instanceId: number;
  startAt?: bigint;
}

export interface CounterOptions {
  lineage?: string | undefined;
  skipAhead?: bigint;
}

/** Methods that not every store has. */
export type Ability = "leaseInstanceId" | "damage" | "close";

/** A store, on which each scenario has an id space of its own. Calls may answer at once or later. */
export interface Place {
  /** Scenarios that need these are left out. */
  readonly lacks: readonly Ability[];
  counter(name: string, options: CounterOptions): (Counter | AsyncCounter) & { close?(): void };
  create(name: string, options: CreateOptions): string | Promise<string>;
  inspect(name: string): CounterState[] | Promise<CounterState[]>;
  raise(name: string, options: { instanceId: number; floor: bigint }): bigint | Promise<bigint>;
  leaseInstanceId?(
    name: string,
    options: { layout?: { instanceBits: number }; lineage?: string | undefined },
  ): number | Promise<number>;
  /** Sets the stored mark of an instance, past the counter and the store's own rules. */
  setMark(name: string, instanceId: number, mark: unknown): unknown;
  /** Marks that cannot be right and that the store can be made to hold. */
  readonly badMarks: readonly unknown[];
  /** Damages what is stored in the `index`-th way, and returns what undoes that; undefined if there are no more ways. */
  damage?(name: string, index: number): (() => unknown) | undefined | Promise<(() => unknown) | undefined>;
  /** Deletes the id space, past the counter and the store's own rules. */
  drop(name: string): unknown;
}

export interface Report {
  checks: number;
  failures: string[];
}

/** The methods of a place, with the name of the id space given. */
type Bound<T> = {
  [K in keyof T]-?: T[K] extends ((name: string, ...rest: infer Rest) => infer R) | undefined
    ? (...rest: Rest) => R
    : T[K];
};

interface Checks {
  same(what: string, got: unknown, expected: unknown): void;
  /** The code that `work` fails with, without its beginning, is one of these; `retryable` is false. The text has `words`. */
  fails(codes: string | readonly string[], work: () => unknown, words?: string): Promise<void>;
}

/** Scenarios that not every store can play. */
const NEEDS: Readonly<Record<string, Ability>> = {
  "F17: what is no id space of ours is corrupt": "damage",
  "instance ids are leased once each": "leaseInstanceId",
  "a counter that is closed says so": "close",
};

type Scenario = (place: Bound<Place>, checks: Checks) => Promise<void>;

const CLAIM: Claim = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };
const OTHER: Claim = { ...CLAIM, fingerprint: "16+48:ffffffff" };

const ARGUMENT = ["INVALID_TYPE", "OUT_OF_RANGE"];

const BAD_CLAIMS = [
  ...[-1, 1.5, Number.NaN, 2 ** 32, "7", undefined, 7n].map((instanceId) => ({ ...CLAIM, instanceId })),
  ...[48, "48", undefined].map((limit) => ({ ...CLAIM, limit })),
  ...[7, undefined].map((fingerprint) => ({ ...CLAIM, fingerprint })),
  undefined,
  null,
] as Claim[];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One that is opened, as a generator does. */
async function opened(place: Bound<Place>, options: CounterOptions = {}, claim = CLAIM) {
  const counter = place.counter(options);
  await counter.open!(claim);
  return counter;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  async "an instance is created once"({ create }, { same, fails }) {
    const first = await create({ instanceId: 7 });
    same("a UUID", UUID.test(first), true);
    await fails("COUNTER_CONFIG", () => create({ instanceId: 7 }));
    same("the space's lineage", await create({ instanceId: 8, startAt: 5n }), first);
    const tries = await Promise.allSettled([1, 2, 3].map(async () => create({ instanceId: 9 })));
    same("one of three at once", tries.filter(({ status }) => status === "fulfilled").length, 1);
    for (const options of [{}, { instanceId: -1 }, { instanceId: 1, startAt: -1n }, { instanceId: 1, startAt: "x" }]) {
      await fails(ARGUMENT, () => create(options as CreateOptions));
    }
  },

  async "F16: an instance that is missing stays missing"(place, { same, fails }) {
    const { create, drop, inspect, raise } = place;
    const lineage = await create({ instanceId: 8 });
    await fails("COUNTER_NOT_INITIALIZED", () => opened(place, { lineage }));
    await fails("COUNTER_NOT_INITIALIZED", () => raise({ instanceId: 7, floor: 1n }));
    await create({ instanceId: 7 });
    const live = await opened(place);
    await live.reserve(10, CLAIM);
    await drop();
    await fails("COUNTER_NOT_INITIALIZED", () => live.reserve(10, CLAIM));
    await fails("COUNTER_NOT_INITIALIZED", () => live.open!(CLAIM));
    await fails("COUNTER_NOT_INITIALIZED", () => opened(place, { lineage, skipAhead: 5n }));
    await fails("COUNTER_NOT_INITIALIZED", () => raise({ instanceId: 7, floor: 1n }));
    same("nothing is made", await Promise.resolve(inspect()).catch(() => []), []);
  },

  async "numbers go on where they stopped, in blocks of any size"(place, { same }) {
    await place.create({ instanceId: 7, startAt: 2n ** 47n + 1n });
    const start = 2n ** 47n + 1n;
    const one = await opened(place);
    same("first", await one.reserve(10, CLAIM), { start, end: start + 10n });
    const other = await opened(place);
    same("second", await other.reserve(1, CLAIM), { start: start + 10n, end: start + 11n });
    same("third", await one.reserve(2 ** 32 - 1, CLAIM), { start: start + 11n, end: start + 10n + 2n ** 32n });
  },

  async "instances count by themselves"(place, { same }) {
    await place.create({ instanceId: 7 });
    await place.create({ instanceId: 8, startAt: 50n });
    const eight = { ...CLAIM, instanceId: 8 };
    const counter = await opened(place);
    await counter.open!(eight);
    same("7", await counter.reserve(10, CLAIM), { start: 0n, end: 10n });
    same("8", await counter.reserve(10, eight), { start: 50n, end: 60n });
  },

  async "F2: many counters at once: disjoint, and no number lost"(place, { same }) {
    await place.create({ instanceId: 7 });
    const counters = await Promise.all(Array.from({ length: 5 }, () => opened(place)));
    const calls = Array.from({ length: 100 }, async (_, i) => counters[i % 5]!.reserve(1 + (i % 7), CLAIM));
    const blocks = (await Promise.all(calls)).sort((a, b) => (a.start < b.start ? -1 : 1));
    const gaps = blocks.filter(({ start }, i) => start !== (i === 0 ? 0n : blocks[i - 1]!.end));
    same("gaps and overlaps", gaps, []);
    same("the mark", (await place.inspect())[0]!.mark, blocks.at(-1)!.end);
  },

  async "F17: a mark that was lowered is a rollback, and consent goes on above it"(place, { same, fails }) {
    await place.create({ instanceId: 7, startAt: 100n });
    const live = await opened(place);
    await live.reserve(10, CLAIM);
    await place.setMark(7, 109n);
    for (let i = 0; i < 2; i++) {
      await fails("COUNTER_ROLLBACK", () => live.reserve(10, CLAIM));
      await fails("COUNTER_ROLLBACK", () => live.open!(CLAIM));
      await fails("COUNTER_ROLLBACK", () => opened(place));
    }
    same("nothing is changed", (await place.inspect())[0]!.mark, 109n);
    await opened(place, { skipAhead: 1000n });
    same("ahead", await live.reserve(10, CLAIM), { start: 1110n, end: 1120n });
    // A mark that someone raised is where numbers go on.
    await place.setMark(7, 5000n);
    same("raised", await live.reserve(1, CLAIM), { start: 5000n, end: 5001n });
  },

  async "F17: a mark that cannot be right is corrupt"(place, { same, fails }) {
    await place.create({ instanceId: 7, startAt: 100n });
    const live = await opened(place);
    await live.reserve(10, CLAIM);
    for (const mark of [...place.badMarks, 2n ** 48n + 1n]) {
      await place.setMark(7, mark);
      await fails("COUNTER_CORRUPT", () => live.reserve(10, CLAIM));
      await fails("COUNTER_CORRUPT", () => live.open!(CLAIM));
      await fails("COUNTER_CORRUPT", () => opened(place, { skipAhead: 5n }));
    }
    await place.setMark(7, 110n);
    same("mended", await live.reserve(1, CLAIM), { start: 110n, end: 111n });
  },

  async "F17: what is no id space of ours is corrupt"(place, { same, fails }) {
    await place.create({ instanceId: 7 });
    const live = await opened(place);
    await live.reserve(10, CLAIM);
    for (let i = 0; ; i++) {
      const undo = await place.damage(i);
      if (!undo) break;
      await fails("COUNTER_CORRUPT", () => live.reserve(10, CLAIM));
      await fails("COUNTER_CORRUPT", () => opened(place, { skipAhead: 5n }));
      await fails("COUNTER_CORRUPT", () => place.create({ instanceId: 9 }));
      await fails("COUNTER_CORRUPT", () => place.inspect());
      await undo();
    }
    same("mended", await live.reserve(1, CLAIM), { start: 10n, end: 11n });
  },

  async "F34: the last numbers, and none after them"(place, { fails, same }) {
    const ceiling = 2n ** 48n;
    await place.create({ instanceId: 7, startAt: ceiling - 15n });
    const counter = await opened(place);
    same("full", await counter.reserve(10, CLAIM), { start: ceiling - 15n, end: ceiling - 5n });
    same("short", await counter.reserve(10, CLAIM), { start: ceiling - 5n, end: ceiling });
    for (const again of [counter, await opened(place), counter]) {
      await fails("COUNTER_EXHAUSTED", () => again.reserve(1, CLAIM), "move to a fresh instance id");
    }
    await fails("COUNTER_EXHAUSTED", () => opened(place, { skipAhead: 1n }, OTHER));
    same("not wrapped", (await place.inspect())[0]!.mark, ceiling);
  },

  async "F34: where the store ends before the layout, a block says so"(place, { fails, same }) {
    const ceiling = 2n ** 63n - 1n;
    const wide: Claim = { instanceId: 7, limit: 2n ** 64n, fingerprint: "0+64:0123abcd" };
    await place.create({ instanceId: 7, startAt: ceiling - 6n });
    const counter = await opened(place, {}, wide);
    same("exact", await counter.reserve(4, wide), { start: ceiling - 6n, end: ceiling - 2n, ceiling });
    same("the last", await counter.reserve(10, wide), { start: ceiling - 2n, end: ceiling, ceiling });
    await fails("COUNTER_EXHAUSTED", () => counter.reserve(1, wide));
  },

  async "F39: other parameters are refused, and consent replaces them"(place, { fails, same }) {
    await place.create({ instanceId: 7 });
    same("none yet", (await place.inspect())[0]!.fingerprint, "");
    const live = await opened(place);
    const before = await place.inspect();
    same("the first generator's", before[0]!.fingerprint, CLAIM.fingerprint);
    for (const [what, claim] of [
      ["another permutation", OTHER],
      ["another layout", { ...CLAIM, limit: 2n ** 56n, fingerprint: "8+56:0123abcd" }],
    ] as const) {
      await fails("COUNTER_CONFIG", () => opened(place, {}, claim), what);
      await fails("COUNTER_CONFIG", () => live.reserve(10, claim), what);
    }
    same("nothing is changed", await place.inspect(), before);
    const willing = await opened(place, { skipAhead: 5n }, OTHER);
    same("ahead", await willing.reserve(1, OTHER), { start: 5n, end: 6n });
    await fails("COUNTER_CONFIG", () => live.reserve(1, CLAIM));
    await opened(place, { skipAhead: 5n }, OTHER);
    same("consent is used once", await willing.reserve(1, OTHER), { start: 6n, end: 7n });
  },

  async "F39: consent may go beyond the end of the former layout, within that of the new one"(place, { fails, same }) {
    const larger: Claim = { ...CLAIM, limit: 2n ** 56n, fingerprint: "8+56:0123abcd" };
    await place.create({ instanceId: 7, startAt: 20n });
    const before = await opened(place);
    await fails("COUNTER_EXHAUSTED", () => opened(place, { skipAhead: 2n ** 56n }, larger));
    await opened(place, { skipAhead: 2n ** 50n }, larger);
    const start = 2n ** 50n + 20n;
    same("ahead", await (await opened(place, {}, larger)).reserve(1, larger), { start, end: start + 1n });
    await fails("COUNTER_CONFIG", () => before.reserve(1, CLAIM));
  },

  async "F39: a wrong claim or count changes nothing"(place, { fails, same }) {
    await place.create({ instanceId: 7 });
    const counter = await opened(place);
    const before = await place.inspect();
    for (const claim of BAD_CLAIMS) {
      await fails(ARGUMENT, () => counter.open!(claim));
      await fails(ARGUMENT, () => counter.reserve(10, claim));
    }
    for (const count of [0, -1, 1.5, 2 ** 32, "1", 1n, undefined] as number[]) {
      await fails(ARGUMENT, () => counter.reserve(count, CLAIM));
    }
    await fails("COUNTER_NOT_INITIALIZED", () =>
      opened(place, { skipAhead: 1n, lineage: before[0]!.lineage }, { ...CLAIM, instanceId: 65_536 + 7 }),
    );
    same(
      "nothing is changed",
      (await place.inspect()).filter(({ instanceId }) => instanceId === 7),
      before,
    );
  },

  async "F40: another store is refused where the lineage is pinned"(place, { fails, same }) {
    const lineage = await place.create({ instanceId: 7 });
    const other = crypto.randomUUID();
    for (const options of [{ lineage: other }, { lineage: other, skipAhead: 9n }]) {
      await fails("COUNTER_ROLLBACK", () => opened(place, options));
      await fails("COUNTER_ROLLBACK", () => place.counter(options).reserve(1, CLAIM));
    }
    same("the right one", await (await opened(place, { lineage })).reserve(1, CLAIM), { start: 0n, end: 1n });
  },

  async "F43: an id space that was made anew is another"(place, { fails, same }) {
    const before = await place.create({ instanceId: 7 });
    const [idle, live] = [await opened(place), await opened(place)];
    await live.reserve(10, CLAIM);
    await place.drop();
    const after = await place.create({ instanceId: 7, startAt: 1_000_000n });
    same("another lineage", after === before, false);
    for (const counter of [idle, live]) {
      await fails("COUNTER_ROLLBACK", () => counter.reserve(10, CLAIM));
      await fails("COUNTER_ROLLBACK", () => counter.open!(CLAIM));
    }
    await fails("COUNTER_ROLLBACK", () => opened(place, { lineage: before, skipAhead: 5n }));
    same("a fresh one", await (await opened(place)).reserve(1, CLAIM), { start: 1_000_000n, end: 1_000_001n });
  },

  async "inspect tells the same of every store"(place, { same }) {
    const lineage = await place.create({ instanceId: 7, startAt: 5n });
    await place.create({ instanceId: 8 });
    const fields = async () =>
      (await place.inspect()).map(({ name: _, ...state }) =>
        Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    const state = (instanceId: number, mark: bigint, ceiling: bigint, fingerprint: string) =>
      Object.entries({ ceiling, fingerprint, instanceId, lineage, mark });
    const none = 2n ** 63n - 1n;
    same("before", await fields(), [state(7, 5n, none, ""), state(8, 0n, none, "")]);
    const counter = await opened(place);
    await counter.open!({ ...CLAIM, instanceId: 8 });
    await counter.reserve(10, CLAIM);
    const { fingerprint, limit } = CLAIM;
    same("after", await fields(), [state(7, 15n, limit, fingerprint), state(8, 0n, limit, fingerprint)]);
  },

  async "raise raises, and never lowers"(place, { fails, same }) {
    await place.create({ instanceId: 7 });
    const counter = await opened(place);
    await counter.reserve(10, CLAIM);
    const raise = async (floor: bigint) => place.raise({ instanceId: 7, floor });
    for (const [floor, mark] of [
      [5n, 10n],
      [1000n, 1000n],
      [0n, 1000n],
      [1000n, 1000n],
    ] as const) {
      same(`to ${floor}`, await raise(floor), mark);
    }
    same("a live counter follows", await counter.reserve(1, CLAIM), { start: 1000n, end: 1001n });
    await fails("OUT_OF_RANGE", () => raise(2n ** 48n + 1n), '"floor" expected at most 281474976710656');
    same("to the end", await raise(2n ** 48n), 2n ** 48n);
    await fails("COUNTER_EXHAUSTED", () => counter.reserve(1, CLAIM));
    await fails("COUNTER_NOT_INITIALIZED", () => place.raise({ instanceId: 9, floor: 1n }));
    for (const options of [{ instanceId: 7 }, { instanceId: 7, floor: -1n }, { floor: 1n }]) {
      await fails(ARGUMENT, () => place.raise(options as never));
    }
  },

  async "instance ids are leased once each"(place, { fails, same }) {
    const lease = async (options = {}) => place.leaseInstanceId(options);
    await fails("COUNTER_NOT_INITIALIZED", lease);
    const lineage = await place.create({ instanceId: 0 });
    const leased = await Promise.all(Array.from({ length: 5 }, () => lease({ lineage })));
    same(
      "at once",
      leased.sort((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
    const layout = { instanceBits: 3 };
    same("the last two", [await lease({ layout }), await lease({ layout })], [6, 7]);
    await fails("COUNTER_EXHAUSTED", () => lease({ layout }));
    const claim = { ...CLAIM, instanceId: 6 };
    same("they count", await (await opened(place, {}, claim)).reserve(3, claim), { start: 0n, end: 3n });
    await fails("COUNTER_ROLLBACK", () => lease({ lineage: crypto.randomUUID() }));
    await fails(ARGUMENT, () => lease({ lineage: undefined }));
    await fails(ARGUMENT, () => lease({ layout: { instanceBits: 33 } }));
  },

  async "an option that is unknown or undefined is refused"(place, { fails, same }) {
    await place.create({ instanceId: 7 });
    const calls: [string, (options: object) => unknown][] = [
      ["counter", (options) => place.counter(options as CounterOptions)],
      ["create", (options) => place.create({ instanceId: 8, ...options })],
      ["raise", (options) => place.raise({ instanceId: 7, floor: 1n, ...options })],
      ["leaseInstanceId", (options) => place.leaseInstanceId(options)],
    ];
    for (const [name, call] of calls) {
      if (place.lacks.includes(name as Ability)) continue;
      await fails("UNKNOWN_OPTION", () => call({ nmae: "orders" }), '"nmae"; did you mean "name"?');
    }
    for (const options of [{ lineage: undefined }, { lineage: "" }, { lineage: 7 }, { skipAhead: 0n }, { name: "" }]) {
      await fails(ARGUMENT, () => place.counter(options as CounterOptions));
    }
    same("nothing is made", (await place.inspect()).length, 1);
  },

  async "a counter that is closed says so"(place, { fails, same }) {
    await place.create({ instanceId: 7 });
    const counter = await opened(place);
    counter.close!();
    counter.close!();
    await fails("CLOSED", () => counter.reserve(1, CLAIM));
    await fails("CLOSED", () => counter.open!(CLAIM));
    same("others go on", await (await opened(place)).reserve(1, CLAIM), { start: 0n, end: 1n });
  },
};

/** The scenarios of a store. */
export const titlesOf = ({ lacks }: Pick<Place, "lacks">) =>
  Object.keys(scenarios).filter((title) => !NEEDS[title] || !lacks.includes(NEEDS[title]));

const text = (value: unknown) =>
  JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each)) ?? "undefined";

/** Runs one scenario, in an id space named after it. */
export async function runScenario(title: string, place: Place): Promise<Report> {
  const report: Report = { checks: 0, failures: [] };
  const name = title.slice(0, 64);
  const bound = Object.fromEntries(
    Object.entries(place).map(([key, value]) => [
      key,
      typeof value === "function" ? (...args: unknown[]) => value(name, ...args) : value,
    ]),
  );
  const check = (ok: boolean, what: string) => {
    report.checks++;
    if (!ok) report.failures.push(`${title}: ${what}`);
  };
  const checks: Checks = {
    same: (what, got, expected) => check(text(got) === text(expected), `${what}: ${text(got)}, not ${text(expected)}`),
    async fails(codes, work, words = "") {
      const expected = [codes].flat().map((code) => `ERR_PERMID64_${code}`);
      try {
        check(false, `${codes} expected, got ${text(await work())} from ${work}`);
      } catch (error) {
        const { code, retryable, message } = error as { code?: string; retryable?: boolean; message: string };
        const isRight = expected.includes(code ?? "") && !retryable && message.includes(words);
        check(isRight, `${codes} ${words} expected, got ${code} ${error} from ${work}`);
      }
    },
  };
  try {
    await scenarios[title]!(bound as unknown as Bound<Place>, checks);
  } catch (error) {
    check(false, `${error}\n${(error as Error).stack}`);
  }
  if (report.checks === 0) check(false, "nothing was checked");
  return report;
}

/** Runs all of them, one after the other. */
export async function conformance(place: Place): Promise<Report> {
  const report: Report = { checks: 0, failures: [] };
  for (const title of titlesOf(place)) {
    const { checks, failures } = await runScenario(title, place);
    report.checks += checks;
    report.failures.push(...failures);
  }
  return report;
}
