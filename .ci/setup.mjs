// Installs what package-lock.json names, unless node_modules already holds it.
// Runs on whatever Node the machine has; the scripts after it run on the pinned one.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
  const { status } = spawnSync("npm", ["ci"], { stdio: "inherit", shell: process.platform === "win32" });
  process.exitCode = status ?? 1;
}
