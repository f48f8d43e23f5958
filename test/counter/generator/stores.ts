import { Redis } from "ioredis";
import { createClient } from "redis";
import {
  type AsyncCounter,
  AsyncId64,
  type AsyncId64Options,
  type Counter,
  PostgresCounter,
  type PostgresCounterOptions,
  RedisCounter,
  type RedisCounterOptions,
  SqliteCounter,
} from "../../support/library.ts";
import { AsyncLoggingCounter, INSTANCE } from "../../support/state-log.ts";
import { PG, POSTGRES } from "../postgres/clients.ts";

// Each counter with each client, as its users put them together. For tests and for the processes that these start.

export const KINDS = ["pg", "postgres", "ioredis", "node-redis", "sqlite"] as const;

export type Kind = (typeof KINDS)[number];

/** Where an id space is. */
export interface Place {
  readonly kind: Kind;
  /** A URL, or the path of a file. */
  readonly address: string;
  readonly name: string;
}

export type CounterOptions = Pick<PostgresCounterOptions & RedisCounterOptions, "timeout" | "skipAhead">;

/** A counter, and the user's client that it works on, which its user ends. */
export interface Connected {
  readonly counter: AsyncCounter | Counter;
  end(): Promise<void>;
}

export async function connectTo({ kind, address, name }: Place, options: CounterOptions = {}): Promise<Connected> {
  switch (kind) {
    case "pg":
    case "postgres": {
      const { client, end } = (kind === "pg" ? PG : POSTGRES).connect(address, 2);
      return { counter: new PostgresCounter(client, { name, ...options }), end };
    }
    case "ioredis": {
      const client = new Redis(address, { retryStrategy: () => 20 });
      client.on("error", () => {});
      return { counter: new RedisCounter(client, { name, ...options }), end: async () => client.disconnect() };
    }
    case "node-redis": {
      const client = createClient({ url: address, socket: { reconnectStrategy: 20 } });
      client.on("error", () => {});
      await client.connect();
      return { counter: new RedisCounter(client, { name, ...options }), end: async () => client.destroy() };
    }
    case "sqlite": {
      const { timeout = 60_000, skipAhead } = options;
      const counter = new SqliteCounter(address, { name, timeout: timeout, ...(skipAhead && { skipAhead }) });
      return { counter, end: async () => counter.close() };
    }
  }
}

/** A generator that writes down each block before it is used; who takes numbers from it writes them down too. */
export class LoggedGenerator {
  readonly ids: AsyncId64;
  readonly #counter: AsyncLoggingCounter;

  constructor(counter: AsyncCounter | Counter, log: string, options: Partial<AsyncId64Options> = {}) {
    this.#counter = new AsyncLoggingCounter(counter, log);
    this.ids = AsyncId64.identity({ instanceId: INSTANCE, counter: this.#counter, ...options });
  }

  /** One number: its sequence. */
  async next(): Promise<bigint> {
    const [number] = this.#note([await this.ids.nextU64()]);
    return number!;
  }

  async take(count: number): Promise<bigint[]> {
    return this.#note(await this.ids.takeU64(count));
  }

  #note(raws: Iterable<bigint>): bigint[] {
    const numbers = Array.from(raws, (raw) => this.ids.decode(raw).sequence);
    this.#counter.issued(numbers);
    return numbers;
  }
}
