import { invalidType, outOfRange, show } from "../base/check.js";
import { bigintEngine } from "./bigint.js";
import type { Engine, EngineChoice } from "./engine.js";
import { startWasm } from "./start.js";

let wasm: Engine | undefined;
/** So that `auto` tries once per process: each try under a Content-Security-Policy is reported to its owner. */
let autoFailed = false;

/** The engine to use; starts WebAssembly on first need, never at import. */
export function chooseEngine(choice: EngineChoice): Engine {
  switch (choice) {
    case "bigint":
      return bigintEngine;
    case "wasm":
      wasm ??= startWasm();
      return wasm;
    case "auto":
      return wasm ?? auto();
    default:
      throw (typeof choice === "string" ? outOfRange : invalidType)(
        "engine",
        '"auto", "wasm" or "bigint"',
        show(choice),
      );
  }
}

function auto(): Engine {
  if (autoFailed) return bigintEngine;
  try {
    wasm = startWasm();
    return wasm;
  } catch {
    autoFailed = true;
    return bigintEngine;
  }
}

/** `WebAssembly.Module`, for those whose TypeScript configuration has that type. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : object;

/**
 * Gives the library its WebAssembly module, for runtimes that forbid compiling from bytes. Call it before the
 * first generator; generators that exist keep their engine.
 *
 * @param module `permid64/permid64.wasm`, compiled: what a Cloudflare Worker gets by importing that file.
 * @throws TypeError if `module` is no WebAssembly.Module, EngineUnavailableError if it cannot start.
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { fileURLToPath } from "node:url";
 * import { useWasm } from "permid64";
 *
 * const file = fileURLToPath(import.meta.resolve("permid64/permid64.wasm"));
 * useWasm(new WebAssembly.Module(readFileSync(file)));
 * ```
 */
export function useWasm(module: WasmModule): void {
  if (Object.prototype.toString.call(module) !== "[object WebAssembly.Module]") {
    throw invalidType("module", "a WebAssembly.Module", show(module));
  }
  wasm = startWasm(module as WebAssembly.Module);
}
