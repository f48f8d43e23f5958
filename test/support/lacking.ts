import type { TestContext } from "vitest";

/** For what a machine may lack: a failure where all is promised to be there, and a note elsewhere. */
export function lacking(context: TestContext, what: string): never {
  const { CI } = process.env;
  if (CI) throw new Error(`missing on this machine: ${what}`);
  return context.skip(`missing on this machine: ${what}`);
}
