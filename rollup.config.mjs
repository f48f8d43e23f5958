import { readFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";

/** Resolves `permid64.wasm?base64` to the compiled module as text, and ships the same bytes as a file. */
function embedWasm() {
  const id = "permid64.wasm?base64";
  const bytes = () => readFileSync("build/permid64.wasm");
  return {
    name: "embed-wasm",
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (resolved) => (resolved === `\0${id}` ? `export default "${bytes().toString("base64")}";` : null),
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "permid64.wasm", source: bytes() });
    },
  };
}

/**
 * At import, the loader makes a TextDecoder that some runtimes lack, and assigns Object.hasOwn, which fails where
 * Object is frozen. Neither is needed by what we use of it, and importing permid64 may not fail.
 */
function pureLoader() {
  const edits = [
    [/^const utf16 = new TextDecoder\(.*$/m, "const utf16 = { decode() { throw Error(); } };"],
    [/^Object\.hasOwn = [\s\S]*?^};$/m, ""],
  ];
  return {
    name: "pure-loader",
    transform(code, id) {
      if (!/@assemblyscript[\\/]loader[\\/]index\.js$/.test(id)) return null;
      return edits.reduce((text, [pattern, replacement]) => {
        if (!pattern.test(text)) this.error(`the loader has changed: ${pattern} is not in it`);
        return text.replace(pattern, replacement);
      }, code);
    },
  };
}

export default [
  {
    input: "build/js/index.js",
    output: { file: "dist/permid64.js", format: "es" },
    plugins: [embedWasm(), pureLoader(), nodeResolve()],
  },
];
