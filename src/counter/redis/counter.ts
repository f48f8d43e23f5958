import { checkInteger, MAX_COUNT, type U64Like } from "../../base/check.js";
import { Closeable } from "../../base/dispose.js";
import { CounterConfigError, CounterRollbackError, CounterUnavailableError } from "../../base/errors.js";
import { checkObject } from "../../base/options.js";
import type { AsyncCounter, Block, Claim } from "../counter.js";
import * as fence from "../fence.js";
import { DEFAULT_NAME } from "../fence.js";
import type { RedisClient } from "./client.js";
import { checkPolicy, type RedisDurability } from "./durability.js";
import { CREATE, INSPECT, LEASE_INSTANCE, OPEN, RAISE, RESERVE } from "./scripts.js";
import { type RedisLeaseOptions, RedisSpace, type RedisSpaceOptions } from "./store.js";

export interface RedisCounterOptions extends RedisLeaseOptions {
  /** What the server must do with a write before it answers, at least; default `"always"`. See {@link RedisDurability}. */
  durability?: RedisDurability;
  /**
   * Consent to go on where the counter would refuse, because the server was restarted or replaced, or because the space
   * was used under other parameters: the mark is raised by this many numbers, 1 to 2^63 - 1, once for each such event, and the
   * generator's parameters become the space's. It must exceed what the event can lose: what all processes reserve in the
   * longest time that a failover may lose, and two blocks for each process. Without `replicas`, two events in quick succession
   * may lose the raised mark of the first as well, and no number is enough: give `replicas` where there are any.
   */
  skipAhead?: U64Like;
}

/** One instance of one id space in Redis. */
export interface RedisCounterState {
  readonly name: string;
  readonly instanceId: number;
  /** The first number not yet reserved. */
  readonly mark: bigint;
  /** The mark at which the instance is exhausted; undefined before a generator first opened the space. */
  readonly ceiling: bigint | undefined;
  /** Stands for the layout and permutation; undefined before a generator first opened the space. */
  readonly fingerprint: string | undefined;
  /** Tells this space from any other of the same name. */
  readonly lineage: string;
}

/**
 * A counter in Redis, which any number of processes and hosts may share, on the client you have: `ioredis`, or `redis`
 * (node-redis), of a server, a pool or a cluster. A block is used when the server has answered, and `replicas` have it.
 *
 * It stops, with a CounterRollbackError, after each restart or failover of the server: what that lost cannot be known.
 * Raise the mark then, or give `skipAhead` beforehand.
 *
 * @param client A connected client. Closing it stays with you.
 * @param options See {@link RedisCounterOptions}.
 * @throws TypeError or RangeError for wrong arguments.
 * @example
 * ```ts
 * import { RedisCounter, type RedisClient } from "permid64/redis";
 *
 * // Once: const lineage = await RedisCounter.create(client, { name: "orders", instanceId: 42 });
 * const counterOn = (client: RedisClient) => new RedisCounter(client, { name: "orders", replicas: 1, skipAhead: 1_000_000n });
 * ```
 */
export class RedisCounter extends Closeable implements AsyncCounter {
  readonly #space: RedisSpace;
  readonly #durability: RedisDurability;
  readonly #skipAhead: bigint | undefined;
  /** Of the space: as pinned, or as first seen. */
  #lineage: string;
  #opened = false;
  #closed = false;
  readonly #exhaustion = new fence.ExhaustionWarning();

  constructor(client: RedisClient, options: RedisCounterOptions = {}) {
    super();
    const { durability = "always", skipAhead } = checkObject("options", options);
    this.#space = new RedisSpace(client, options);
    this.#lineage = fence.checkPinned(options) ?? "";
    this.#durability = checkPolicy(durability);
    this.#skipAhead = fence.checkSkipAhead(skipAhead);
  }

  /**
   * Makes an instance, and its id space if this is the first: once, by whoever sets the service up. It is your word that
   * the instance never issued a number from `startAt` up.
   *
   * @param options The `instanceId`, 0 to 2^32 - 1; `startAt`, its first number, default 0n; and {@link RedisSpaceOptions}.
   * @returns The space's lineage, a random UUID: give it to the constructor to accept no other space.
   * @throws CounterConfigError if the instance is there already; else as `reserve`.
   */
  static create(
    client: RedisClient,
    options: RedisSpaceOptions & { instanceId: number; startAt?: U64Like },
  ): Promise<string> {
    const { instanceId, startAt = 0n } = checkObject("options", options);
    fence.checkInstanceId(instanceId);
    fence.checkMark("startAt", startAt, 0n);
    const space = new RedisSpace(client, options);
    return space.within(async () => {
      const reply = await space.ask(CREATE, [crypto.randomUUID(), `${instanceId}`, `${startAt}`]);
      if (reply[0] === "exists") throw fence.exists(space.where, instanceId);
      if (reply[0] !== "ok") throw space.refusal(reply);
      return reply[1]!;
    });
  }

  /**
   * Takes an instance id that nobody ever had, and makes its instance: for processes that have no id of their own. It is
   * never given to another, dead holder or not.
   *
   * @param options `maxInstanceId`, the highest there is in the layout, default 65535; `skipAhead`, how many ids to leave
   *   out after a restart or failover, which may have lost some; and {@link RedisLeaseOptions}.
   * @returns An integer from 0 to `maxInstanceId`.
   * @throws CounterNotInitializedError if the space was not created; CounterExhaustedError if no id is left;
   *   CounterRollbackError if the server was restarted or replaced, without `skipAhead`; else as `reserve`.
   */
  static async leaseInstanceId(
    client: RedisClient,
    options: RedisLeaseOptions & { maxInstanceId?: number; skipAhead?: number } = {},
  ): Promise<number> {
    const { maxInstanceId = 65_535, skipAhead } = checkObject("options", options);
    fence.checkInstanceId(maxInstanceId, "maxInstanceId");
    if (skipAhead !== undefined) checkInteger("skipAhead", skipAhead, 1, 2 ** 32 - 1);
    const space = new RedisSpace(client, options);
    try {
      const args = [fence.checkPinned(options) ?? "", `${maxInstanceId}`, `${skipAhead ?? ""}`];
      const reply = await space.within(() => space.lease(LEASE_INSTANCE, args));
      switch (reply[0]) {
        case "ok":
          return Number(reply[1]);
        case "missing":
          throw fence.missingSpace(space.where);
        case "incarnation":
          throw new CounterRollbackError(
            `${space.where} is on a server that was restarted, or is another: instance ids from ${reply[1]} up may have been given away. Pass "skipAhead"`,
          );
        case "exhausted":
          throw fence.noInstanceIdLeft(space.where, maxInstanceId);
        default:
          throw space.refusal(reply);
      }
    } finally {
      space.close();
    }
  }

  /**
   * Every instance of an id space, for operators.
   *
   * @throws CounterNotInitializedError if the space does not exist; else as `reserve`.
   */
  static inspect(client: RedisClient, options: RedisSpaceOptions = {}): Promise<RedisCounterState[]> {
    const { name = DEFAULT_NAME } = checkObject("options", options);
    const space = new RedisSpace(client, options);
    return space.within(async () => {
      const [word, ...rest] = await space.ask(INSPECT, []);
      if (word === "missing") throw fence.missingSpace(space.where);
      if (word !== "ok") throw space.refusal([word!, ...rest]);
      const fields = new Map(rest.flatMap((field, i) => (i % 2 === 0 ? [[field, rest[i + 1]!] as const] : [])));
      const parse = (mark: string) => {
        if (!/^\d+$/.test(mark)) throw space.refusal(["corrupt", mark]);
        return BigInt(mark);
      };
      const ceiling = fields.get("ceiling");
      return [...fields]
        .flatMap(([field, mark]) => (field.startsWith("mark:") ? [[Number(field.slice(5)), mark] as const] : []))
        .sort(([a], [b]) => a - b)
        .map(([instanceId, mark]) => ({
          name,
          instanceId,
          mark: parse(mark),
          ceiling: ceiling === undefined ? undefined : parse(ceiling),
          fingerprint: fields.get("fingerprint"),
          lineage: fields.get("lineage")!,
        }));
    });
  }

  /**
   * Raises the mark of an instance, and never lowers it: after a restart, a failover or a restored backup, for a service that
   * is stopped. Where it raises the mark, it is your consent to go on with the server as it is now.
   *
   * @param options The `instanceId`, the `floor` to raise the mark to, and {@link RedisSpaceOptions}.
   * @returns The mark as it is now.
   * @throws CounterNotInitializedError if there is no such instance; RangeError if `floor` is above its ceiling; else as `reserve`.
   */
  static raise(
    client: RedisClient,
    options: RedisSpaceOptions & { instanceId: number; floor: U64Like },
  ): Promise<bigint> {
    const { instanceId, floor } = checkObject("options", options);
    fence.checkInstanceId(instanceId);
    fence.checkMark("floor", floor, 0n);
    const space = new RedisSpace(client, options);
    return space.within(async () => {
      const reply = await space.ask(RAISE, [`${instanceId}`, `${floor}`]);
      if (reply[0] === "missing") throw fence.missing(space.where, instanceId);
      if (reply[0] === "above") throw fence.aboveCeiling(reply[1]!, floor);
      if (reply[0] !== "ok") throw space.refusal(reply);
      return BigInt(reply[1]!);
    });
  }

  /**
   * Checks the server's settings, compares lineage, parameters and server with those of before, and applies `skipAhead`.
   *
   * @throws CounterConfigError if the server is a replica, or does not keep what it is given; else as `reserve`.
   */
  async open(claim: Claim): Promise<void> {
    fence.checkClaim(claim);
    this.#checkOpen();
    return this.#space.within(async () => {
      const reply = await this.#admit(claim);
      if (reply[0] === "replica") throw new CounterConfigError(this.#space.refusal(reply).message);
      if (reply[0] !== "ok") throw this.#refusal(reply, claim);
    });
  }

  /**
   * Reserves numbers; they are as durable as was asked for when it resolves.
   *
   * @param count An integer from 1 to 2^32 - 1. The last block before exhaustion may be shorter.
   * @param claim For whom; it is opened if none was.
   * @throws ClosedError;
   *   CounterNotInitializedError if the instance was not created, or is gone;
   *   CounterCorruptError if the key was edited, has a time to live, or is something else;
   *   CounterConfigError if the space was used under another layout or permutation, or access is denied;
   *   CounterRollbackError if the server was restarted or replaced, or went back, or the space is another;
   *   CounterExhaustedError if all numbers were reserved;
   *   CounterUnavailableError, CounterBusyError and CounterTimeoutError, which may pass.
   */
  async reserve(count: number, claim: Claim): Promise<Block> {
    checkInteger("count", count, 1, MAX_COUNT);
    const { instanceId } = fence.checkClaim(claim);
    this.#checkOpen();
    const ceiling = fence.ceilingOf(claim);
    return this.#space.within(async () => {
      if (!this.#opened) await this.#readmit(claim);
      let reply = await this.#lease(count, claim);
      if (reply[0] === "incarnation" && this.#skipAhead !== undefined) {
        await this.#readmit(claim); // The server may be another, and set otherwise.
        reply = await this.#lease(count, claim);
        // A failover under way, or a master that has just got its first replica, which changes the id once more.
        if (reply[0] === "incarnation") {
          throw new CounterUnavailableError(`${this.#space.where} is on a server that is changing right now`);
        }
      }
      if (reply[0] !== "ok") throw this.#refusal(reply, claim);
      const block = { start: BigInt(reply[1]!), end: BigInt(reply[2]!) };
      fence.raiseFloor(this.#lineage, instanceId, block.end);
      this.#exhaustion.consider(this.#space.where, instanceId, block.end, ceiling);
      return block;
    });
  }

  /** Closes what the counter opened, not your client. Generators on it issue what they hold, then throw. */
  override close(): void {
    this.#closed = true;
    this.#space.close();
  }

  async #admit(claim: Claim): Promise<string[]> {
    const { instanceId, fingerprint } = claim;
    await this.#space.checkDurability(this.#durability);
    const skip = this.#skipAhead ?? "";
    const known = this.#lineage;
    const args = [`${instanceId}`, known, fingerprint, `${fence.ceilingOf(claim)}`, `${skip}`];
    const floor = fence.floorOf(known, instanceId); // As it is now, as in #lease.
    const reply = await this.#space.ask(OPEN, args);
    if (reply[0] === "ok") {
      const [, found, mark] = reply as [string, string, string];
      this.#lineage = found;
      fence.checkFloor(this.#space.where, found, instanceId, BigInt(mark), floor);
      // What is expected depends on the lineage: now it is known.
      if (known === "" && BigInt(mark) < fence.floorOf(found, instanceId)) return this.#admit(claim);
      this.#opened = true;
    }
    return reply;
  }

  async #readmit(claim: Claim): Promise<void> {
    const reply = await this.#admit(claim);
    if (reply[0] !== "ok") throw this.#refusal(reply, claim);
  }

  async #lease(count: number, claim: Claim): Promise<string[]> {
    this.#checkOpen(); // Or a connection would be opened that nobody closes.
    const { instanceId, fingerprint } = claim;
    // As this process knows it now: by the time of the answer, others may have got more.
    const floor = fence.floorOf(this.#lineage, instanceId);
    const ceiling = fence.ceilingOf(claim);
    const args = [`${instanceId}`, this.#lineage, fingerprint, `${ceiling}`, `${floor}`, `${count}`];
    return this.#space.lease(RESERVE, args);
  }

  #refusal(reply: readonly string[], claim: Claim): Error {
    const { where } = this.#space;
    const { instanceId } = claim;
    const [word, detail = ""] = reply;
    switch (word) {
      case "missing":
        return fence.missing(where, instanceId);
      case "exhausted":
        return fence.exhausted(where, instanceId, fence.ceilingOf(claim));
      case "fingerprint":
        fence.checkFingerprint(where, detail, claim);
        break;
      case "floor":
        fence.checkFloor(where, this.#lineage, instanceId, BigInt(detail));
        break;
      case "incarnation":
        return new CounterRollbackError(
          `${where} is on a server that was restarted, or is another, since instance ${instanceId} went up to ${detail}: ` +
            `numbers from there may have been issued. Raise the mark, pass "skipAhead", or move to a fresh instance id`,
        );
    }
    return this.#space.refusal(reply);
  }

  #checkOpen(): void {
    if (this.#closed) throw fence.closed(this.#space.where);
  }
}
