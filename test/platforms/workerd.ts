import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { endWithUs } from "./children.ts";
import { app, bin, ENVIRONMENT, installed, run } from "./matrix.ts";

// Cloudflare's own runtime, by itself: so that it can be killed at any moment and started again on the same files.

/** The program itself, which can be killed: what is in .bin may be a script that starts it. */
const { default: program } = createRequire(import.meta.url)(installed("workerd"));

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly retryable?: boolean;
}

/** What a Worker answers: app/workers/counter.mjs. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: Failure;
}

const replacer = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);
const reviver = (_: string, value: unknown) =>
  typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;

/** Bundles a Worker of the app's as wrangler does: the module of permid64 stays a file beside it. */
export async function bundle(worker: string): Promise<string> {
  const folder = join(app, "bundled", worker);
  const flags = ["--bundle", "--format=esm", "--conditions=workerd", "--external:*.wasm?module"];
  await run([bin("esbuild")], `workers/${worker}`, ...flags, "--external:cloudflare:workers", `--outdir=${folder}`);
  cpSync(join(app, "node_modules/permid64/dist/permid64.wasm"), join(folder, "permid64.wasm"));
  return folder;
}

/** Two Workers, each an isolate of its own, and Durable Objects whose storage is in `folder`. */
const configuration = (folder: string) => `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "first", worker = .first),
    (name = "second", worker = .second),
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
  ],
  sockets = [
    (name = "first", address = "127.0.0.1:0", http = (), service = "first"),
    (name = "second", address = "127.0.0.1:0", http = (), service = "second"),
  ],
);

const modules :List(Workerd.Worker.Module) = [
  (name = "worker", esModule = embed "counter.js"),
  (name = "permid64.wasm?module", wasm = embed "permid64.wasm"),
];

const first :Workerd.Worker = (
  modules = .modules,
  compatibilityDate = "2026-10-01",
  durableObjectNamespaces = [
    (className = "Orders", uniqueKey = "orders", enableSql = true),
    (className = "Naive", uniqueKey = "naive", enableSql = true),
    (className = "Legacy", uniqueKey = "legacy"),
  ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    (name = "Orders", durableObjectNamespace = "Orders"),
    (name = "Naive", durableObjectNamespace = "Naive"),
    (name = "Legacy", durableObjectNamespace = "Legacy"),
  ],
);

const second :Workerd.Worker = (
  modules = .modules,
  compatibilityDate = "2026-10-01",
  bindings = [
    (name = "Orders", durableObjectNamespace = (className = "Orders", serviceName = "first")),
    (name = "Naive", durableObjectNamespace = (className = "Naive", serviceName = "first")),
  ],
);
`;

/** How to start one. */
export interface WorkerdOptions {
  /** Where the objects keep their storage. */
  readonly folder: string;
  /** The length that no file may pass, in KiB: what a full disk is like. */
  readonly room?: number;
}

export class Workerd {
  readonly #child: ChildProcess;
  readonly #ports: ReadonlyMap<string, number>;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, ports: ReadonlyMap<string, number>, ended: Promise<void>) {
    this.#child = child;
    this.#ports = ports;
    this.#ended = ended;
  }

  static async start(bundled: string, { folder, room }: WorkerdOptions): Promise<Workerd> {
    mkdirSync(folder, { recursive: true });
    const file = join(bundled, "config.capnp");
    writeFileSync(file, configuration(folder));
    const limit = room === undefined ? "" : `trap '' XFSZ; ulimit -f ${room};`;
    const serve = `${limit} exec "$0" serve "$1" --control-fd=3`;
    const child = spawn("bash", ["-c", serve, program, file], {
      env: ENVIRONMENT,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    const alone = endWithUs(() => child.kill("SIGKILL"));
    let complaint = "";
    child.stderr!.on("data", (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-2000);
    });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve(alone())));
    const ports = new Map<string, number>();
    await new Promise<void>((resolve, reject) => {
      child.once("close", () => reject(new Error(`workerd ended: ${complaint}`)));
      let heard = "";
      (child.stdio[3] as Readable).on("data", (chunk) => {
        heard += chunk;
        for (const line of heard.split("\n").slice(0, -1)) {
          const { event, socket, port } = JSON.parse(line);
          if (event === "listen") ports.set(socket, port);
        }
        if (ports.size === 2) resolve();
      });
    });
    return new Workerd(child, ports, ended);
  }

  /** Asks one of the Workers to call a method of the object's. Rejects if workerd is killed meanwhile. */
  async ask(
    method: string,
    args: readonly unknown[] = [],
    { worker = "first", object = "Orders" } = {},
  ): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#ports.get(worker)}/`, {
      method: "POST",
      body: JSON.stringify({ method, args, object }, replacer),
    });
    return JSON.parse(await response.text(), reviver);
  }

  /** As `ask`, for what must succeed. */
  async call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const answer = await this.ask(method, args);
    if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
    return answer.value as T;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
