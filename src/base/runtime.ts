import { CounterConfigError } from "./errors.js";

// The one file that asks for Node's builtins, which Deno and Bun have too. It asks at call time and by name, so that the
// same bundle loads in browsers and on the edge.

interface Builtins {
  "node:fs": typeof import("node:fs");
  "node:path": typeof import("node:path");
  "node:sqlite": typeof import("node:sqlite");
}

export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const module = globalThis.process?.getBuiltinModule?.(name);
  if (!module) {
    throw new CounterConfigError(
      `a state file needs ${name}, which this runtime does not have: use Node from 22.13, Deno or Bun, or another counter`,
    );
  }
  return module as Builtins[Name];
}

/** Emits a process warning, which Node prints once on standard error. Does nothing where there is no process. */
export function warn(code: string, message: string): void {
  globalThis.process?.emitWarning?.(message, { type: "PermId64Warning", code });
}

/**
 * Runs `task` before the process is written to a startup snapshot, if one is being built. All processes that start from
 * the snapshot would hold the same numbers.
 */
export function beforeSnapshot(task: () => void): void {
  const snapshot = globalThis.process?.getBuiltinModule?.("node:v8")?.startupSnapshot;
  if (snapshot?.isBuildingSnapshot?.()) snapshot.addSerializeCallback(task);
}
