// A Durable Object that counts, and a Worker that hands on what it is asked by HTTP: `{ method, args }` in JSON.
import { DurableObject } from "cloudflare:workers";
import { DurableObjectCounter } from "permid64/durable-object";
import { conformance } from "../counter-conformance.mjs";
import { recordEdits } from "../counter-records.mjs";
import { together, written } from "../counters.mjs";

/** Counters of objects that were started before this one, in the same isolate. */
const earlier = [];

export class Orders extends DurableObject {
  #counter = new DurableObjectCounter(this.ctx.storage);

  constructor(ctx, env) {
    super(ctx, env);
    earlier.push(this.#counter);
  }

  create(options) {
    return DurableObjectCounter.create(this.ctx.storage, options);
  }

  open(claim, options) {
    if (options) this.#counter = new DurableObjectCounter(this.ctx.storage, options);
    return this.#counter.open(claim);
  }

  reserve(count, claim) {
    return this.#counter.reserve(count, claim);
  }

  stored(key) {
    return this.ctx.storage.kv.get(key);
  }

  suite() {
    const { storage } = this.ctx;
    const key = (name) => `permid64:${name}`;
    return conformance({
      lacks: ["close"],
      counter: (name, options) => new DurableObjectCounter(storage, { name, ...options }),
      create: (name, options) => DurableObjectCounter.create(storage, { name, ...options }),
      inspect: (name) => DurableObjectCounter.inspect(storage, { name }),
      raise: (name, options) => DurableObjectCounter.raise(storage, { name, ...options }),
      leaseInstanceId: (name, options) => DurableObjectCounter.leaseInstanceId(storage, { name, ...options }),
      ...recordEdits(
        (name) => storage.kv.get(key(name)),
        (name, record) => (record === undefined ? storage.kv.delete(key(name)) : storage.kv.put(key(name), record)),
      ),
    });
  }

  /** Many counters in the one object, each called many times at once. */
  together(count, calls, sizes) {
    const all = Array.from({ length: count }, () => new DurableObjectCounter(this.ctx.storage));
    return together(all, calls, sizes);
  }

  async many(calls, count, claim) {
    for (let i = 0; i < calls; i++) await this.reserve(count, claim);
  }

  /** A caller's transaction around a reservation, undone afterwards. */
  async undone(kind, claim) {
    const { storage } = this.ctx;
    let reserved;
    const work = () => {
      reserved = this.reserve(10, claim);
      if (kind === "transactionSync") throw new Error("undone");
      return reserved.then(() => {
        throw new Error("undone");
      });
    };
    try {
      await storage[kind](work);
    } catch (error) {
      if (error.message !== "undone") throw error;
    }
    return reserved;
  }

  /** What the object before this one would do, if it still ran. */
  stale(claim) {
    return earlier.at(-2).reserve(10, claim);
  }

  restart() {
    this.ctx.abort("started anew");
  }

  /** Asks for a block, and is gone before it is there. */
  restartAmid(claim) {
    const block = this.reserve(10, claim);
    this.ctx.abort("started anew");
    return block;
  }
}

/** What must not be: a mark that is kept in memory only. */
export class Naive extends DurableObject {
  #mark = 0n;

  reserve(count) {
    const start = this.#mark;
    this.#mark += BigInt(count);
    return { start, end: this.#mark };
  }

  restart() {
    this.ctx.abort("started anew");
  }
}

/** An object that is not backed by SQLite. */
export class Legacy extends DurableObject {
  create(options) {
    return DurableObjectCounter.create(this.ctx.storage, options);
  }
}

/** In the Worker: blocks by RPC, one after the other. After an error, a stub is of no more use, so each call has its own. */
async function lease(namespace, calls, count, claim) {
  const blocks = [];
  for (let i = 0; i < calls; i++) blocks.push(await namespace.getByName("orders").reserve(count, claim));
  return written(blocks);
}

const reviver = (_, value) => (/^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value);
const replacer = (_, value) => (typeof value === "bigint" ? `${value}n` : value);

export default {
  async fetch(request, env) {
    const { method, args = [], object = "Orders" } = JSON.parse(await request.text(), reviver);
    const namespace = env[object];
    let answer;
    try {
      const value =
        method === "lease" ? await lease(namespace, ...args) : await namespace.getByName("orders")[method](...args);
      answer = { value };
    } catch ({ name, message, code, retryable }) {
      answer = { error: { name, message, code, retryable } };
    }
    return new Response(JSON.stringify(answer, replacer));
  },
};
