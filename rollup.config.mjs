import { chmodSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import MagicString from "magic-string";
import { entries, isAdapter, moduleOf } from "./.ci/entries.mjs";

/** Resolves `permid64.wasm?hex` to the compiled module as text: hexadecimal, because base64 hides its repetitions from gzip. */
function embedWasm() {
  const id = "permid64.wasm?hex";
  return {
    name: "embed-wasm",
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (resolved) => (resolved === `\0${id}` ? `export default "${wasm().toString("hex")}";` : null),
  };
}

/** Ships the licenses of what the bundles contain. The loader's package has none of its own: it is AssemblyScript's. */
function thirdPartyLicenses() {
  const licenses = {
    "@assemblyscript/loader": ["assemblyscript/LICENSE", "assemblyscript/NOTICE"],
    "@noble/hashes": ["@noble/hashes/LICENSE"],
    commander: ["commander/LICENSE"],
    leven: ["leven/license"],
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

/**
 * Class names stay, for stack traces and inspection; and so do the notes by which other bundlers know what they may drop,
 * and private names, which errors show: "Cannot read private member #issuer". Terser shortens those along with all
 * others, so they are put back: when it does nothing else, their order is as before.
 */
function minify() {
  const options = {
    module: true,
    keep_classnames: true,
    format: { preserve_annotations: true, max_line_len: 1000, ascii_only: true },
  };
  const noted = new Map();
  return [
    terser({ ...options, compress: { passes: 3, ecma: 2020 }, mangle: false }),
    {
      name: "note-private-names",
      renderChunk(code, { fileName }) {
        noted.set(fileName, privateNames(this.parse(code)));
      },
    },
    terser({ ...options, compress: false }),
    {
      name: "restore-private-names",
      renderChunk(code, { fileName }) {
        const text = new MagicString(code);
        const [long, short] = [noted.get(fileName), privateNames(this.parse(code))];
        if (long.length !== short.length)
          this.error(`${fileName} has ${short.length} private names, not ${long.length}`);
        for (const [i, { start, end }] of short.entries()) text.update(start, end, `#${long[i].name}`);
        return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
      },
    },
  ];
}

/** The private names of a program, in the order of its text. */
function privateNames(node) {
  if (node?.type === "PrivateIdentifier") return [node];
  const found = node && typeof node === "object" ? Object.values(node).flatMap(privateNames) : [];
  return node?.type === "Program" ? found.sort((a, b) => a.start - b.start) : found;
}

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

const wasm = () => readFileSync("build/permid64.wasm");

/**
 * The files beside the entries: the module, the types, and the files for `require`. These give the same module by the
 * runtime's require(esm), or a CommonJS build where there is no such thing, as in Jest. The declarations in types/ count
 * as CommonJS, since TypeScript lets both kinds of files import CommonJS.
 */
function companions() {
  return {
    name: "companions",
    generateBundle() {
      const emit = (fileName, source) => this.emitFile({ type: "asset", fileName, source });
      emit("permid64.wasm", wasm());
      emit("permid64.wasm.d.ts", "declare const module: WebAssembly.Module;\nexport default module;\n");
      emit("types/package.json", '{ "type": "commonjs" }\n');
      for (const name of [...entries, "edge"]) emit(`${name}.d.ts`, `export * from "./types/${moduleOf(name)}";\n`);
      for (const name of entries) {
        emit(`${name}.d.cts`, `export * from "./types/${moduleOf(name)}";\n`);
        emit(
          `${name}.cjs`,
          `try {
  module.exports = require("./${name}.js");
} catch (error) {
  // Jest, whose loader cannot require an ES module. Nobody else may come by a second copy of the core.
  if (process.env.JEST_WORKER_ID === undefined) throw error;
  module.exports = require("./cjs/${name}.cjs");
}
`,
        );
      }
    },
  };
}

/** All entries but adapters in one file, for pages without a build. */
function everything() {
  const id = "everything";
  return {
    name: id,
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (resolved) =>
      resolved === `\0${id}`
        ? entries
            .filter((name) => !isAdapter(name))
            .map((name) => `export * from ${JSON.stringify(source(name))};`)
            .join("\n")
        : null,
  };
}

const source = (name) => resolve("build/js", moduleOf(name));
const entryOf = (id) => entries.find((name) => id === source(name));
const library = () => [embedWasm(), inputSourceMaps(), pureLoader(), nodeResolve()];
const index = source("index");
const chunks = {
  // All modules of the main entry: no other entry has one of them twice, and none splits them.
  manualChunks: { core: [index] },
  hoistTransitiveImports: false,
};

export default [
  {
    input: Object.fromEntries(entries.map((name) => [name, source(name)])),
    preserveEntrySignatures: "strict",
    plugins: library(),
    output: [
      {
        ...chunks,
        dir: "dist",
        format: "es",
        chunkFileNames: "internal/[name].js",
        sourcemap: true,
        plugins: [minify(), companions(), thirdPartyLicenses()],
      },
      {
        ...chunks,
        dir: "dist/cjs",
        format: "cjs",
        entryFileNames: "[name].cjs",
        chunkFileNames: "internal/[name].cjs",
        plugins: [minify()],
      },
    ],
  },
  {
    input: "everything",
    plugins: [everything(), ...library()],
    output: { file: "dist/permid64.js", format: "es", plugins: [minify()] },
  },
  {
    input: source("edge"),
    external: [index, "permid64.wasm?module"],
    output: {
      file: "dist/edge.js",
      format: "es",
      paths: { [index]: "./index.js", "permid64.wasm?module": "./permid64.wasm?module" },
    },
  },
  {
    input: "build/js/cli/main.js",
    // Not a second copy of the library, but the one beside it.
    external: (id) => entryOf(id) !== undefined,
    plugins: [nodeResolve(), executable()],
    output: {
      file: "dist/cli.js",
      format: "es",
      banner: "#!/usr/bin/env node",
      paths: (id) => (entryOf(id) ? `./${entryOf(id)}.js` : id),
    },
  },
];
