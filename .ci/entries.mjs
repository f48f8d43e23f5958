// The entries of the package, as "exports" in package.json lists them. A new entry is one block there, one folder with an
// index.ts, and one size limit: check-entries.mjs ends the build where one of them is forgotten.
import { existsSync, readFileSync } from "node:fs";

const { exports: exported } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** "index" for `permid64`, "postgres" for `permid64/postgres`. */
export const entries = Object.keys(exported)
  .filter((path) => !/\.(wasm|json)$/.test(path))
  .map((path) => (path === "." ? "index" : path.slice(2)));

/** The rooms that hold entries, by folder or file. */
const PLACES = ["NAME.js", "counter/NAME/index.js", "adapter/NAME/index.js", "NAME/index.js"];

/** The module of an entry, relative to the source. */
export function moduleOf(name) {
  const candidates = PLACES.map((place) => place.replace("NAME", name));
  const found = candidates.find((path) => existsSync(new URL(`../src/${path.replace(/js$/, "ts")}`, import.meta.url)));
  if (!found) throw new Error(`package.json exports "./${name}", and src has none of ${candidates.join(", ")}`);
  return found;
}

/** Adapters are not in dist/permid64.js: they belong to a framework, and some import it. */
export const isAdapter = (name) => moduleOf(name).startsWith("adapter/");
