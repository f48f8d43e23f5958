import { execFileSync } from "node:child_process";
import { join } from "node:path";

const here = import.meta.dirname;

export function setup(): void {
  execFileSync(process.execPath, [join(here, "../../.ci/setup.mjs")], { cwd: here, stdio: "inherit" });
}
