import { CounterConfigError } from "../../base/errors.js";
import { builtin } from "../../base/runtime.js";

/**
 * Throws unless the file at `path` has one name, in one folder. SQLite names the journal after the path. A second name, by a
 * hard link or a mount of the file alone, hides the journal, and a journal that was hidden puts an old mark back.
 */
export function requireOneName(path: string): void {
  const fs = builtin("node:fs");
  const { dirname } = builtin("node:path");
  // SQLite follows symbolic links too, so that these lead to one journal.
  const file = fs.realpathSync(path);
  removeDrafts(file);
  const stat = fs.statSync(file);
  if (!stat.isFile()) return; // SQLite says what is wrong with it.
  const { nlink, dev } = stat;
  if (nlink > 1) {
    throw new CounterConfigError(
      `state file ${path} has ${nlink} hard links. Each name would have a journal of its own: keep one name, and remove the others`,
    );
  }
  if (isMountPoint(file) ?? fs.statSync(dirname(file)).dev !== dev) {
    throw new CounterConfigError(
      `state file ${path} is a mount of its own, and its journal would stay outside: mount its folder instead`,
    );
  }
}

/** Undefined where the system does not tell. Device numbers alone are ambiguous: those of overlay file systems vary. */
function isMountPoint(file: string): boolean | undefined {
  try {
    const table = builtin("node:fs").readFileSync("/proc/self/mountinfo", "utf8");
    // Blanks and backslashes are written in octal.
    const escaped = file.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
    return table.split("\n").some((line) => line.split(" ")[4] === escaped);
  } catch {
    return undefined;
  }
}

/** Unique, so that two processes that create a file at once write two drafts. */
export const draftOf = (path: string) => `${path}.${crypto.randomUUID()}.tmp`;

/**
 * Removes the drafts that killed creations left behind. A creation that is still under way loses its draft, and would have
 * lost to the file that exists.
 */
function removeDrafts(file: string): void {
  const fs = builtin("node:fs");
  const { basename, dirname, join } = builtin("node:path");
  const prefix = `${basename(file)}.`;
  try {
    for (const name of fs.readdirSync(dirname(file))) {
      const rest = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp(-journal)?$/.test(rest)) {
        fs.rmSync(join(dirname(file), name), { force: true });
      }
    }
  } catch {
    // A folder that cannot be listed or written to. The drafts do no harm, and a second name is refused.
  }
}
