import { type ChildProcess, fork } from "node:child_process";

/** A process of a test that is up and waits for its job. */
export class Worker<Job, Answer> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<undefined>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    let complaint = "";
    child.stderr!.on("data", (chunk) => {
      complaint += chunk;
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once("close", (status, signal) => {
        if (status === 0 || signal === "SIGKILL") resolve(undefined);
        else reject(new Error(`worker ended with ${status ?? signal}: ${complaint}`));
      });
    });
    // Whoever waits for an answer is told.
    this.#ended.catch(() => {});
  }

  /** `script` takes one message, the job, and sends one, the answer, after one that says that it is up. */
  static async start<Job, Answer>(script: URL): Promise<Worker<Job, Answer>> {
    const child = fork(script, {
      execArgv: ["--disable-warning=PermId64Warning"],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    // Its channel closes with this process, and it ends.
    const worker = new Worker<Job, Answer>(child);
    await worker.#next();
    return worker;
  }

  /** Resolves to nothing if it was killed before it answered; rejects if it failed. */
  run(job: Job): Promise<Answer | undefined> {
    this.#child.send(job as object);
    return this.#next();
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended.catch(() => {});
  }

  #next(): Promise<Answer | undefined> {
    return Promise.race([new Promise<Answer>((resolve) => this.#child.once("message", resolve)), this.#ended]);
  }
}
