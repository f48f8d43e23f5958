import { expect, onTestFinished } from "vitest";
import type { Answer, AttemptJob, Job } from "./state-worker.ts";
import * as workers from "./workers.ts";

const SCRIPT = new URL("./state-worker.ts", import.meta.url);

export type Peer = workers.Worker<Job, Answer>;

async function ending(starting: Promise<Peer>): Promise<Peer> {
  const peer = await starting;
  onTestFinished(() => peer.kill());
  return peer;
}

/** A process that ends with the test; `wrapper` is a command to run it by. */
export const startProcess = (wrapper?: readonly string[]) => ending(workers.startProcess(SCRIPT, wrapper));

/** A thread of this process that ends with the test. */
export const startThread = () => ending(workers.startThread(SCRIPT));

/** What a fresh process makes of a state. */
export async function attempt(job: Omit<AttemptJob, "task">, wrapper?: readonly string[]): Promise<Answer> {
  const peer = await startProcess(wrapper);
  const answer = await peer.run({ task: "attempt", ...job });
  expect(answer, "the worker answered").toBeDefined();
  return answer!;
}
