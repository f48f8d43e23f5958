import { isDeepStrictEqual } from "node:util";
import { agree, bulk, CALLS, type Comparison, compare, type Effort, single } from "../lib/harness.ts";
import {
  type EngineName,
  Feistel64Permutation,
  Id64,
  MemoryCounter,
  PublicId,
  type PublicIds,
  SpeckPermutation,
} from "../lib/library.ts";
import { type Findings, millions, nanoseconds, rateOf, type Table, type Target, times } from "../lib/report.ts";

// By a name that tsc cannot follow, so that it can check this file where bench/package.json is not installed.
const load = (name: string) => import(name);
const { default: Hashids } = await load("hashids");
const { default: Optimus } = await load("optimus-js");
const { default: Sqids } = await load("sqids");

const KEY = "000102030405060708090a0b0c0d0e0f";
const MANY = 1 << 16;
/** The first of the rows: of a table that has grown, and such that optimus-js can take it. */
const FIRST = 1_000_000_000;
const ROWS = Array.from({ length: CALLS }, (_, i) => FIRST + i);
const MANY_ROWS = BigUint64Array.from({ length: MANY }, (_, i) => BigInt(FIRST + i));

/** Shows a row's number to the world, and reads it back. */
interface Contestant {
  readonly name: string;
  readonly yields: string;
  readonly takes: string;
  readonly key: string;
  encode(row: number): unknown;
  decode(shown: never): unknown;
  /** Of which only this library has any. */
  readonly inBulk?: PublicIds;
}

function ours(name: string, yields: string, options: { prefix?: string; check?: boolean }): Contestant {
  const ids = new PublicId({ key: KEY, type: "order", ...options });
  return {
    name,
    yields,
    takes: "bigint, number or string below 2^48, or up to 2^63",
    key: "128 bits, of a block cipher",
    encode: (row) => ids.encode(row),
    decode: (token) => ids.decode(token),
    inBulk: ids,
  };
}

const OURS = "permid64";
const sqids = new Sqids();
const hashids = new Hashids("a salt");
const optimus = new Optimus(1580030173, 59260789, 1163945558);

const CONTESTANTS: readonly Contestant[] = [
  ours(OURS, "11 characters", {}),
  ours(`${OURS}, prefix`, "15 characters", { prefix: "ord" }),
  ours(`${OURS}, prefix and check`, "16 characters", { prefix: "ord", check: true }),
  {
    name: "sqids",
    yields: "7 characters, more for larger numbers",
    takes: "numbers below 2^53",
    key: "none; the order of the alphabet can be chosen",
    encode: (row) => sqids.encode([row]),
    decode: (text) => sqids.decode(text)[0],
  },
  {
    name: "hashids",
    yields: "7 characters, more for larger numbers",
    takes: "numbers and bigints",
    key: "a salt, which sets the order of the alphabet",
    encode: (row) => hashids.encode(row),
    decode: (text) => hashids.decode(text)[0],
  },
  {
    name: "optimus-js",
    yields: "a number below 2^31",
    takes: "numbers below 2^31",
    key: "a multiplier and a mask, of 31 bits each",
    encode: (row) => optimus.encode(row),
    decode: (number) => optimus.decode(number),
  },
];

/** Every row comes back, and no two are shown as the same. */
function check({ name, encode, decode, inBulk }: Contestant): void {
  const shown = ROWS.map(encode);
  agree(
    `${name} and its own reader`,
    isDeepStrictEqual(
      shown.map((one) => Number(decode(one as never))),
      ROWS,
    ),
  );
  agree(`${name}, whose ids differ`, new Set(shown).size === ROWS.length);
  if (!inBulk) return;
  const tokens = inBulk.encodeMany(MANY_ROWS);
  agree(`${name}, in bulk and one at a time`, isDeepStrictEqual(tokens.slice(0, CALLS), shown));
  agree(`${name} in bulk, and its own reader`, isDeepStrictEqual(inBulk.decodeMany(tokens), MANY_ROWS));
}

function tableOf(title: string, result: Comparison, inBulk: Comparison): Table {
  return {
    title,
    head: ["library", "ns", "M/s", "time", "in bulk, ns", "M/s"],
    rows: CONTESTANTS.toSorted((a, b) => result.cost(a.name) - result.cost(b.name)).map(({ name }) => [
      name,
      nanoseconds(result.cost(name)),
      millions(result.rate(name)),
      name === OURS ? "1" : times(result.ratio(name, OURS)),
      ...(inBulk.names.includes(name) ? [nanoseconds(inBulk.cost(name)), millions(inBulk.rate(name))] : ["–", "–"]),
    ]),
  };
}

function againstPeers(effort: Effort): Table[] {
  for (const contestant of CONTESTANTS) check(contestant);
  const many = CONTESTANTS.flatMap(({ name, inBulk }) => (inBulk ? [{ name, ids: inBulk }] : []));
  const encoded = compare(
    CONTESTANTS.map(({ name, encode }) => single(name, encode, ROWS)),
    effort,
  );
  const decoded = compare(
    CONTESTANTS.map(({ name, encode, decode }) => single(name, decode, ROWS.map(encode) as never[])),
    effort,
  );
  const manyEncoded = compare(
    many.map(({ name, ids }) => bulk(name, MANY, () => ids.encodeMany(MANY_ROWS))),
    effort,
  );
  const manyDecoded = compare(
    many.map(({ name, ids }) => {
      const tokens = ids.encodeMany(MANY_ROWS);
      return bulk(name, MANY, () => ids.decodeMany(tokens));
    }),
    effort,
  );
  return [
    tableOf("Encoding a row's number", encoded, manyEncoded),
    tableOf("Decoding it", decoded, manyDecoded),
    {
      title: "What they do",
      head: ["library", "yields", "takes", "key"],
      rows: CONTESTANTS.map(({ name, yields, takes, key }) => [name, yields, takes, key]),
    },
  ];
}

const SPECK = "Speck";
const FEISTEL = "Feistel";
const BIGINT = "Speck by BigInt";

function cipher(name: string) {
  const engine: EngineName = name === BIGINT ? "bigint" : "wasm";
  const options = { instanceId: 1, counter: new MemoryCounter(), engine };
  return name === FEISTEL
    ? { ids: Id64.feistel(options), permutation: new Feistel64Permutation({ engine }) }
    : { ids: Id64.speck({ ...options, key: KEY }), permutation: new SpeckPermutation({ key: KEY, engine }) };
}

/** All ways to the same ids, and back, on both engines. */
function checkSpeck(): void {
  const raws = Id64.identity({ instanceId: 1, counter: new MemoryCounter() }).takeU64(MANY);
  for (const name of [SPECK, BIGINT]) {
    const { ids, permutation } = cipher(name);
    const xs = raws.slice();
    permutation.forwardMany(xs);
    agree(`${name}: fillU64 and forwardMany`, isDeepStrictEqual(ids.takeU64(MANY), xs));
    agree(`${name}: forwardMany and forward`, permutation.forward(raws[MANY - 1]!) === xs[MANY - 1]);
    agree(`${name} and the other engine`, cipher(SPECK).permutation.forward(raws[1]!) === xs[1]);
    permutation.inverseMany(xs);
    agree(`${name}: inverseMany undoes it`, isDeepStrictEqual(xs, raws));
  }
}

/** What the cipher must reach in bulk, in ids per second. */
const WANTED = 80e6;

function speckInBulk(effort: Effort): { targets: Target[]; table: Table } {
  checkSpeck();
  const ciphers = [SPECK, FEISTEL, BIGINT].map((name) => ({ name, ...cipher(name) }));
  const xs = MANY_ROWS.slice();
  const calls: [name: string, result: Comparison][] = [
    [
      "fillU64",
      compare(
        ciphers.map(({ name, ids }) => bulk(name, MANY, () => ids.fillU64(xs))),
        effort,
      ),
    ],
    [
      "forwardMany",
      compare(
        ciphers.map(({ name, permutation }) => bulk(name, MANY, () => permutation.forwardMany(xs))),
        effort,
      ),
    ],
    [
      "inverseMany",
      compare(
        ciphers.map(({ name, permutation }) => bulk(name, MANY, () => permutation.inverseMany(xs))),
        effort,
      ),
    ],
  ];
  return {
    targets: calls.map(([name, result]) => rateOf(`${SPECK}, ${name} of ${MANY}`, result.rate(SPECK), WANTED)),
    table: {
      title: "Speck in bulk",
      head: ["call", "Speck, ns", "M/s", "Feistel, ns", "time", "Speck by BigInt, ns", "time"],
      rows: calls.map(([name, result]) => [
        name,
        nanoseconds(result.cost(SPECK)),
        millions(result.rate(SPECK)),
        nanoseconds(result.cost(FEISTEL)),
        times(result.ratio(FEISTEL, SPECK)),
        nanoseconds(result.cost(BIGINT)),
        times(result.ratio(BIGINT, SPECK)),
      ]),
    },
  };
}

export function measure(effort: Effort): Findings {
  const tables = againstPeers(effort);
  const { targets, table } = speckInBulk(effort);
  return {
    title: "Public ids",
    about:
      `The numbers of rows from ${FIRST.toLocaleString("en")} on, as numbers, to public ids and back; in bulk, ${MANY} of them as a ` +
      "BigUint64Array. Times are relative to permid64 without prefix and check, and in the last table to Speck. By their own words, " +
      "the others obfuscate and do not encrypt; none has calls for many.",
    targets,
    tables: [...tables, table],
  };
}
