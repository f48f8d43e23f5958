import { chmodSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";

/** Resolves `permid64.wasm?hex` to the compiled module as text (hexadecimal, because base64 hides its repetitions from gzip), and ships the same bytes as a file. */
function embedWasm() {
  const id = "permid64.wasm?hex";
  const bytes = () => readFileSync("build/permid64.wasm");
  return {
    name: "embed-wasm",
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (resolved) => (resolved === `\0${id}` ? `export default "${bytes().toString("hex")}";` : null),
    generateBundle() {
      const declaration = "declare const module: WebAssembly.Module;\nexport default module;\n";
      this.emitFile({ type: "asset", fileName: "permid64.wasm", source: bytes() });
      this.emitFile({ type: "asset", fileName: "permid64.wasm.d.ts", source: declaration });
    },
  };
}

/** Ships the licenses of what the bundles contain. The loader's package has none of its own: it is AssemblyScript's. */
function thirdPartyLicenses() {
  const licenses = {
    "@assemblyscript/loader": ["assemblyscript/LICENSE", "assemblyscript/NOTICE"],
    "@noble/hashes": ["@noble/hashes/LICENSE"],
    commander: ["commander/LICENSE"],
  };
  const text = Object.entries(licenses).map(
    ([name, files]) => `${name}\n\n${files.map((file) => readFileSync(`node_modules/${file}`, "utf8")).join("\n")}`,
  );
  return {
    name: "third-party-licenses",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY.txt", source: text.join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}

/** Lets the bundle's source map lead to the TypeScript, through the maps that tsc wrote. */
function inputSourceMaps() {
  return {
    name: "input-source-maps",
    load: (id) =>
      /build[\\/]js[\\/].*\.js$/.test(id)
        ? { code: readFileSync(id, "utf8"), map: JSON.parse(readFileSync(`${id}.map`, "utf8")) }
        : null,
  };
}

/** Class names stay, for stack traces and inspection; and so do the notes by which other bundlers know what they may drop. */
const minify = () =>
  terser({
    module: true,
    compress: { passes: 3, ecma: 2020 },
    keep_classnames: true,
    format: { preserve_annotations: true, max_line_len: 1000, ascii_only: true },
  });

/**
 * The loader for a module without AssemblyScript's runtime, as ours is: what it offers for strings, arrays and classes
 * is 3 KB that nothing calls. It also makes a TextDecoder at import, which some runtimes lack, and assigns Object.hasOwn, which fails where
 * Object is frozen; and importing permid64 may not fail.
 */
function pureLoader() {
  const edits = [
    [/^const utf16 = .*$/m, ""],
    [/^Object\.hasOwn = [\s\S]*?^};$/m, ""],
    [/^function preInstantiate\([\s\S]*?^}$/m, "const preInstantiate = () => ({});"],
    [/^function postInstantiate\([\s\S]*?^}$/m, "const postInstantiate = () => ({});"],
    // An edge runtime's module may come from the realm around it.
    ["src instanceof WebAssembly.Module", 'Object.prototype.toString.call(src) === "[object WebAssembly.Module]"'],
  ];
  return {
    name: "pure-loader",
    transform(code, id) {
      if (!/@assemblyscript[\\/]loader[\\/]index\.js$/.test(id)) return null;
      return edits.reduce((text, [pattern, replacement]) => {
        const edited = text.replace(pattern, replacement);
        if (edited === text) this.error(`the loader has changed: ${pattern} is not in it`);
        return edited;
      }, code);
    },
  };
}

function executable() {
  return { name: "executable", writeBundle: ({ file }) => chmodSync(file, 0o755) };
}

const library = resolve("build/js/index.js");

export default [
  {
    input: "build/js/index.js",
    output: { file: "dist/permid64.js", format: "es", sourcemap: true },
    plugins: [embedWasm(), inputSourceMaps(), pureLoader(), nodeResolve(), minify(), thirdPartyLicenses()],
  },
  {
    input: "build/js/edge.js",
    external: [library, "permid64.wasm?module"],
    output: {
      file: "dist/permid64.edge.js",
      format: "es",
      paths: { [library]: "./permid64.js", "permid64.wasm?module": "./permid64.wasm?module" },
    },
  },
  {
    input: "build/js/cli/main.js",
    // Not a second copy of the library, but the one beside it.
    external: [library],
    output: { file: "dist/cli.js", format: "es", banner: "#!/usr/bin/env node", paths: { [library]: "./permid64.js" } },
    plugins: [nodeResolve(), executable()],
  },
];
