// Ends the build: "exports" of package.json, the source, dist/ and the size limits must agree on the entries.
import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import limits from "../.size-limit.mjs";
import { entries, moduleOf } from "./entries.mjs";

/** The entry `.` on Workers and edge functions. */
const EDGE = "edge";
/** The chunks that rollup makes of modules which several entries share. A new one may be right: name it here. */
const CHUNKS = ["core", "record"];

const { exports: exported } = JSON.parse(readFileSync("package.json", "utf8"));
const problems = [];
const demand = (condition, problem) => condition || problems.push(problem);
const names = (pattern) => globSync(pattern).map((file) => file.match(/([^/\\]+?)\.\w+$/)[1]);

for (const name of entries) {
  const path = name === "index" ? "." : `./${name}`;
  const edge = path === "." && { workerd: "./dist/edge.js", "edge-light": "./dist/edge.js" };
  const js = `./dist/${name}.js`;
  const expected = JSON.stringify({ ...edge, module: js, require: `./dist/${name}.cjs`, default: js });
  demand(JSON.stringify(exported[path]) === expected, `package.json: "${path}" in "exports" should be ${expected}`);
}

const folders = globSync("src/{counter,adapter}/*/index.ts").map((file) => file.split(/[\\/]/).at(-2));
for (const name of folders)
  demand(entries.includes(name) || name === "sqlite", `package.json: "exports" lacks "./${name}", for its index.ts`);
for (const name of entries) {
  demand(
    limits.some((limit) => limit.name === name),
    `.size-limit.mjs: LIMITS lacks "${name}"`,
  );
  for (const extension of ["js", "cjs", "d.ts", "d.cts"])
    demand(existsSync(`dist/${name}.${extension}`), `dist/${name}.${extension} is missing`);
  demand(existsSync(`dist/cjs/${name}.cjs`), `dist/cjs/${name}.cjs is missing`);
  const types = `dist/types/${moduleOf(name).replace(/js$/, "d.ts")}`;
  demand(existsSync(types), `${types} is missing`);
}
for (const { name } of limits)
  demand(entries.includes(name) || name === "permid64", `.size-limit.mjs: "${name}" is no entry`);
for (const name of names("dist/*.js"))
  demand([...entries, EDGE, "permid64", "cli"].includes(name), `dist/${name}.js is no entry: left by an older build?`);
for (const chunk of names("dist/internal/*.js"))
  demand(CHUNKS.includes(chunk), `dist/internal/${chunk}.js is a new chunk: name it in CHUNKS, or rollup.config.mjs`);

// One core: no module in two files.
const homes = new Map();
for (const map of globSync(["dist/*.js.map", "dist/internal/*.js.map"])) {
  for (const module of JSON.parse(readFileSync(map, "utf8")).sources) {
    const name = module.replace(/^(\.\.\/)+/, "");
    demand(!homes.has(name), `${name} is in both ${homes.get(name)} and ${map}`);
    homes.set(name, map);
  }
}

// All forms of an entry export the same names.
if (problems.length === 0) {
  const require = createRequire(import.meta.url);
  const everything = Object.keys(await import("../dist/permid64.js"));
  for (const name of entries) {
    const exports = Object.keys(await import(`../dist/${name}.js`));
    const common = Object.keys(require(`../dist/cjs/${name}.cjs`));
    demand(
      exports.sort().join() === common.sort().join(),
      `dist/cjs/${name}.cjs exports other names than dist/${name}.js`,
    );
    for (const item of exports) demand(everything.includes(item), `dist/permid64.js lacks ${item}, of ${name}`);
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
