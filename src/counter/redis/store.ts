import { checkInteger, checkString } from "../../base/check.js";
import {
  CounterConfigError,
  CounterCorruptError,
  CounterUnavailableError,
  type PermId64Error,
} from "../../base/errors.js";
import type { OptionNames } from "../../base/options.js";
import { markFrom } from "../admission.js";
import { MAX_MARK } from "../checks.js";
import { checkTimeout, withDeadline } from "../deadline.js";
import {
  aboveCeiling,
  existingInstance,
  idSpace,
  invalidMark,
  missingInstance,
  missingSpace,
  movedSpace,
  noInstanceIdLeft,
  otherLineage,
} from "../errors.js";
import { type CounterState, type CreateOptions, type SpaceOptions, spaceNameOf } from "../options.js";
import { checkClient, evaluate, LeasingConnection, mastersOf, type RedisClient } from "./client.js";
import { checkDurability, type RedisDurability } from "./durability.js";
import { translateRedisError } from "./errors.js";
import { CREATE_INSTANCE, INSPECT, LEASE_INSTANCE_ID, PROBE, RAISE_MARK } from "./scripts.js";

export interface RedisOptions {
  /** The beginning of the key, before `:` and the name; default `"permid64"`. */
  prefix?: string;
  /** Milliseconds for one call, 1 to 600000; default 5000. */
  timeout?: number;
}

export interface RedisCreateOptions extends CreateOptions, RedisOptions {
  /**
   * Consent to add to an id space that a restart, a restore or a failover brought to this server; default false. An instance
   * of that id may have been lost on the way: give an id above all that were ever used.
   */
  acceptRestored?: boolean;
}

export interface RedisReplicasOptions {
  /**
   * How many replicas must confirm a reservation before it is used, 0 to 1000; default 0. With any, the counter opens a
   * connection of its own, and refuses a server that has more replicas. The replicas have half of `timeout` to confirm.
   */
  replicas?: number;
}

export const KEY: OptionNames<RedisOptions> = { prefix: true, timeout: true };
export const REPLICAS: OptionNames<RedisReplicasOptions> = { replicas: true };

/** An id space in Redis: runs scripts on its key. */
export class RedisStore {
  readonly where: string;
  readonly #name: string;
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #timeout: number;
  readonly replicas: number;
  #leasing: { readonly connection: Promise<LeasingConnection>; readonly end: AbortController } | undefined;

  constructor(client: RedisClient, options: SpaceOptions & RedisOptions & RedisReplicasOptions) {
    const { prefix = "permid64", timeout = 5000, replicas = 0 } = options;
    this.#name = spaceNameOf(options);
    this.#client = checkClient(client);
    this.#key = `${checkString("prefix", prefix)}:${this.#name}`;
    this.#timeout = checkTimeout(timeout);
    this.replicas = checkInteger("replicas", replicas, 0, 1000);
    this.where = idSpace(this.#name, `Redis key ${this.#key}`);
  }

  /** Does all of `work` within the time, or throws what went wrong by its name. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(work(), this.#timeout, this.where);
    } catch (error) {
      this.close(); // A call that is still under way on the leasing connection must not hold up the next one.
      throw translateRedisError(error, this.where);
    }
  }

  /** Resolves with the lineage. */
  create(instanceId: number, mark: bigint, acceptRestored: boolean): Promise<string> {
    const args = [crypto.randomUUID(), `${instanceId}`, `${mark}`, acceptRestored ? "1" : ""];
    return this.within(async () => {
      const reply = await this.ask(CREATE_INSTANCE, args);
      if (reply[0] === "exists") throw existingInstance(this.where, instanceId);
      if (reply[0] === "incarnation") {
        const remedy = '"acceptRestored" of create adopts the id space: give an id above all that were ever used';
        throw movedSpace(this.where, reply[1], reply[2], remedy);
      }
      if (reply[0] !== "ok") throw this.refusal(reply);
      return reply[1]!;
    });
  }

  list(): Promise<CounterState[]> {
    return this.within(async () => {
      const [word, ...rest] = await this.ask(INSPECT, []);
      if (word === "missing") throw missingSpace(this.where);
      if (word !== "ok") throw this.refusal([word!, ...rest]);
      return this.#statesIn(rest);
    });
  }

  raise(instanceId: number, floor: bigint): Promise<bigint> {
    return this.within(async () => {
      const reply = await this.ask(RAISE_MARK, [`${instanceId}`, `${floor}`]);
      if (reply[0] === "missing") throw missingInstance(this.where, instanceId);
      if (reply[0] === "above") throw aboveCeiling(reply[1]!, floor);
      if (reply[0] !== "ok") throw this.refusal(reply);
      return BigInt(reply[1]!);
    });
  }

  async leaseInstanceId(maxInstanceId: number, lineage: string | undefined, skipAhead: number | undefined) {
    const { where } = this;
    const args = [lineage ?? "", `${maxInstanceId}`, `${skipAhead ?? ""}`, `${this.replicas}`];
    const reply = await this.within(() => this.lease(LEASE_INSTANCE_ID, args));
    const [word, detail, live, next] = reply;
    switch (word) {
      case "ok":
        return Number(detail);
      case "missing":
        throw missingSpace(where);
      case "lineage":
        throw otherLineage(where, detail!, lineage!);
      case "incarnation":
        throw movedSpace(
          where,
          detail,
          live,
          `Instance ids from ${next} up may have been given away: pass "skipAhead"`,
        );
      case "replicas":
        throw new CounterConfigError(this.refusal(reply).message);
      case "exhausted":
        throw noInstanceIdLeft(where, maxInstanceId);
      default:
        throw this.refusal(reply);
    }
  }

  /** Throws unless each server that may come to have the key keeps what it is given. */
  async checkDurability(policy: RedisDurability): Promise<void> {
    await this.ask(PROBE, []); // The reply shows a client within MULTI, where no settings can be read.
    for (const master of await mastersOf(this.#client)) await checkDurability(master, policy, this.where);
  }

  /** As `checkDurability`, for a reservation. A cluster is left out: a master elsewhere that is down must not stop this one. */
  async recheckDurability(policy: RedisDurability): Promise<void> {
    const masters = await mastersOf(this.#client);
    if (masters.length === 1) await checkDurability(masters[0]!, policy, this.where);
  }

  /** Runs a script, outside any deadline: see `within`. */
  ask(script: string, args: string[]): Promise<string[]> {
    return evaluate(this.#client, script, this.#key, args);
  }

  /** As `ask`. A reservation is then on enough replicas. */
  async lease(script: string, args: string[]): Promise<string[]> {
    if (this.replicas === 0) return this.ask(script, args);
    this.#leasing ??= this.#connect();
    const connection = await this.#leasing.connection;
    const [reply, confirmed] = await Promise.all([
      connection.evaluate(script, this.#key, args),
      connection.wait(this.replicas, Math.ceil(this.#timeout / 2)),
    ]);
    if (reply[0] === "ok" && confirmed < this.replicas) {
      throw new CounterUnavailableError(
        `${confirmed} of ${this.replicas} replicas of ${this.where} confirmed a reservation: it is discarded`,
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

  /** `reply` has the fields of the hash and their values in turn. */
  #statesIn(reply: readonly string[]): CounterState[] {
    const fields = new Map(reply.flatMap((field, i) => (i % 2 === 0 ? [[field, reply[i + 1]!] as const] : [])));
    const ceiling = fields.get("ceiling");
    const shared = {
      ceiling: ceiling === undefined ? MAX_MARK : this.#parse(ceiling),
      fingerprint: fields.get("fingerprint") ?? "",
      lineage: fields.get("lineage")!,
    };
    return [...fields]
      .flatMap(([field, mark]) => (field.startsWith("mark:") ? [[Number(field.slice(5)), mark] as const] : []))
      .sort(([a], [b]) => a - b)
      .map(([instanceId, mark]) => ({ name: this.#name, instanceId, mark: this.#parse(mark), ...shared }));
  }

  #parse(text: string): bigint {
    const mark = markFrom(text);
    if (typeof mark !== "bigint") throw invalidMark(this.where, text);
    return mark;
  }

  /** The error for a script's reply, where the error does not depend on the question. */
  refusal([word, detail]: readonly string[]): PermId64Error {
    switch (word) {
      case "replica":
        return new CounterUnavailableError(`${this.where} is on a server that is not a master`);
      case "replicas":
        return new CounterUnavailableError(
          `the server of ${this.where} has ${detail} replicas, but the counter waits for ${this.replicas}: one that lacks a ` +
            `block could be promoted. Pass replicas: ${detail}`,
        );
      case "settling":
        return new CounterUnavailableError(`${this.where} is on a server that is still writing its append-only file`);
      case "expiring":
        return new CounterCorruptError(`${this.where} has a time to live, and would be forgotten: PERSIST it`);
      case "format":
        return new CounterCorruptError(`${this.where} has format ${detail}: this version of permid64 reads format 1`);
      case "corrupt":
        return invalidMark(this.where, detail);
      default:
        return new CounterCorruptError(`${this.where} is not a permid64 id space`);
    }
  }
}
