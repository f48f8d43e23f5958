import { fork } from "node:child_process";
import { parentPort, Worker as Thread } from "node:worker_threads";

// Both ends of a worker: it says that it is up, takes one job, answers it, and is done.

export function answerJob<Job, Answer>(work: (job: Job) => Promise<Answer>): void {
  const say = (message: unknown) => (parentPort ? parentPort.postMessage(message) : process.send!(message));
  // Whoever started it is gone, and what it works on may go on for ever.
  const abandoned = () => process.exit(1);
  process.once("disconnect", abandoned);
  (parentPort ?? process).once("message", async (job: Job) => {
    const answer = await work(job);
    process.off("disconnect", abandoned);
    say(answer);
    if (parentPort) parentPort.close();
    else process.disconnect();
  });
  say("up");
}

/** A process or thread of a test that is up and waits for its job. */
export interface Worker<Job, Answer> {
  /** Resolves to nothing if it was killed before it answered; rejects if it failed. */
  run(job: Job): Promise<Answer | undefined>;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts `script`, which has to call `answerJob`; `wrapper` is a command to run it by. */
export async function startProcess<Job, Answer>(
  script: URL,
  wrapper: readonly string[] = [],
): Promise<Worker<Job, Answer>> {
  const [command, ...before] = [...wrapper, process.execPath];
  const child = fork(script, {
    execPath: command!,
    // The warnings that a worker answers with need not be printed too.
    execArgv: [...before, "--disable-warning=PermId64Warning"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr!.on("data", (chunk) => {
    complaint += chunk;
  });
  const ended = new Promise<undefined>((resolve, reject) => {
    child.once("close", (status, signal) => {
      if (status === 0 || signal === "SIGKILL") resolve(undefined);
      else reject(new Error(`worker ended with ${status ?? signal}: ${complaint}`));
    });
  });
  ended.catch(() => {}); // Whoever waits for an answer is told.
  const next = () => Promise.race([new Promise<Answer>((resolve) => child.once("message", resolve)), ended]);
  await next();
  return {
    run(job) {
      child.send(job as object);
      return next();
    },
    async kill() {
      child.kill("SIGKILL");
      await ended.catch(() => {});
    },
  };
}

/** The same as a thread of this process. */
export async function startThread<Job, Answer>(script: URL): Promise<Worker<Job, Answer>> {
  const thread = new Thread(script);
  const next = () =>
    new Promise<Answer>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
  await next();
  return {
    run(job) {
      thread.postMessage(job);
      return next();
    },
    async kill() {
      await thread.terminate();
    },
  };
}
