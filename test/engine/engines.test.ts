import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EngineUnavailableError, Feistel64Permutation, Id64, MemoryCounter, useWasm } from "permid64";
import { describe, expect, test } from "vitest";

const wasmFile = fileURLToPath(import.meta.resolve("permid64/permid64.wasm"));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a script in a Node of its own, where `prelude` has changed the globals before permid64 is imported. */
function run(prelude: string, script: string, flags: string[] = []): unknown {
  const source = `${prelude}
    const { Id64, MemoryCounter, useWasm, base62ToU64 } = await import("permid64");
    const open = (engine) => Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter(), engine });
    const failure = (call) => { try { call(); } catch (error) { return [error.name, error.code, error.cause?.name]; } };
    ${script}`;
  const output = execFileSync(process.execPath, [...flags, "--input-type=module", "--eval", source], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output);
}

const REPORT = `const ids = open();
  const second = open("auto");
  console.log(JSON.stringify([ids.engine, second.engine, ids.nextBase62(), second.nextBase62(), failure(() => open("wasm"))]));`;
const FIRST = "E5xm7QFdS1Z";

describe("auto", () => {
  test("is WebAssembly where it starts", () => {
    expect(run("", REPORT)).toEqual(["wasm", "wasm", FIRST, FIRST, null]);
  });

  test.each([
    ["no WebAssembly", "delete globalThis.WebAssembly;", "TypeError"],
    [
      "compiling forbidden",
      "WebAssembly.Module = function () { throw new WebAssembly.CompileError('no'); };",
      "CompileError",
    ],
    [
      "starting forbidden",
      "WebAssembly.Instance = function () { throw new WebAssembly.CompileError('no'); };",
      "CompileError",
    ],
    ["no TextDecoder", "delete globalThis.TextDecoder;", "ReferenceError"],
  ])("is BigInt with %s, without noise", (_, prelude, cause) => {
    const [engine, second, token, token2, failure] = run(prelude, REPORT) as unknown[];
    expect([engine, second, token, token2]).toEqual(["bigint", "bigint", FIRST, FIRST]);
    expect(failure).toEqual(["EngineUnavailableError", "ERR_PERMID64_ENGINE_UNAVAILABLE", expect.any(String)]);
    if (cause !== "TypeError") expect((failure as string[])[2]).toBe(cause);
  });

  test("is BigInt in a runtime without a compiler", () => {
    const [engine, , token] = run("", REPORT, ["--jitless"]) as unknown[];
    expect([engine, token]).toEqual(["bigint", FIRST]);
  });

  test("tries once, and a failed start does not spoil a later one", () => {
    const prelude = `const { Module } = WebAssembly; let tries = 0;
      WebAssembly.Module = function () { tries++; throw new WebAssembly.CompileError("no"); };`;
    const script = `const first = open(); open(); open("bigint");
      const before = tries;
      const forced = failure(() => open("wasm"));
      WebAssembly.Module = Module;
      console.log(JSON.stringify([first.engine, before, forced[0], open("wasm").engine, open().engine, first.nextBase62()]));`;
    expect(run(prelude, script)).toEqual(["bigint", 1, "EngineUnavailableError", "wasm", "wasm", FIRST]);
  });

  test('"bigint" never tries WebAssembly, and neither does importing', () => {
    const prelude = `let tries = 0;
      for (const name of ["Module", "Instance", "compile", "instantiate", "validate"])
        WebAssembly[name] = function () { tries++; throw new Error("no"); };`;
    expect(run(prelude, `const ids = open("bigint"); console.log(JSON.stringify([ids.nextBase62(), tries]));`)).toEqual(
      [FIRST, 0],
    );
  });

  test("works in a realm whose primordials are frozen", () => {
    const prelude = `for (const type of [Object, Function, Array, String, Number, BigInt, Boolean, Symbol, Error, TypeError,
        RangeError, SyntaxError, Map, Set, WeakMap, Promise, RegExp, Date, ArrayBuffer, DataView, Uint8Array, Uint32Array,
        BigUint64Array, Reflect.getPrototypeOf(Uint8Array)]) { Object.freeze(type); Object.freeze(type.prototype); }
      for (const namespace of [Math, JSON, Reflect, WebAssembly]) Object.freeze(namespace);`;
    expect(run(prelude, REPORT)).toEqual(["wasm", "wasm", FIRST, FIRST, null]);
  });
});

describe("useWasm", () => {
  test("serves runtimes that forbid compiling from bytes", () => {
    const prelude = `import { readFileSync } from "node:fs";
      const module = new WebAssembly.Module(readFileSync(${JSON.stringify(wasmFile)}));
      const real = WebAssembly.Module;
      WebAssembly.Module = new Proxy(real, { construct() { throw new WebAssembly.CompileError("no"); } });`;
    const script = `const before = open().engine;
      useWasm(module);
      console.log(JSON.stringify([before, open().engine, open("wasm").nextBase62()]));`;
    expect(run(prelude, script)).toEqual(["bigint", "wasm", FIRST]);
  });

  test("refuses another module, and the engine that ran goes on", () => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    expect(() => useWasm(empty)).toThrow(EngineUnavailableError);
    const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter(), engine: "wasm" });
    expect([ids.engine, ids.nextBase62()]).toEqual(["wasm", FIRST]);
  });
});

test("the module is small enough for every browser to compile on its main thread, and imports nothing", () => {
  const bytes = readFileSync(wasmFile);
  expect(bytes.length).toBeLessThan(4096);
  expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
});

test("the module has room for as many rounds as the library takes", () => {
  const { MAX_ROUNDS } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasmFile))).exports;
  const rounds = (MAX_ROUNDS as WebAssembly.Global).value;
  expect(() => new Feistel64Permutation({ rounds: rounds + 1 })).toThrow(RangeError);
  const [wasm, bigint] = (["wasm", "bigint"] as const).map((engine) => {
    const permutation = new Feistel64Permutation({ rounds, engine });
    expect(permutation.engine).toBe(engine);
    const values = BigUint64Array.from({ length: 100 }, (_, i) => BigInt(i));
    permutation.forwardMany(values);
    return [permutation.forward(99n), permutation.inverse(99n), ...values];
  });
  expect(wasm).toEqual(bigint);
});
