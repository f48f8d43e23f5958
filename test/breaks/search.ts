// Exhaustive search over 32 bits on all cores: assembly/search.ts, compiled when it is first needed.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import asc from "assemblyscript/asc";

export type KernelName = "seeds" | "outerKeys" | "innerKeys";

export type SearchKernels = Record<KernelName, (from: number, count: number, ...parameters: number[]) => number> & {
  memory: WebAssembly.Memory;
  HITS: WebAssembly.Global;
};

export interface SearchJob {
  module: WebAssembly.Module;
  kernel: KernelName;
  parameters: readonly number[];
  from: number;
  count: number;
}

/** What is searched: `count` candidates from `from`, multiples of 2^10. Tests look around what they know to be there. */
export interface Range {
  from: number;
  count: number;
}

export const ALL: Range = { from: 0, count: 2 ** 32 };

let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(): Promise<WebAssembly.Module> {
  const source = readFileSync(new URL("assembly/search.ts", import.meta.url), "utf8");
  const { error, binary, stderr } = await asc.compileString(source, {
    optimizeLevel: 3,
    runtime: "stub",
    use: ["abort="],
    enable: ["simd"],
    noAssert: true,
  });
  if (error) throw new Error(`assembly/search.ts: ${stderr.toString()}`, { cause: error });
  return new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
}

function run(job: SearchJob): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("search-worker.ts", import.meta.url), { workerData: job });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** All candidates of the range that fit, in ascending order. */
export async function search(kernel: KernelName, parameters: readonly number[], range = ALL): Promise<number[]> {
  compiled ??= compile();
  const module = await compiled;
  const threads = availableParallelism();
  const share = Math.ceil(range.count / threads / 1024) * 1024;
  const jobs = Array.from({ length: threads }, (_, i) => ({
    module,
    kernel,
    parameters,
    from: range.from + i * share,
    count: Math.max(0, Math.min(share, range.count - i * share)),
  }));
  return (await Promise.all(jobs.map(run))).flat().sort((a, b) => a - b);
}
