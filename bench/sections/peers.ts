import { randomUUID } from "node:crypto";
import { agree, CALLS, type Comparison, compare, type Effort, single } from "../lib/harness.ts";
import { Id64, MemoryCounter } from "../lib/library.ts";
import { type Bar, type Findings, millions, nanoseconds, times } from "../lib/report.ts";

// By a name that tsc cannot follow, so that it can check this file where bench/package.json is not installed.
const load = (name: string) => import(name);
const { createId } = await load("@paralleldrive/cuid2");
const { Snowflake: Sapphire } = await load("@sapphire/snowflake");
const { default: Hashids } = await load("hashids");
const { nanoid } = await load("nanoid");
const { Snowflake } = await load("nodejs-snowflake");
const { default: Optimus } = await load("optimus-js");
const { default: Sqids } = await load("sqids");
const { TypeID, typeid } = await load("typeid-js");
const { decodeTime, monotonicFactory, ulid } = await load("ulid");
const { parse, v4, v7, version } = await load("uuid");

const instanceId = 1;
const EPOCH = Date.UTC(2020, 0, 1);
const multiplicative = Id64.multiplicative({ instanceId, counter: new MemoryCounter() });
const feistel = Id64.feistel({ instanceId, counter: new MemoryCounter() });
const sqids = new Sqids();
const hashids = new Hashids("a salt");
const optimus = new Optimus(1580030173, 59260789, 1163945558);
const sapphire = new Sapphire(EPOCH);
const snowflake = new Snowflake({ custom_epoch: EPOCH, instance_id: instanceId });
const monotonicUlid = monotonicFactory();

// What sqids, hashids and optimus-js encode: they bring no numbers of their own. For the first two as wide as a raw.
const FIRST_RAW = 2 ** 48 * instanceId;
let issued = 0;

interface Peer {
  readonly name: string;
  readonly yields: string;
  make(): unknown;
  /** Whether it came out as its library means it; where there is a `read`, it has its own check. */
  isSound(made: never): boolean;
  /** Gets back what the id carries. */
  readonly carries?: string;
  read?(made: never): unknown;
}

const matches = (pattern: RegExp) => (made: string) => pattern.test(made);
const BIGINT = "bigint, 64 bits";

const PEERS: readonly Peer[] = [
  {
    name: "permid64 nextU64",
    yields: BIGINT,
    make: () => multiplicative.nextU64(),
    isSound: (made) => multiplicative.decode(made).instanceId === instanceId,
    carries: "instance, sequence",
    read: (made) => multiplicative.decode(made),
  },
  {
    name: "permid64 nextU64, Feistel",
    yields: BIGINT,
    make: () => feistel.nextU64(),
    isSound: (made) => feistel.decode(made).instanceId === instanceId,
    carries: "instance, sequence",
    read: (made) => feistel.decode(made),
  },
  {
    name: "permid64 nextBase62",
    yields: "11 characters",
    make: () => multiplicative.nextBase62(),
    isSound: (made) => multiplicative.decodeBase62(made).instanceId === instanceId,
    carries: "instance, sequence",
    read: (made) => multiplicative.decodeBase62(made),
  },
  {
    name: "permid64 nextBase62, Feistel",
    yields: "11 characters",
    make: () => feistel.nextBase62(),
    isSound: (made) => feistel.decodeBase62(made).instanceId === instanceId,
    carries: "instance, sequence",
    read: (made) => feistel.decodeBase62(made),
  },
  {
    name: "crypto.randomUUID",
    yields: "36 characters",
    make: () => randomUUID(),
    isSound: (made) => version(made) === 4,
  },
  {
    name: "uuid v4",
    yields: "36 characters",
    make: () => v4(),
    isSound: (made) => version(made) === 4,
  },
  {
    name: "uuid v7",
    yields: "36 characters",
    make: () => v7(),
    isSound: (made) => version(made) === 7,
    carries: "16 bytes",
    read: (made) => parse(made),
  },
  {
    name: "nanoid",
    yields: "21 characters",
    make: () => nanoid(),
    isSound: matches(/^[\w-]{21}$/),
  },
  {
    name: "nanoid(11)",
    yields: "11 characters",
    make: () => nanoid(11),
    isSound: matches(/^[\w-]{11}$/),
  },
  {
    name: "ulid",
    yields: "26 characters",
    make: () => ulid(),
    isSound: (made) => decodeTime(made) <= Date.now(),
    carries: "time",
    read: (made) => decodeTime(made),
  },
  {
    name: "ulid, monotonic",
    yields: "26 characters",
    make: () => monotonicUlid(),
    isSound: (made) => decodeTime(made) <= Date.now(),
  },
  {
    name: "@paralleldrive/cuid2",
    yields: "24 characters",
    make: () => createId(),
    isSound: matches(/^[a-z][0-9a-z]{23}$/),
  },
  {
    name: "sqids",
    yields: "about 11 characters",
    make: () => sqids.encode([FIRST_RAW + issued++]),
    isSound: (made) => sqids.decode(made)[0] === FIRST_RAW + issued - 1,
    carries: "number below 2^53",
    read: (made) => sqids.decode(made),
  },
  {
    name: "hashids, BigInt",
    yields: "about 11 characters",
    make: () => hashids.encode(BigInt(FIRST_RAW + issued++)),
    isSound: (made) => BigInt(hashids.decode(made)[0]) === BigInt(FIRST_RAW + issued - 1),
    carries: "number",
    read: (made) => hashids.decode(made),
  },
  {
    name: "optimus-js",
    yields: "number, 31 bits",
    make: () => optimus.encode(issued++),
    isSound: (made) => optimus.decode(made) === issued - 1,
    carries: "number below 2^31",
    read: (made) => optimus.decode(made),
  },
  {
    name: "typeid-js",
    yields: "object of 30 characters",
    make: () => typeid("ord"),
    isSound: (made) => matches(/^ord_[0-9a-z]{26}$/)(String(made)),
    carries: "type, UUID",
    read: (made) => TypeID.fromString(String(made)).toUUID(),
  },
  {
    name: "@sapphire/snowflake",
    yields: BIGINT,
    make: () => sapphire.generate(),
    isSound: (made) => sapphire.deconstruct(made).id === made,
    carries: "time, process, increment",
    read: (made) => sapphire.deconstruct(made),
  },
  {
    name: "nodejs-snowflake",
    yields: BIGINT,
    make: () => snowflake.getUniqueID(),
    isSound: (made) => Snowflake.instanceIDFromID(made) === instanceId,
    carries: "time, instance",
    read: (made) => [Snowflake.timestampFromID(made, EPOCH), Snowflake.instanceIDFromID(made)],
  },
];

const MANY = 1_000_000;

/** How many ids came twice among a million, or as many as there is time for, made as fast as can be. */
function repeats({ make }: Peer, { milliseconds }: Effort): string {
  const made: unknown[] = [];
  for (const end = performance.now() + 10 * milliseconds; made.length < MANY && performance.now() < end; ) {
    for (let i = 0; i < 100; i++) made.push(make());
  }
  return `${made.length - new Set(made.map(String)).size} of ${made.length}`;
}

function byCost(peers: readonly Peer[], result: Comparison): Peer[] {
  return peers.toSorted((a, b) => result.cost(a.name) - result.cost(b.name));
}

const OURS = "permid64 nextBase62";

export function measure(effort: Effort): Findings {
  for (const { name, make, isSound } of PEERS) agree(`${name} and its own reader`, isSound(make() as never));
  const repeated = new Map(PEERS.map((peer) => [peer.name, repeats(peer, effort)]));

  const made = compare(
    PEERS.map(({ name, make }) => single(name, make)),
    effort,
  );
  const readers = PEERS.filter(({ read }) => read);
  const read = compare(
    readers.map(({ name, make, read }) =>
      single(
        name,
        read!,
        Array.from({ length: CALLS }, () => make() as never),
      ),
    ),
    effort,
  );
  const figures = (name: string, result: Comparison) => [
    nanoseconds(result.cost(name)),
    millions(result.rate(name)),
    name === OURS ? "1" : times(result.ratio(name, OURS)),
  ];
  return {
    title: "Against peers",
    about:
      "All of them, fastest first, with the time each takes relative to a base62 token of permid64's. The bulk calls of " +
      "permid64 are not in these tables: none of the peers has any. They do not all do the same: random ids need no counter, and ids " +
      "with a time sort by it. sqids, hashids and optimus-js encode numbers that someone else must keep unique.",
    targets: [],
    tables: [
      {
        title: "Making an id",
        head: ["library", "ns", "M/s", "time", "yields", "made twice"],
        rows: byCost(PEERS, made).map(({ name, yields }) => [
          name,
          ...figures(name, made),
          yields,
          repeated.get(name)!,
        ]),
      },
      {
        title: "Decoding one",
        head: ["library", "ns", "M/s", "time", "gets back"],
        rows: byCost(readers, read).map(({ name, carries }) => [name, ...figures(name, read), carries!]),
      },
    ],
    bars: PEERS.map(({ name }): Bar => ({ label: name, perSecond: made.rate(name) })),
  };
}
