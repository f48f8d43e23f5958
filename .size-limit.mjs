import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The gzipped size of an entry's file and all that it imports: a little above the size that was measured. */
const LIMITS = {
  index: "33 kB",
  postgres: "39 kB",
  redis: "38 kB",
  indexeddb: "35 kB",
  "durable-object": "35 kB",
  cas: "35 kB",
  permid64: "46 kB",
};

function withImports(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const imports = readFileSync(file, "utf8").matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g);
  for (const [, path] of imports) withImports(join(dirname(file), path), found);
  return found;
}

export default Object.entries(LIMITS).map(([name, limit]) => ({
  name,
  path: [...withImports(`dist/${name}.js`)],
  limit,
  gzip: true,
}));
