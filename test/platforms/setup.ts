import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

// What the tests here share: a folder with test/platforms/app and the packed permid64 installed beside it.

declare module "vitest" {
  interface ProvidedContext {
    app: string;
  }
}

const here = import.meta.dirname;
const root = join(here, "../..");

export function setup(project: TestProject): () => void {
  execFileSync(process.execPath, [join(root, ".ci/setup.mjs")], { cwd: here, stdio: "inherit" });
  const app = mkdtempSync(join(tmpdir(), "permid64-platforms-"));
  const installed = join(app, "node_modules/permid64");
  mkdirSync(installed, { recursive: true });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", app];
  const [{ filename, version }] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" }));
  // A package in a tarball is a folder of its own.
  execFileSync("tar", ["-xzf", join(app, filename), "--strip-components=1", "-C", installed]);
  cpSync(join(here, "app"), app, { recursive: true });
  // The suite that all counters pass, for places that run no TypeScript.
  for (const file of ["conformance", "support/records"]) {
    const source = readFileSync(join(here, "../counter", `${file}.ts`), "utf8");
    writeFileSync(join(app, `counter-${file.split("/").at(-1)}.mjs`), stripTypeScriptTypes(source));
  }
  const [vectors, publicIds] = ["vectors.json", "public-id/vectors.json"].map((file) =>
    readFileSync(join(here, "..", file)),
  );
  writeFileSync(join(app, "vectors.mjs"), `export default { ...${vectors}, publicIds: ${publicIds} };`);
  writeFileSync(
    join(app, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { permid64: version } }),
  );
  project.provide("app", app);
  return () => rmSync(app, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
