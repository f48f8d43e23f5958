// One thread of search.ts: its share of the range, in calls of at most PART candidates.

import { parentPort, workerData } from "node:worker_threads";
import type { SearchJob, SearchKernels } from "./search.ts";

const PART = 2 ** 24;

const { module, kernel, parameters, from, count } = workerData as SearchJob;
const { memory, HITS, ...kernels } = new WebAssembly.Instance(module).exports as unknown as SearchKernels;

const found: number[] = [];
for (let i = 0; i < count; i += PART) {
  const hits = kernels[kernel](from + i, Math.min(PART, count - i), ...parameters);
  found.push(...new Uint32Array(memory.buffer, Number(HITS), hits));
}
parentPort!.postMessage(found);
