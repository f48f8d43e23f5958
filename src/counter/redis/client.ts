import { invalidType, show } from "../../base/check.js";
import { CounterUnavailableError } from "../../base/errors.js";
import { checkObject } from "../../base/options.js";

/** The part of an `ioredis` client or cluster that a counter uses. */
export interface IoredisClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  config(subcommand: "GET", pattern: string): Promise<unknown>;
}

/** The part of a client, pool or cluster of `redis` (node-redis) that a counter uses. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  configGet(pattern: string): Promise<unknown>;
}

/** A connected client of the user's own: `ioredis`, or `redis` (node-redis). */
export type RedisClient = IoredisClient | NodeRedisClient;

/** Members of both kinds of client for one connection. No public type has them, so they are looked for before they are used. */
interface Single {
  readonly options?: { keyPrefix?: string; socket?: object };
  duplicate(overrides: object): Duplicate;
}

type Duplicate = RedisClient & {
  connect(): Promise<unknown>;
  on(event: "error", listener: () => void): unknown;
  wait(replicas: number, milliseconds: number): Promise<unknown>;
  /** ioredis, and node-redis. */
  disconnect?(): void;
  destroy?(): void;
  stream?: { unref?(): void };
  unref?(): void;
};

interface Several {
  /** The prefix of keys, of pools and clusters of node-redis. */
  readonly _keyPrefix?: string;
  /** ioredis. */
  readonly isCluster?: boolean;
  nodes?(role: "master"): (Single & RedisClient)[];
  /** node-redis. */
  readonly masters?: readonly unknown[];
  nodeClient?(node: unknown): Promise<Single & RedisClient>;
  execute?(task: (client: Single & RedisClient) => Single & RedisClient): Promise<Single & RedisClient>;
  /** A sentinel client of node-redis. */
  use?(task: (master: NodeRedisClient) => Promise<unknown>): Promise<unknown>;
}

/** The part of an AbortSignal that is used here: its own type is in the libraries of a browser. */
interface Signal {
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
}

export function checkClient(client: RedisClient): RedisClient {
  const { eval: evaluate } = checkObject("client", client);
  if (typeof evaluate !== "function" || !("config" in client || "configGet" in client)) {
    throw invalidType("client", "an ioredis or node-redis client", show(client));
  }
  return client;
}

const isNodeRedis = (client: RedisClient): client is NodeRedisClient => "configGet" in client;

/**
 * Runs a script on one key, and resolves with a list of texts. EVALSHA would spare the server 3 of 15 µs, and fail after
 * each restart and failover, when the server has forgotten the script.
 */
export async function evaluate(client: RedisClient, script: string, key: string, args: string[]): Promise<string[]> {
  const reply = isNodeRedis(client)
    ? await client.eval(script, { keys: [key], arguments: args })
    : await client.eval(script, 1, key, ...args);
  // A client may be told to give buffers for text.
  if (Array.isArray(reply)) return reply.map(String);
  if (String(reply) === "QUEUED") {
    throw new CounterUnavailableError(
      "the client is within MULTI, so the server runs nothing until EXEC: give the counter a client that runs no transactions",
    );
  }
  return [String(reply)];
}

/** The server's settings whose names match. */
export async function settings(client: RedisClient, pattern: string): Promise<Map<string, string>> {
  const reply = isNodeRedis(client) ? await masterSettings(client, pattern) : await client.config("GET", pattern);
  const pairs: Iterable<readonly unknown[]> = Array.isArray(reply)
    ? reply.flatMap((name, i) => (i % 2 === 0 ? [[name, reply[i + 1]]] : []))
    : reply instanceof Map
      ? reply
      : Object.entries(reply as object);
  return new Map(Array.from(pairs, ([name, value]) => [String(name), String(value)]));
}

/** A sentinel client of node-redis sends CONFIG GET to a replica, unless it runs within `use`, which is for the master. */
function masterSettings(client: NodeRedisClient, pattern: string): Promise<unknown> {
  const { use } = client as Several;
  return use ? use.call(client, (master) => master.configGet(pattern)) : client.configGet(pattern);
}

/** A client for each master that may have the key, now or after a cluster moves it. */
export async function mastersOf(client: RedisClient): Promise<(Single & RedisClient)[]> {
  const several = client as Several;
  if (several.isCluster && several.nodes) return several.nodes("master");
  if (several.masters && several.nodeClient) {
    return Promise.all(several.masters.map((node) => several.nodeClient!(node)));
  }
  if (several.execute) return [await several.execute((one) => one)];
  return [client as Single & RedisClient];
}

/**
 * A connection of the counter's own, for WAIT. WAIT covers the writes of *its* connection only. On another connection of a
 * pool, or after a reconnect to a server that took the first one's place, WAIT says at once that all is well. A client does
 * not tell which connection a command used, and sends a lost command again on the next one. So this connection never
 * reconnects: a command was sent on this connection, or failed. WAIT also blocks all commands behind it, which on the user's
 * own connection would be everybody's. (Within MULTI or a script, WAIT does not wait or is not allowed.)
 */
export class LeasingConnection {
  readonly #client: Duplicate;

  private constructor(client: Duplicate) {
    this.#client = client;
  }

  /** Connects to the master that has `key`. `signal` ends the connection, even while the server does not answer. */
  static async open(client: RedisClient, key: string, probe: string, signal: Signal): Promise<LeasingConnection> {
    const { _keyPrefix, options } = client as Several & Partial<Single>;
    await evaluate(client, probe, key, []); // So a cluster's client learns which servers are masters now.
    let moved: unknown;
    for (const master of await mastersOf(client)) {
      // The duplicate of a node-redis sentinel is a pool.
      if (typeof master.duplicate !== "function" || "acquire" in master) {
        throw invalidType("client", "one of a server, pool or cluster, to wait for replicas", show(client));
      }
      signal.throwIfAborted();
      const connection = new LeasingConnection(duplicate(client, master, _keyPrefix ?? options?.keyPrefix));
      signal.addEventListener("abort", () => connection.#close());
      try {
        await connection.#client.connect();
        await connection.evaluate(probe, key, []);
        connection.#unref();
        return connection;
      } catch (error) {
        connection.#close();
        if (!/^MOVED /.test((error as Error).message)) throw error;
        moved = error;
      }
    }
    throw moved;
  }

  evaluate(script: string, key: string, args: string[]): Promise<string[]> {
    return evaluate(this.#client, script, key, args);
  }

  /** Resolves with how many replicas have all writes of this connection. */
  async wait(replicas: number, milliseconds: number): Promise<number> {
    return Number(await this.#client.wait(replicas, milliseconds));
  }

  #close(): void {
    try {
      if (isNodeRedis(this.#client)) this.#client.destroy?.();
      else this.#client.disconnect?.();
    } catch {
      // node-redis throws if it is closed already.
    }
  }

  /** An idle connection keeps no process alive. */
  #unref(): void {
    if (this.#client.unref) this.#client.unref();
    else this.#client.stream?.unref?.();
  }
}

function duplicate(client: RedisClient, single: Single & RedisClient, keyPrefix: string | undefined): Duplicate {
  const overrides = isNodeRedis(client)
    ? { socket: { ...single.options?.socket, reconnectStrategy: false } }
    : {
        lazyConnect: true,
        retryStrategy: null,
        sentinelRetryStrategy: null,
        reconnectOnError: null,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        enableAutoPipelining: false,
      };
  const made = single.duplicate({ ...overrides, ...(keyPrefix && { keyPrefix }) });
  made.on("error", () => {}); // The waiting call fails with the error; without a listener, node-redis would also throw.
  return made;
}
