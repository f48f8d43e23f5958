import wasmHex from "permid64.wasm?hex";
import { instantiateSync } from "@assemblyscript/loader";
import { EngineUnavailableError } from "../base/errors.js";
import type { Engine } from "./engine.js";
import { type WasmExports, wasmEngine } from "./wasm.js";

/**
 * Starts the engine on `module`, or on the bytes in the bundle.
 *
 * @throws EngineUnavailableError Where WebAssembly is missing, may not compile from bytes (Cloudflare Workers),
 *   may not start (a Content-Security-Policy without `wasm-unsafe-eval`), lacks SIMD, or is another module.
 */
export function startWasm(module?: WebAssembly.Module): Engine {
  try {
    // The module's memory is little-endian, and is read through typed arrays, which are as the machine is.
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) throw new Error("this machine is big-endian");
    const { instance } = instantiateSync(module ?? embeddedBytes());
    // Not the loader's wrappers: those pass each call through rest parameters.
    return wasmEngine(instance.exports as unknown as WasmExports);
  } catch (cause) {
    throw new EngineUnavailableError('"engine" expected WebAssembly to start, got an error (see cause)', { cause });
  }
}

function embeddedBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: wasmHex.length / 2 }, (_, i) =>
    Number.parseInt(wasmHex.slice(2 * i, 2 * i + 2), 16),
  );
}
