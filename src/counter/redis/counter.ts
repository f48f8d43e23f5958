/// <reference lib="esnext.disposable" preserve="true" />

import { checkBoolean, checkInteger, MAX_COUNT } from "../../base/check.js";
import { closeByUsing } from "../../base/dispose.js";
import { CounterConfigError, CounterUnavailableError } from "../../base/errors.js";
import { ceilingOf, checkClaim } from "../checks.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import {
  closedCounter,
  exhaustedInstance,
  missingInstance,
  movedStore,
  otherLineage,
  otherParameters,
  wentBack,
} from "../errors.js";
import { ExhaustionWarning } from "../exhaustion.js";
import { noteSeen, seenOf } from "../fence.js";
import {
  type CounterOptions,
  type CounterState,
  checkCounterOptions,
  checkCreateOptions,
  checkInspectOptions,
  checkLeaseOptions,
  checkRaiseOptions,
  type LeaseInstanceOptions,
  type RaiseOptions,
  type SpaceOptions,
} from "../options.js";
import type { RedisClient } from "./client.js";
import { checkPolicy, type RedisDurability } from "./durability.js";
import { ADMIT } from "./scripts.js";
import {
  KEY,
  REPLICAS,
  type RedisCreateOptions,
  type RedisOptions,
  type RedisReplicasOptions,
  RedisStore,
} from "./store.js";

/**
 * `skipAhead` also covers restarts and failovers of the server. Without `replicas`, two events in quick succession may lose
 * the mark that was raised after the first, and no number is enough: give `replicas` where there are any.
 */
export interface RedisCounterOptions extends CounterOptions, RedisOptions, RedisReplicasOptions {
  /** The least that the server must do with a write before it answers; default `"always"`. See {@link RedisDurability}. */
  durability?: RedisDurability;
}

export interface RedisLeaseInstanceOptions extends LeaseInstanceOptions, RedisOptions, RedisReplicasOptions {
  /** How many instance ids to leave out after a restart or failover, which may have lost some; 1 to 2^32 - 1. */
  skipAhead?: number;
}

/**
 * A counter in Redis, which any number of processes and hosts may share, on the client that you have: `ioredis`, or `redis`
 * (node-redis), of a server, a pool or a cluster. A block is used when the server has answered and `replicas` have it.
 *
 * The counter stops, with a CounterRollbackError, after each restart or failover of the server, because it cannot know what
 * was lost. Raise the mark then, or give `skipAhead` beforehand.
 *
 * @param client A connected client. Closing it stays with you.
 * @param options See {@link RedisCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments. The methods reject as {@link reserve} says.
 * @example
 * ```ts
 * import { RedisCounter, type RedisClient } from "permid64/redis";
 *
 * // Once: const lineage = await RedisCounter.create(client, { name: "orders", instanceId: 42 });
 * const counterOn = (client: RedisClient) => new RedisCounter(client, { name: "orders", replicas: 1, skipAhead: 1_000_000n });
 * ```
 */
export class RedisCounter implements AsyncCounter {
  readonly #store: RedisStore;
  readonly #durability: RedisDurability;
  readonly #skipAhead: bigint | undefined;
  /** As pinned, or as first found. */
  #lineage: string | undefined;
  #opened = false;
  #closed = false;
  readonly #exhaustion = new ExhaustionWarning();

  constructor(client: RedisClient, options: RedisCounterOptions = {}) {
    closeByUsing(this);
    const { lineage, skipAhead } = checkCounterOptions(options, { ...KEY, ...REPLICAS, durability: true });
    this.#store = new RedisStore(client, options);
    this.#lineage = lineage;
    this.#skipAhead = skipAhead;
    this.#durability = checkPolicy(options.durability ?? "always");
  }

  /**
   * Makes an instance, and its id space if it is the first. Run it once. It is your word that the instance never issued a
   * number from `startAt` up.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`, 0 to 2^32 - 1; the first number `startAt`, default 0n; the `name`; and
   *   {@link RedisCreateOptions}.
   * @returns A promise of the id space's lineage, a UUID: give it to the constructor to accept no other space.
   * @throws Rejects with CounterConfigError if the instance exists; CounterRollbackError if the server was restarted or
   *   replaced, without `acceptRestored`; else as `reserve`.
   */
  static async create(client: RedisClient, options: RedisCreateOptions): Promise<string> {
    const { instanceId, mark } = checkCreateOptions(options, { ...KEY, acceptRestored: true });
    const acceptRestored = checkBoolean("acceptRestored", options.acceptRestored ?? false);
    return new RedisStore(client, options).create(instanceId, mark, acceptRestored);
  }

  /**
   * Lists every instance of an id space, for operators.
   *
   * @param client As the constructor's.
   * @param options The `name` of the id space, default `"default"`; and {@link RedisOptions}.
   * @throws Rejects with CounterNotInitializedError if the space does not exist; else as `reserve`.
   */
  static async inspect(client: RedisClient, options: SpaceOptions & RedisOptions = {}): Promise<CounterState[]> {
    checkInspectOptions(options, KEY);
    return new RedisStore(client, options).list();
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a restart, a failover or a restored backup, for a service that
   * is stopped. Where it raises the mark, it is your consent to go on with the server as it is now.
   *
   * @param client As the constructor's.
   * @param options The `instanceId`; the `floor` to raise the mark to, 0 to 2^63 - 1; the `name`; and {@link RedisOptions}.
   * @returns A promise of the mark as it is now.
   * @throws Rejects with CounterNotInitializedError if there is no such instance; RangeError if `floor` is above its ceiling;
   *   else as `reserve`.
   */
  static async raise(client: RedisClient, options: RaiseOptions & RedisOptions): Promise<bigint> {
    const { instanceId, floor } = checkRaiseOptions(options, KEY);
    return new RedisStore(client, options).raise(instanceId, floor);
  }

  /**
   * Makes an instance with an id that none ever had in this id space, for processes that have no id of their own. The id
   * is never given to another process.
   *
   * @param client As the constructor's.
   * @param options See {@link RedisLeaseInstanceOptions}; the `layout` as the generator's.
   * @returns A promise of an instance id that the layout has.
   * @throws Rejects with CounterNotInitializedError if the space was not created; CounterExhaustedError if no id is left;
   *   CounterRollbackError if the server was restarted or replaced, without `skipAhead`; else as `reserve`.
   */
  static async leaseInstanceId(client: RedisClient, options: RedisLeaseInstanceOptions = {}): Promise<number> {
    const { lineage, maxInstanceId } = checkLeaseOptions(options, { ...KEY, ...REPLICAS, skipAhead: true });
    const { skipAhead } = options;
    if (skipAhead !== undefined) checkInteger("skipAhead", skipAhead, 1, 2 ** 32 - 1);
    const store = new RedisStore(client, options);
    try {
      return await store.leaseInstanceId(maxInstanceId, lineage, skipAhead);
    } finally {
      store.close();
    }
  }

  /**
   * Checks the server's settings, compares lineage, parameters and server with those of before, and applies `skipAhead`.
   *
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with CounterConfigError if the server is a replica, or does not keep what it is given; else as `reserve`.
   */
  async open(claim: Claim): Promise<void> {
    checkClaim(claim);
    this.#checkOpen();
    return this.#store.within(async () => {
      const reply = await this.#ready(claim, true);
      if (/^replicas?$/.test(reply[0]!)) throw new CounterConfigError(this.#store.refusal(reply).message);
      if (reply[0] !== "ok") throw this.#refusal(reply, claim);
    });
  }

  /**
   * Reserves numbers; they are as durable as was asked for when the promise resolves. The counter opens first, if nobody did.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim The generator's instance, limit and fingerprint.
   * @throws Rejects with ClosedError;
   *   CounterNotInitializedError if the instance was not created, or is gone;
   *   CounterCorruptError if the key was edited, has a time to live, or is something else;
   *   CounterConfigError if the space was used under another layout or permutation, or access is denied;
   *   CounterRollbackError if the server was restarted or replaced, or went back, or the space is another;
   *   CounterExhaustedError if all numbers are reserved;
   *   CounterUnavailableError, CounterBusyError and CounterTimeoutError, where a retry may succeed.
   */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId, limit } = checkClaim(claim);
    this.#checkOpen();
    const ceiling = ceilingOf(claim);
    return this.#store.within(async () => {
      if (!this.#opened) this.#checkReply(await this.#ready(claim, true), claim);
      let reply = await this.#lease(count, claim);
      if (reply[0] === "incarnation" && this.#skipAhead !== undefined) {
        this.#checkReply(await this.#ready(claim, false), claim);
        reply = await this.#lease(count, claim);
        // A failover under way, or a master that has just got its first replica, which changes the id once more.
        if (reply[0] === "incarnation") {
          throw new CounterUnavailableError(`${this.#store.where} is on a server that is changing right now`);
        }
      }
      this.#checkReply(reply, claim);
      const block = { start: BigInt(reply[1]!), end: BigInt(reply[2]!) };
      noteSeen(this.#lineage!, instanceId, block.end);
      this.#exhaustion.consider(this.#store.where, instanceId, block.end, ceiling);
      return ceiling < limit ? { ...block, ceiling } : block;
    });
  }

  /** Closes what the counter opened, not your client. Generators on it issue what they hold, then throw. */
  close(): void {
    this.#closed = true;
    this.#store.close();
  }

  /** Calls `close`, for `using counter = …`. */
  declare [Symbol.dispose]: () => void;

  /** Admits the claim with consent, on servers that keep what they are given: the server may be another, and set otherwise. */
  async #ready(claim: Claim, opening: boolean): Promise<string[]> {
    await this.#store.checkDurability(this.#durability);
    const { replicas } = this.#store;
    const terms = { skip: `${this.#skipAhead ?? ""}`, least: opening ? 0 : 1, replicas } as const;
    const argsOf = (lineage: string | undefined) => admissionArgs(claim, lineage, terms);
    let lineage = this.#lineage;
    let reply = await this.#store.ask(ADMIT, argsOf(lineage));
    if (reply[0] === "lineage" && lineage === undefined) {
      // The highest end that this process received depends on the lineage, which is known now.
      lineage = reply[1]!;
      reply = await this.#store.ask(ADMIT, argsOf(lineage));
    }
    if (reply[0] === "ok") {
      this.#lineage = lineage;
      this.#opened = true;
    }
    return reply;
  }

  /** The settings are read behind the reservation, in the same round trip. */
  async #lease(count: number, claim: Claim): Promise<string[]> {
    this.#checkOpen(); // Or a connection would be opened that nobody closes.
    const { replicas } = this.#store;
    const leased = this.#store.lease(
      ADMIT,
      admissionArgs(claim, this.#lineage, { count: `${count}`, least: 1, replicas }),
    );
    const checked = this.#store.recheckDurability(this.#durability);
    checked.catch(() => {}); // If the reservation fails, its error says more.
    const reply = await leased;
    if (reply[0] === "ok") await checked;
    return reply;
  }

  #checkReply(reply: readonly string[], claim: Claim): void {
    if (reply[0] !== "ok") throw this.#refusal(reply, claim);
  }

  #refusal(reply: readonly string[], claim: Claim): Error {
    const { where } = this.#store;
    const { instanceId, fingerprint } = claim;
    const [word, detail = "", live] = reply;
    switch (word) {
      case "missing":
        return missingInstance(where, instanceId);
      case "lineage":
        return otherLineage(where, detail, this.#lineage ?? "");
      case "fingerprint":
        return otherParameters(where, detail, fingerprint);
      case "incarnation":
        return movedStore(where, instanceId, detail, live);
      case "seen":
        return wentBack(where, instanceId, BigInt(detail), seenOf(this.#lineage ?? "", instanceId));
      case "exhausted":
        return exhaustedInstance(where, instanceId, ceilingOf(claim));
      default:
        return this.#store.refusal(reply);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw closedCounter(this.#store.where);
  }
}

/** `least` is how many numbers must be left: 0 when opening. */
function admissionArgs(
  claim: Claim,
  lineage: string | undefined,
  { skip = "", count = "", least, replicas }: { skip?: string; count?: string; least: 0 | 1; replicas: number },
): string[] {
  const { instanceId, fingerprint } = claim;
  // As this process knows it now: by the time of the answer, others may have got more.
  const seen = lineage === undefined ? 0n : seenOf(lineage, instanceId);
  const numbers = [`${least}`, `${replicas}`];
  return [`${instanceId}`, lineage ?? "", fingerprint, `${ceilingOf(claim)}`, `${seen}`, skip, count, ...numbers];
}
