import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../support/ports.ts";

/** Whether this machine has the server. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** Settings of redis.conf, by name. */
export type Settings = Readonly<Record<string, string>>;

/** Keeps what it is told. */
export const DURABLE: Settings = { appendonly: "yes", appendfsync: "always", save: "" };

/** Runs the server until it ends, or until the pipe to standard input does: with the process that started it. */
const KEEPER = `exec 3<&0
"$@" </dev/null >/dev/null & pid=$!
echo $pid
(cat <&3 >/dev/null; kill -9 $pid) & watch=$!
wait $pid
kill $watch`;

export const connectTo = (port: number) => new Redis(port, "127.0.0.1");

/** A redis-server on loopback, with its data in a folder for temporary files. */
export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly settings: Settings;
  /** A connection for orders, which comes back after a restart. */
  readonly admin: Redis;
  #keeper: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #pid = 0;

  private constructor(port: number, folder: string, settings: Settings) {
    this.port = port;
    this.folder = folder;
    this.settings = settings;
    this.admin = new Redis(port, "127.0.0.1", {
      lazyConnect: true,
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
      ...(settings.requirepass && { password: settings.requirepass }),
    });
    this.admin.on("error", () => {});
  }

  static async start(settings: Settings = DURABLE): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "permid64-redis-"));
    const server = new RedisServer(await freePort(), folder, settings);
    await server.restart();
    return server;
  }

  /** A copy of `master`, reached by way of `port`. It is in step when this resolves. */
  static async startReplica(master: RedisServer, port = master.port, settings: Settings = {}): Promise<RedisServer> {
    const replica = await RedisServer.start({ ...master.settings, ...settings, replicaof: `127.0.0.1 ${port}` });
    await replica.waitFor(/master_link_status:up/);
    return replica;
  }

  /** Starts the server on what it has in its folder. */
  async restart(settings: Settings = {}): Promise<void> {
    const all: Settings = {
      port: String(this.port),
      dir: this.folder,
      bind: "127.0.0.1",
      logfile: "log",
      "repl-diskless-sync-delay": "0",
      "repl-ping-replica-period": "1",
      ...this.settings,
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...(value.match(/\S+/g) ?? [""])]);
    const keeper = spawn("sh", ["-c", KEEPER, "sh", "redis-server", ...args], { stdio: ["pipe", "pipe", "ignore"] });
    this.#keeper = keeper;
    this.#ended = new Promise((resolve) => keeper.once("exit", resolve));
    this.#pid = await new Promise<number>((resolve) => keeper.stdout.once("data", (data) => resolve(Number(data))));
    const failed = this.#ended.then(() => {
      throw new Error(`redis-server ended: ${readFileSync(join(this.folder, "log"), "utf8").slice(-1000)}`);
    });
    if (this.admin.status === "wait") this.admin.connect().catch(() => {}); // It goes on trying.
    await Promise.race([this.waitFor(new RegExp(`process_id:${this.#pid}\\s`), "server"), failed]);
    failed.catch(() => {});
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    process.kill(this.#pid, "SIGKILL");
    await this.#hasEnded();
  }

  /** An orderly shutdown. */
  async stop(): Promise<void> {
    process.kill(this.#pid, "SIGTERM");
    await this.#hasEnded();
  }

  /** SIGSTOP and SIGCONT. */
  freeze(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  thaw(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  /** Makes a master of a replica. */
  async promote(): Promise<void> {
    await this.admin.replicaof("NO", "ONE");
    await this.waitFor(/role:master/);
  }

  /** Until INFO says so. */
  async waitFor(pattern: RegExp, section = "replication"): Promise<string> {
    for (;;) {
      const info = String(await this.admin.info(section));
      if (pattern.test(info)) return info;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async close(): Promise<void> {
    this.admin.disconnect();
    this.#keeper?.stdin?.destroy();
    await this.#ended;
    // A killed server's own child may still be writing.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  async #hasEnded(): Promise<void> {
    await this.#ended;
    this.#keeper!.stdin!.destroy();
  }
}
