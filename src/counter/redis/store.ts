import { checkInteger, checkString } from "../../base/check.js";
import { CounterCorruptError, CounterUnavailableError, type PermId64Error } from "../../base/errors.js";
import { checkTimeout, withDeadline } from "../deadline.js";
import * as fence from "../fence.js";
import { DEFAULT_NAME } from "../fence.js";
import { checkClient, evaluate, LeasingConnection, mastersOf, type RedisClient } from "./client.js";
import { checkDurability, type RedisDurability } from "./durability.js";
import { translate } from "./errors.js";
import { PROBE } from "./scripts.js";

/** Which id space is meant, and how long to wait for it. */
export interface RedisSpaceOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
  /** What its key begins with, before `:` and the name; default `"permid64"`. */
  prefix?: string;
  /** Milliseconds to wait for an answer, 1 to 600000; default 5000. */
  timeout?: number;
}

/** What leases have beside that. */
export interface RedisLeaseOptions extends RedisSpaceOptions {
  /**
   * The lineage that `create` resolved with: a space of another is refused, whatever its name. Leave it out to take the
   * first; a variable that is not set does not pass for that.
   */
  lineage?: string | undefined;
  /**
   * How many replicas must have a lease before it is used, 0 to 1000; default 0. With any, a connection of its own is opened.
   * Half of `timeout` is how long they have.
   */
  replicas?: number;
}

/** One id space in Redis: how it is asked, and how long. What a mark means is the counter's business. */
export class RedisSpace {
  readonly where: string;
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #timeout: number;
  readonly #replicas: number;
  #leasing: { readonly connection: Promise<LeasingConnection>; readonly end: AbortController } | undefined;

  constructor(client: RedisClient, options: RedisSpaceOptions & Pick<RedisLeaseOptions, "replicas">) {
    const { name = DEFAULT_NAME, prefix = "permid64", timeout = 5000, replicas = 0 } = options;
    this.#client = checkClient(client);
    this.#key = `${checkString("prefix", prefix)}:${fence.checkName(name)}`;
    this.#timeout = checkTimeout(timeout);
    this.#replicas = checkInteger("replicas", replicas, 0, 1000);
    this.where = fence.idSpace(name, `Redis key ${this.#key}`);
  }

  /** Does all of `work` within the time, or throws what went wrong by its name. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(work(), this.#timeout, this.where);
    } catch (error) {
      this.close(); // What is still under way on the leasing connection must not hold up what comes next.
      throw translate(error, this.where);
    }
  }

  /** Throws unless each server that may come to have the key keeps it. */
  async checkDurability(policy: RedisDurability): Promise<void> {
    for (const master of await mastersOf(this.#client)) await checkDurability(master, policy, this.where);
  }

  ask(script: string, args: string[]): Promise<string[]> {
    return evaluate(this.#client, script, this.#key, args);
  }

  /** As `ask`; if it leased anything, that is on enough replicas by then. */
  async lease(script: string, args: string[]): Promise<string[]> {
    if (this.#replicas === 0) return this.ask(script, args);
    this.#leasing ??= this.#connect();
    const connection = await this.#leasing.connection;
    const [reply, confirmed] = await Promise.all([
      connection.evaluate(script, this.#key, args),
      connection.wait(this.#replicas, Math.ceil(this.#timeout / 2)),
    ]);
    if (reply[0] === "ok" && confirmed < this.#replicas) {
      throw new CounterUnavailableError(
        `${confirmed} of ${this.#replicas} replicas of ${this.where} confirmed a lease: it is discarded`,
      );
    }
    return reply;
  }

  /** Closes the leasing connection; the next lease opens another. */
  close(): void {
    this.#leasing?.end.abort();
    this.#leasing = undefined;
  }

  #connect() {
    const end = new AbortController();
    return { connection: LeasingConnection.open(this.#client, this.#key, PROBE, end.signal), end };
  }

  /** What a script's refusal means, where it does not depend on what was asked. */
  refusal([word, detail, expected]: readonly string[]): PermId64Error {
    switch (word) {
      case "replica":
        return new CounterUnavailableError(`${this.where} is on a server that is not a master`);
      case "settling":
        return new CounterUnavailableError(`${this.where} is on a server that is still writing its append-only file`);
      case "lineage":
        return fence.foreign(this.where, detail!, expected!);
      case "expiring":
        return new CounterCorruptError(`${this.where} has a time to live, and would be forgotten: PERSIST it`);
      case "format":
        return new CounterCorruptError(`${this.where} has format ${detail}: this version of permid64 reads format 1`);
      case "corrupt":
        return fence.invalidMark(this.where, detail);
      default:
        return new CounterCorruptError(`${this.where} is not a permid64 id space`);
    }
  }
}
