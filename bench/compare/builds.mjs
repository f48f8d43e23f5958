// Compares two builds in one process: node bench/compare/builds.mjs <old dist> <new dist>
// Both run the same work in turns, so that the machine's noise hits both. A ratio is the median of its rounds' ratios, new
// to old: below 1, the new build is faster.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [oldDist, newDist] = process.argv.slice(2).map((path) => resolve(path));
if (!newDist) {
  console.error("usage: node bench/compare/builds.mjs <old dist> <new dist>");
  process.exit(2);
}

const KEY = "000102030405060708090a0b0c0d0e0f";
const ROUNDS = 15;

/** The entry of a build: builds before sub-paths have one file. */
const entryOf = (dist) =>
  pathToFileURL(existsSync(join(dist, "index.js")) ? join(dist, "index.js") : join(dist, "permid64.js")).href;

const generator = (lib, kind = "multiplicative", more = {}) =>
  lib.Id64[kind]({ instanceId: 42, counter: new lib.MemoryCounter(), blockSize: 2 ** 20, ...more });

const times = (call) => (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += call(i);
  return sum;
};

/** Each makes its work once, and then does it `n` times. */
const WORK = {
  nextU64: (lib) => {
    const ids = generator(lib);
    return times(() => Number(ids.nextU64() & 1n));
  },
  nextBase62: (lib) => {
    const ids = generator(lib);
    return times(() => ids.nextBase62().charCodeAt(3));
  },
  "nextToken, Speck": (lib) => {
    const ids = generator(lib, "speck", { key: KEY, prefix: "ord" });
    return times(() => ids.nextToken().charCodeAt(6));
  },
  takeBase62: (lib) => {
    const ids = generator(lib);
    return (n) => ids.takeBase62(n).length;
  },
  fillU64: (lib) => {
    const ids = generator(lib);
    const out = new BigUint64Array(65_536);
    return (n) => {
      for (let i = 0; i < n; i += out.length) ids.fillU64(out);
    };
  },
  "fillU64, Feistel": (lib) => {
    const ids = generator(lib, "feistel");
    const out = new BigUint64Array(65_536);
    return (n) => {
      for (let i = 0; i < n; i += out.length) ids.fillU64(out);
    };
  },
  fillBase62: (lib) => {
    const ids = generator(lib);
    const out = new Uint8Array(11 * 65_536);
    return (n) => {
      for (let i = 0; i < n; i += 65_536) ids.fillBase62(out);
    };
  },
  decodeBase62: (lib) => {
    const ids = generator(lib);
    const tokens = ids.takeBase62(1024);
    return times((i) => ids.decodeBase62(tokens[i & 1023]).instanceId);
  },
  "decodeManyBase62 of bytes": (lib) => {
    const ids = generator(lib);
    const bytes = new Uint8Array(11 * 65_536);
    ids.fillBase62(bytes);
    return (n) => {
      for (let i = 0; i < n; i += 65_536) ids.decodeManyBase62(bytes);
    };
  },
  "decodeManyBase62 of strings": (lib) => {
    const ids = generator(lib);
    const tokens = ids.takeBase62(65_536);
    return (n) => {
      for (let i = 0; i < n; i += 65_536) ids.decodeManyBase62(tokens);
    };
  },
  "PublicId.encode": (lib) => {
    const id = new lib.PublicId({ key: KEY, type: "order", prefix: "ord" });
    return times((i) => id.encode(i).length);
  },
  "PublicId.decode": (lib) => {
    const id = new lib.PublicId({ key: KEY, type: "order", prefix: "ord" });
    const tokens = id.encodeMany(Array.from({ length: 1024 }, (_, i) => i));
    return times((i) => Number(id.decode(tokens[i & 1023])));
  },
  "PublicId in bulk": (lib) => {
    const id = new lib.PublicId({ key: KEY, type: "order", prefix: "ord" });
    const rows = BigUint64Array.from({ length: 16_384 }, (_, i) => BigInt(i));
    return (n) => {
      for (let i = 0; i < n; i += rows.length) id.decodeMany(id.encodeMany(rows));
    };
  },
  "AsyncId64, await nextBase62": (lib) => {
    const ids = lib.AsyncId64.multiplicative({ instanceId: 42, counter: new lib.MemoryCounter(), minBlock: 2 ** 20 });
    return async (n) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await ids.nextBase62()).charCodeAt(3);
      return sum;
    };
  },
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function timed(work, n) {
  const start = performance.now();
  await work(n);
  return performance.now() - start;
}

/** Repetitions that take about 30 ms. */
async function calibrate(work) {
  for (let n = 65_536; ; n *= 2) if ((await timed(work, n)) > 30) return n;
}

console.log(`${"work".padEnd(34)}${"old, ns".padStart(10)}${"new, ns".padStart(10)}${"new / old".padStart(12)}`);
const row = (name, old, now, ratio) =>
  console.log(`${name.padEnd(34)}${old.padStart(10)}${now.padStart(10)}${ratio.toFixed(2).padStart(12)}`);

const [oldLib, newLib] = [await import(entryOf(oldDist)), await import(entryOf(newDist))];
for (const [name, prepare] of Object.entries(WORK)) {
  const [before, after] = [prepare(oldLib), prepare(newLib)];
  await calibrate(before);
  const n = await calibrate(after);
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push([await timed(before, n), await timed(after, n)]);
  const perItem = (ms) => ((ms * 1e6) / n).toFixed(2);
  row(
    name,
    perItem(median(rounds.map(([old]) => old))),
    perItem(median(rounds.map(([, now]) => now))),
    median(rounds.map(([old, now]) => now / old)),
  );
}

const IMPORT = "const t = performance.now(); await import(process.argv[1]); console.log(performance.now() - t);";
const importTime = (entry) =>
  Number(spawnSync(process.execPath, ["--input-type=module", "-e", IMPORT, entry], { encoding: "utf8" }).stdout);
// Of each the fastest: the load of the machine can only add to it.
const imports = Array.from({ length: 41 }, () => [importTime(entryOf(oldDist)), importTime(entryOf(newDist))]);
const [before, after] = [0, 1].map((build) => Math.min(...imports.map((pair) => pair[build])));
row("import, in a process of its own", `${before.toFixed(2)} ms`, `${after.toFixed(2)} ms`, after / before);
