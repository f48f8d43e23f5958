// What permid64 promises wherever JavaScript runs. A plain module without imports, because the same text runs in
// runtimes, workers, pages and bundles; it counts its checks, because a suite that ran nothing also fails nothing.

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * @param permid64 The module's namespace.
 * @param vectors What test/vectors.json holds, the answers of the Python permid64; and test/public-id.json as `publicIds`.
 * @param engine `"auto"`, which runs on BigInt too, or `"bigint"`, which must not even try WebAssembly.
 * @param stateFile A path where nothing is yet, for the persistent counter; absent where the platform has none.
 * @returns The engine that `engine` stands for here, how many checks were made, and those that failed.
 */
export function conformance({ permid64, vectors, engine = "auto", stateFile }) {
  const check = makeChecker();
  const section = (title, run) => check.section(title, () => run(check, permid64, vectors));
  for (const choice of engine === "auto" ? ["auto", "bigint"] : [engine]) {
    const place = { ...permid64, choice, name: new permid64.IdentityPermutation({ engine: choice }).engine };
    const onEngine = (title, run) => check.section(`${title} (${choice})`, () => run(check, place, vectors));
    onEngine("permutations", permutations);
    onEngine("generators", generators);
    onEngine("tokens", tokens);
    onEngine("public ids", publicIds);
    onEngine("arguments", wrongArguments);
    onEngine("counters", counters);
    const path = stateFile && `${stateFile}.${choice}`;
    onEngine("state file", (...args) => (path ? persistentCounter(...args, path) : noPersistentCounter(...args)));
  }
  section("layouts", layouts);
  if (engine === "auto") {
    // These choose the engine by themselves.
    section("engines", engines);
    section("codecs", codecs);
  }
  const used = new permid64.IdentityPermutation({ engine }).engine;
  return { engine: used, checks: check.count(), failures: check.failures };
}

function makeChecker() {
  const failures = [];
  let checks = 0;
  let title = "";
  const show = (value) =>
    JSON.stringify(value, (_, part) => {
      if (typeof part === "bigint") return `${part}n`;
      return ArrayBuffer.isView(part) ? Array.from(part) : part;
    });
  const same = (what, actual, expected) => {
    checks++;
    if (show(actual) !== show(expected)) failures.push(`${title}, ${what}: ${show(actual)}, not ${show(expected)}`);
  };
  return {
    failures,
    count: () => checks,
    section(name, run) {
      title = name;
      try {
        run();
      } catch (error) {
        failures.push(`${title}: ${error}\n${error?.stack}`);
      }
    },
    same,
    /** `name` is the error's class. */
    refuses(what, name, code, call) {
      let got = "no error";
      try {
        call();
      } catch (error) {
        got = [error.name, error.code, error instanceof Error];
      }
      same(what, got, [name, code, true]);
    },
  };
}

/** The parameters of a vector as options. */
function optionsOf({ a, b, key, rounds }) {
  const options = { a: a && BigInt(a), b: b && BigInt(b), key: key && BigInt(key), rounds };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function permutationOf({ MultiplyOddPermutation, Feistel64Permutation, IdentityPermutation, choice }, vector) {
  const Permutation = {
    multiplicative: MultiplyOddPermutation,
    feistel: Feistel64Permutation,
    identity: IdentityPermutation,
  }[vector.kind];
  return new Permutation({ ...optionsOf(vector), engine: choice });
}

function permutations({ same }, place, vectors) {
  for (const [i, vector] of vectors.permutations.entries()) {
    const permutation = permutationOf(place, vector);
    const xs = BigUint64Array.from(vector.pairs, ([x]) => BigInt(x));
    const ys = BigUint64Array.from(vector.pairs, ([, y]) => BigInt(y));
    same(`${i} engine`, permutation.engine, place.name);
    for (let j = 0; j < xs.length; j++) {
      same(`${i} forward ${xs[j]}`, permutation.forward(xs[j]), ys[j]);
      same(`${i} inverse ${ys[j]}`, permutation.inverse(ys[j]), xs[j]);
    }
    const values = xs.slice();
    permutation.forwardMany(values);
    same(`${i} forwardMany`, values, ys);
    permutation.inverseMany(values);
    same(`${i} inverseMany`, values, xs);
  }
}

function generators({ same }, place, vectors) {
  const { Id64, MemoryCounter, choice } = place;
  for (const [i, vector] of vectors.generators.entries()) {
    const { instanceId, ids: rows, kind } = vector;
    const fresh = () => Id64[kind]({ ...optionsOf(vector), instanceId, counter: new MemoryCounter(), engine: choice });
    const ids = BigUint64Array.from(rows, ([, , id]) => BigInt(id));
    const base62 = rows.map((row) => row[3]);
    const base32 = rows.map((row) => row[4]);
    const [a, b, c, mixed] = [fresh(), fresh(), fresh(), fresh()];
    same(`${i} engine`, a.engine, place.name);
    same(
      `${i} nextU64`,
      rows.map(() => a.nextU64()),
      ids,
    );
    same(
      `${i} nextBase62`,
      rows.map(() => b.nextBase62()),
      base62,
    );
    same(
      `${i} nextBase32`,
      rows.map(() => c.nextBase32()),
      base32,
    );
    same(`${i} takeU64`, fresh().takeU64(rows.length), ids);
    same(`${i} takeBase62`, fresh().takeBase62(rows.length), base62);
    same(`${i} takeBase32`, fresh().takeBase32(rows.length), base32);
    same(
      `${i} one stream`,
      [mixed.nextU64(), mixed.nextBase62(), mixed.nextBase32(), mixed.takeU64(1)],
      [ids[0], base62[1], base32[2], ids.slice(3, 4)],
    );
    const bytes = new Uint8Array(12 * rows.length);
    same(`${i} fillBase62`, fresh().fillBase62(bytes, { separator: 10 }), rows.length);
    same(`${i} bytes`, String.fromCharCode(...bytes), base62.map((token) => `${token}\n`).join(""));
    for (const [sequence, raw, id, token62, token32] of rows) {
      const decoded = { raw: BigInt(raw), instanceId, sequence: BigInt(sequence) };
      same(`${i} decode ${id}`, a.decode(BigInt(id)), decoded);
      same(`${i} decode ${token62}`, a.decodeBase62(token62), decoded);
      same(`${i} decode ${token32}`, a.decodeBase32(token32), decoded);
    }
    const columns = { instanceId: rows.map(() => instanceId), sequence: rows.map(([sequence]) => BigInt(sequence)) };
    same(`${i} decodeManyBase62`, a.decodeManyBase62(base62), columns);
    same(`${i} decodeManyBase62 of bytes`, a.decodeManyBase62(bytes, { separator: 10 }), columns);
    const copy = Id64.fromConfig(JSON.stringify(a.toConfig()), { counter: new MemoryCounter(), engine: choice });
    same(`${i} fromConfig`, copy.takeU64(rows.length), ids);
  }
}

function tokens({ same, refuses }, { Id64, MemoryCounter, choice }, { codec }) {
  const reader = Id64.identity({ instanceId: 0, counter: new MemoryCounter(), engine: choice });
  const decoded = (value) => {
    const raw = BigInt(value);
    return { raw, instanceId: Number(raw >> 48n), sequence: raw & (2n ** 48n - 1n) };
  };
  for (const [value, token] of codec.base62) {
    same(value, reader.decode(BigInt(value)), decoded(value));
    same(token, reader.decodeBase62(token), decoded(value));
  }
  for (const [value, token] of codec.crockford32) same(token, reader.decodeBase32(token), decoded(value));
  const refusesToken = (token, call) =>
    refuses(JSON.stringify(token), "InvalidTokenError", "ERR_PERMID64_INVALID_TOKEN", call);
  for (const [token] of codec.base62Invalid) refusesToken(token, () => reader.decodeBase62(token));
  for (const [token] of codec.crockford32Invalid) refusesToken(token, () => reader.decodeBase32(token));
  refusesToken("of many", () => reader.decodeManyBase62(["00000000000", "LygHa16AHYG"]));
}

function publicIds({ same, refuses }, { PublicId, SpeckPermutation, generateKey, name, choice }, vectors) {
  for (const [i, { rows, key, epoch, ...options }] of vectors.publicIds.entries()) {
    const ids = new PublicId({ ...options, keys: { current: { epoch, key } }, engine: choice });
    same(`${i} engine`, ids.engine, name);
    const numbers = rows.map(([value]) => BigInt(value));
    const tokens = rows.map(([, token]) => token);
    for (const [value, token, uuid] of rows) {
      same(`${i} encode ${value}`, [ids.encode(value), ids.toUuid(value)], [token, uuid]);
      same(`${i} decode ${token}`, [ids.decode(token), ids.fromUuid(uuid)], [BigInt(value), BigInt(value)]);
      same(`${i} pattern ${token}`, ids.pattern.test(token), true);
      same(`${i} exact pattern ${token}`, ids.exactPattern.test(token), true);
      same(`${i} group ${token}`, ids.normalize(ids.group(token)), token);
    }
    same(`${i} encodeMany`, ids.encodeMany(numbers), tokens);
    same(`${i} decodeMany`, ids.decodeMany(tokens), numbers);
    const strange = new PublicId({ ...options, keys: { current: { epoch, key: generateKey() } }, engine: choice });
    const [, , uuid] = rows[0];
    refuses(`${i} of another key`, "InvalidTokenError", "ERR_PERMID64_TOKEN_FOREIGN", () => strange.fromUuid(uuid));
  }
  // The designers' vector.
  const speck = new SpeckPermutation({ key: "0001020308090a0b1011121318191a1b", engine: choice });
  same("Speck", speck.forward(0x3b726574_7475432dn), 0x8c6fa548_454e028bn);
  same("and back", speck.inverse(0x8c6fa548_454e028bn), 0x3b726574_7475432dn);
  const foreign = new PublicId({ key: generateKey(), type: "order", bits: 1, engine: choice });
  refuses("a token of nobody's", "InvalidTokenError", "ERR_PERMID64_TOKEN_FOREIGN", () =>
    foreign.decode("00000000000"),
  );
}

function wrongArguments({ refuses }, place) {
  const { Id64, MemoryCounter, MultiplyOddPermutation, Feistel64Permutation, choice } = place;
  const typeError = (what, call) => refuses(what, "TypeError", "ERR_PERMID64_INVALID_TYPE", call);
  const rangeError = (what, call) => refuses(what, "RangeError", "ERR_PERMID64_OUT_OF_RANGE", call);
  const open = (options) =>
    Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter(), engine: choice, ...options });
  const ids = open();
  for (const instanceId of [-1, 1.5, Number.NaN, 65536]) {
    rangeError(`instance ${instanceId}`, () => open({ instanceId }));
  }
  for (const instanceId of [undefined, "7", 7n]) typeError(`instance ${instanceId}`, () => open({ instanceId }));
  for (const blockSize of [0, -1, 0.5, 2 ** 32]) rangeError(`block size ${blockSize}`, () => open({ blockSize }));
  for (const n of [0, -1, 0.5, 2 ** 32]) rangeError(`take ${n}`, () => ids.takeU64(n));
  rangeError("an even multiplier", () => new MultiplyOddPermutation({ a: 2n, engine: choice }));
  rangeError("no rounds", () => new Feistel64Permutation({ rounds: 0, engine: choice }));
  rangeError("a key too wide", () => new Feistel64Permutation({ key: 2n ** 64n, engine: choice }));
  rangeError("an unknown engine", () => open({ engine: "gpu" }));
  typeError("no counter", () => open({ counter: undefined }));
  typeError("a counter and a state file", () => open({ stateFile: "x" }));
  for (const id of [-1n, 2n ** 64n]) rangeError(`id ${id}`, () => ids.decode(id));
  for (const id of [0.5, 2 ** 53]) rangeError(`id ${id}`, () => ids.decode(id));
  for (const id of ["0x1", true, undefined]) typeError(`id ${id}`, () => ids.decode(id));
  typeError("a token that is no string", () => ids.decodeBase62(7));
  typeError("another array", () => ids.fillU64(new Float64Array(1)));
  rangeError("an empty array", () => ids.fillU64(new BigUint64Array(0)));
  refuses("a config that is none", "SyntaxError", "ERR_PERMID64_INVALID_CONFIG", () => Id64.fromConfig("{"));
  ids.close();
  refuses("use after close", "ClosedError", "ERR_PERMID64_CLOSED", () => ids.nextU64());
}

function counters({ same, refuses }, { Id64, MemoryCounter, choice }) {
  const open = (counter, options) => Id64.identity({ instanceId: 0, counter, engine: choice, ...options });
  const last = open(new MemoryCounter({ startAt: 2n ** 32n - 3n }), {
    blockSize: 2,
    layout: { instanceBits: 32, sequenceBits: 32 },
  });
  same("the last numbers", last.takeU64(3), [2n ** 32n - 3n, 2n ** 32n - 2n, 2n ** 32n - 1n]);
  for (const time of [1, 2]) {
    refuses(`exhaustion ${time}`, "CounterExhaustedError", "ERR_PERMID64_COUNTER_EXHAUSTED", () => last.nextU64());
  }
  const complement = { forward: (x) => x ^ U64_MAX, inverse: (y) => y ^ U64_MAX };
  const custom = new Id64({ instanceId: 0, counter: new MemoryCounter(), permutation: complement, engine: choice });
  same("a permutation of one's own", custom.takeU64(2), [U64_MAX, U64_MAX - 1n]);
  same("and back", custom.decode(U64_MAX - 1n).sequence, 1n);
  const reversed = open({ reserve: () => ({ start: 5n, end: 5n }) });
  refuses("an empty block", "CounterInvalidBlockError", "ERR_PERMID64_COUNTER_INVALID_BLOCK", () => reversed.nextU64());
  const stuck = open({ reserve: () => ({ start: 5n, end: 6n }) });
  same("a block", stuck.nextU64(), 5n);
  refuses("the same again", "CounterRollbackError", "ERR_PERMID64_COUNTER_ROLLBACK", () => stuck.nextU64());
  const disposable = open(new MemoryCounter());
  disposable[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
  refuses("use after using", "ClosedError", "ERR_PERMID64_CLOSED", () => disposable.nextU64());
}

function noPersistentCounter({ refuses }, { Id64, choice }) {
  const open = () => Id64.identity({ instanceId: 0, stateFile: "no such folder/ids.state", engine: choice });
  // An app that was bundled for places without files may run in Node.js all the same.
  if (globalThis.process?.getBuiltinModule?.("node:sqlite")) {
    refuses("no such folder", "CounterUnavailableError", "ERR_PERMID64_COUNTER_UNAVAILABLE", open);
  } else {
    refuses("none here", "CounterConfigError", "ERR_PERMID64_COUNTER_CONFIG", open);
  }
}

function persistentCounter({ same, refuses }, { Id64, SqliteCounter, choice }, _vectors, path) {
  const { copyFileSync, existsSync, renameSync, truncateSync, writeFileSync } = process.getBuiltinModule("node:fs");
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const open = (options) =>
    Id64.feistel({ instanceId: 42, stateFile: path, blockSize: 10, engine: choice, ...options });
  const corrupt = (what, file, content) => {
    writeFileSync(file, content);
    refuses(what, "CounterCorruptError", "ERR_PERMID64_COUNTER_CORRUPT", () => new SqliteCounter(file));
  };
  const numbers = (ids, n) => ids.decodeManyBase62(ids.takeBase62(n)).sequence;
  const range = (start, count) => Array.from({ length: count }, (_, i) => start + BigInt(i));

  const missing = ["CounterNotInitializedError", "ERR_PERMID64_COUNTER_NOT_INITIALIZED"];
  refuses("a file that may not be made", ...missing, () => new SqliteCounter(path, { create: false }));
  same("and is not", existsSync(path), false);

  const first = open();
  const second = open();
  same("the first numbers", numbers(first, 15), range(0n, 15));
  same("another generator's", numbers(second, 1), [15n]);
  first.close();
  second.close();
  const later = open();
  same("after a restart", numbers(later, 1), [25n]);
  const [{ fingerprint, lineage, ...state }] = SqliteCounter.inspect(path);
  same("its state", state, { name: "default", instanceId: 42, mark: 35n, ceiling: 2n ** 48n });
  same("its lineage", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lineage), true);
  same("its fingerprint", /^16\+48:[0-9a-f]{8}$/.test(fingerprint), true);
  refuses("another key", "CounterConfigError", "ERR_PERMID64_COUNTER_CONFIG", () => open({ key: 1n }));
  same("raised", SqliteCounter.raise(path, { instanceId: 42, floor: 1000n }), 1000n);
  same("and not lowered", SqliteCounter.raise(path, { instanceId: 42, floor: 1n }), 1000n);
  same("beyond the block at hand", numbers(later, 10), [...range(26n, 9), 1000n]);

  // Numbers that a double cannot hold come back exactly, up to what SQLite can.
  const wide = new SqliteCounter(path, { name: "wide", floor: 2n ** 63n - 4n });
  const layout = { instanceBits: 0, sequenceBits: 64 };
  const ids = Id64.identity({ instanceId: 0, counter: wide, layout, engine: choice });
  same("the last of 63 bits", ids.takeU64(3), range(2n ** 63n - 4n, 3));
  refuses("none after it", "CounterExhaustedError", "ERR_PERMID64_COUNTER_EXHAUSTED", () => ids.nextU64());
  wide.close();

  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  const busy = ["CounterBusyError", "ERR_PERMID64_COUNTER_BUSY"];
  refuses("a locked file", ...busy, () => new SqliteCounter(path, { timeout: 0 }));
  other.exec("ROLLBACK");
  same(
    "a mark that someone lowers",
    attempt(() => other.exec("UPDATE counter SET mark = 0")),
    "refused",
  );
  other.close();

  const patient = new SqliteCounter(path, { timeout: 0 });
  const watcher = Id64.feistel({ instanceId: 42, counter: patient, blockSize: 1, engine: choice });
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
  refuses("a replaced file", "CounterRollbackError", "ERR_PERMID64_COUNTER_ROLLBACK", () => watcher.nextU64());
  patient.close();
  later.close();

  corrupt("an empty file", `${path}.empty`, "");
  corrupt("the Python state", `${path}.txt`, "4096\n");
  corrupt("a text", `${path}.text`, "no database ".repeat(1000));
  truncateSync(path, 4096);
  refuses("a cut file", "CounterCorruptError", "ERR_PERMID64_COUNTER_CORRUPT", () => new SqliteCounter(path));
  const folder = `${path}.nowhere/ids.state`;
  refuses("no folder", "CounterUnavailableError", "ERR_PERMID64_COUNTER_UNAVAILABLE", () => new SqliteCounter(folder));
}

function attempt(call) {
  try {
    call();
    return "done";
  } catch {
    return "refused";
  }
}

function layouts({ same, refuses }, { Layout64 }, vectors) {
  for (const { instanceBits, sequenceBits, rows } of vectors.layouts) {
    const layout = new Layout64({ instanceBits, sequenceBits });
    for (const [instanceId, sequence, raw] of rows) {
      same(`${instanceBits} bits, ${raw}`, layout.compose(instanceId, BigInt(sequence)), BigInt(raw));
      same(`${instanceBits} bits, back`, layout.decompose(BigInt(raw)), { instanceId, sequence: BigInt(sequence) });
    }
  }
  refuses("33 bits", "RangeError", "ERR_PERMID64_OUT_OF_RANGE", () => new Layout64({ instanceBits: 33 }));
}

function engines({ same, refuses }, { IdentityPermutation, useWasm }) {
  const auto = new IdentityPermutation().engine;
  same('"auto" again', new IdentityPermutation({ engine: "auto" }).engine, auto);
  const force = () => new IdentityPermutation({ engine: "wasm" });
  if (auto === "wasm") same('"wasm"', force().engine, "wasm");
  else refuses('"wasm"', "EngineUnavailableError", "ERR_PERMID64_ENGINE_UNAVAILABLE", force);
  refuses("what is no module", "TypeError", "ERR_PERMID64_INVALID_TYPE", () => useWasm({}));
}

function codecs({ same, refuses }, place, { codec }) {
  const { base62ToU64, u64ToBase62, crockford32ToU64, u64ToCrockford32 } = place;
  for (const [value, token] of codec.base62) {
    same(`to ${token}`, u64ToBase62(BigInt(value)), token);
    same(`from ${token}`, base62ToU64(token), BigInt(value));
  }
  for (const [value, token] of codec.crockford32) {
    same(`to ${token}`, u64ToCrockford32(BigInt(value)), token);
    same(`from ${token}`, crockford32ToU64(token), BigInt(value));
  }
  for (const [token, value] of codec.crockford32Lenient) {
    same(`lenient ${token}`, crockford32ToU64(token, { strict: false }), BigInt(value));
  }
  const refusesToken = (token, call) =>
    refuses(JSON.stringify(token), "InvalidTokenError", "ERR_PERMID64_INVALID_TOKEN", call);
  for (const [token] of codec.base62Invalid) refusesToken(token, () => base62ToU64(token));
  for (const [token] of codec.crockford32Invalid) refusesToken(token, () => crockford32ToU64(token));
}
