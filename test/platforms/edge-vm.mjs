// edge-vm.mjs FILE [CONDITION]: bundles an edge function as Next.js does, and runs it in Vercel's edge runtime.
import { readFileSync } from "node:fs";
import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";

const [file, ...conditions] = process.argv.slice(2);
const compiled = {};

/** Next.js compiles what is imported as `….wasm?module` when it builds, and hands it over as a global. */
const compileWasm = {
  name: "compile-wasm",
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => {
      compiled.wasmModule = new WebAssembly.Module(readFileSync(path));
      return { contents: "export default wasmModule;" };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: [file],
  bundle: true,
  write: false,
  format: "iife",
  conditions,
  plugins: [compileWasm],
});
const vm = new EdgeVM({
  // As where it is deployed: nothing is compiled at run time.
  codeGeneration: { strings: false, wasm: false },
  extend: (context) => Object.assign(context, compiled),
});
vm.evaluate(outputFiles[0].text);
