import { isDeepStrictEqual } from "node:util";
import { agree, bulk, CALLS, type Contender, compare, type Effort, single } from "../lib/harness.ts";
import {
  type EngineName,
  Feistel64Permutation,
  type Generator,
  Id64,
  MemoryCounter,
  MultiplyOddPermutation,
} from "../lib/library.ts";
import { atLeast, type Findings, nanoseconds, type Table, type Target, times } from "../lib/report.ts";

const BULK = 1 << 16;

const ENGINES = ["wasm", "bigint"] as const;

type Mode = "multiplicative" | "feistel";

function generator(mode: Mode, engine: EngineName): Generator {
  const ids = Id64[mode]({ instanceId: 1, counter: new MemoryCounter(), engine });
  agree(`${engine} runs`, ids.engine === engine);
  return ids;
}

const permutation = (mode: Mode, engine: EngineName) =>
  mode === "feistel" ? new Feistel64Permutation({ engine }) : new MultiplyOddPermutation({ engine });

/** Both engines issue the same and read the same, whatever is asked of them. */
function check(mode: Mode): void {
  const [wasm, bigint] = ENGINES.map((engine) => {
    const ids = generator(mode, engine);
    const bytes = new Uint8Array(11 * 3000);
    ids.fillBase62(bytes);
    const token = ids.nextBase62();
    const tokens32 = ids.takeBase32(2000);
    const xs = ids.takeU64(3000);
    const ys = xs.slice();
    permutation(mode, engine).forwardMany(xs);
    permutation(mode, engine).inverseMany(ys);
    return [
      [xs, ys, permutation(mode, engine).forward(ys[0]!), permutation(mode, engine).inverse(xs[0]!)],
      bytes,
      [token, ids.nextBase32(), ids.takeBase62(2000), tokens32, ids.decodeBase32(tokens32[0]!)],
      [ids.decode(ids.nextU64()), ids.decodeBase62(token), ids.decodeManyBase62(bytes), ids.decodeManyBase62([token])],
    ];
  });
  agree(`${mode} on both engines`, isDeepStrictEqual(wasm, bigint));
}

/** Some calls run the same code on both engines, and differ by noise only. */
const NO_SLOWER = 0.95;

const WANTED: Record<Mode, Record<string, number>> = {
  multiplicative: { "nextU64()": 3, "nextBase62()": 20, [`fillU64 of ${BULK}`]: 30, "decodeBase62(token)": 5 },
  feistel: { [`fillU64 of ${BULK}`]: 50 },
};

/** The public calls on `mode` and `engine`, with inputs of their own. */
function calls(mode: Mode, engine: EngineName): Map<string, Contender> {
  const ids = generator(mode, engine);
  const mapping = permutation(mode, engine);
  const numbers = ids.takeU64(BULK);
  const few = [...numbers.subarray(0, CALLS)];
  const tokens = ids.takeBase62(BULK);
  const tokens32 = ids.takeBase32(CALLS);
  const bytes = new TextEncoder().encode(tokens.join(""));
  const one = new BigUint64Array(1);
  const oneToken = new Uint8Array(11);
  const lists = tokens.slice(0, CALLS).map((token) => [token]);
  return new Map([
    ["nextU64()", single(engine, () => ids.nextU64())],
    ["nextBase62()", single(engine, () => ids.nextBase62())],
    ["nextBase32()", single(engine, () => ids.nextBase32())],
    ["takeU64(1)", single(engine, () => ids.takeU64(1))],
    ["takeBase62(1)", single(engine, () => ids.takeBase62(1))],
    ["takeBase32(1)", single(engine, () => ids.takeBase32(1))],
    ["fillU64 of 1", single(engine, () => ids.fillU64(one))],
    ["fillBase62 of 1", single(engine, () => ids.fillBase62(oneToken))],
    ["decode(id)", single(engine, (id) => ids.decode(id), few)],
    ["decodeBase62(token)", single(engine, (token) => ids.decodeBase62(token), tokens.slice(0, CALLS))],
    ["decodeBase32(token)", single(engine, (token) => ids.decodeBase32(token), tokens32)],
    ["decodeManyBase62 of 1", single(engine, (list) => ids.decodeManyBase62(list), lists)],
    ["forward(x)", single(engine, (x) => mapping.forward(x), few)],
    ["inverse(y)", single(engine, (y) => mapping.inverse(y), few)],
    [`fillU64 of ${BULK}`, bulk(engine, BULK, () => ids.fillU64(numbers))],
    [`fillBase62 of ${BULK}`, bulk(engine, BULK, () => ids.fillBase62(bytes))],
    [`takeU64(${BULK})`, bulk(engine, BULK, () => ids.takeU64(BULK))],
    [`takeBase62(${BULK})`, bulk(engine, BULK, () => ids.takeBase62(BULK))],
    [`takeBase32(${BULK})`, bulk(engine, BULK, () => ids.takeBase32(BULK))],
    [`decodeManyBase62 of ${BULK} strings`, bulk(engine, BULK, () => ids.decodeManyBase62(tokens))],
    [`decodeManyBase62 of ${BULK} tokens as bytes`, bulk(engine, BULK, () => ids.decodeManyBase62(bytes))],
    [`forwardMany of ${BULK}`, bulk(engine, BULK, () => mapping.forwardMany(numbers))],
    [`inverseMany of ${BULK}`, bulk(engine, BULK, () => mapping.inverseMany(numbers))],
  ]);
}

export function measure(effort: Effort): Findings {
  const targets: Target[] = [];
  const tables: Table[] = [];
  for (const mode of ["multiplicative", "feistel"] as const) {
    check(mode);
    const rows: string[][] = [];
    const ratios = new Map<string, number>();
    const [wasm, bigint] = [calls(mode, "wasm"), calls(mode, "bigint")];
    for (const [name, contender] of wasm) {
      const result = compare([contender, bigint.get(name)!], effort);
      const ratio = result.ratio("bigint", "wasm");
      ratios.set(name, ratio);
      rows.push([name, nanoseconds(result.cost("wasm")), nanoseconds(result.cost("bigint")), times(ratio)]);
    }
    for (const [name, limit] of Object.entries(WANTED[mode])) {
      targets.push(atLeast(`${mode}, ${name}`, ratios.get(name)!, limit));
    }
    targets.push(atLeast(`${mode}, the call that gains least`, Math.min(...ratios.values()), NO_SLOWER));
    tables.push({ title: mode, head: ["call", "wasm, ns per id", "bigint, ns per id", "ratio"], rows });
  }
  return {
    title: "WebAssembly against BigInt",
    about:
      'How many times the cost of a call is with `engine: "bigint"`, in the same bundle and process. BigInt is the ' +
      "fallback where WebAssembly may not run; no call may be slower with WebAssembly than without. What is done for " +
      "BigInt lowers the ratios: it makes one division per token, and does the rounds of Feistel on 32-bit integers.",
    targets,
    tables,
  };
}
