import { checkInteger, checkString, invalidType, outOfRange, show } from "../base/check.js";
import { checkKey, KEY_BYTES } from "../base/keys.js";
import { checkOptions, refuseUndefined } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { SpeckPermutation } from "../permutation/speck.js";
import type { Epoch } from "../token/epoch.js";
import { deriveKey } from "./derive-key.js";
import { EPOCH_KEY, EPOCH_KEYS, type EpochKey, type EpochKeys, type PublicIdOptions } from "./options.js";
import { CHECK_BITS, TAG_BITS } from "./uuid.js";

/** The keys that are derived from one key for one type and tenant. */
export class SubKeys {
  readonly epoch: Epoch;
  /** From row numbers to ids. */
  readonly permutation: SpeckPermutation;
  readonly uuidTag: bigint;
  readonly #uuidCheck: SpeckPermutation;

  constructor(epoch: Epoch, key: Uint8Array, labels: readonly string[], engine: EngineChoice) {
    this.epoch = epoch;
    const derive = (purpose: string, length: number) => deriveKey(key, [`permid64 ${purpose}`, ...labels], length);
    this.permutation = new SpeckPermutation({ key: derive("token", KEY_BYTES), engine });
    this.#uuidCheck = new SpeckPermutation({ key: derive("uuid check", KEY_BYTES), engine });
    const [high, low] = derive("uuid tag", 2);
    this.uuidTag = BigInt.asUintN(Number(TAG_BITS), BigInt((high! << 8) | low!));
  }

  /** A block cipher is a pseudorandom function, so some bits of its output authenticate its input. */
  uuidCheck(id: bigint): bigint {
    return this.#uuidCheck.forward(id) >> (64n - CHECK_BITS);
  }
}

/** The derived keys of each configured epoch. */
export class KeyRing {
  readonly current: SubKeys;
  readonly #previous: SubKeys | undefined;

  constructor(options: PublicIdOptions, engine: EngineChoice) {
    refuseUndefined(options, "tenant", "rows without a tenant");
    const { type, tenant } = options;
    const labels = [checkLabel("type", type), ...(tenant === undefined ? [] : [checkLabel("tenant", tenant)])];
    const { current, previous } = keysOf(options);
    const check = ({ epoch, key }: EpochKey, name: string) => {
      checkInteger(`${name}.epoch`, epoch, 0, 1);
      return { epoch, bytes: checkKey(name === "key" ? name : `${name}.key`, key) };
    };
    const now = check(current, options.keys ? "keys.current" : "key");
    this.current = new SubKeys(now.epoch, now.bytes, labels, engine);
    if (previous === undefined) return;
    const before = check(previous, "keys.previous");
    if (before.epoch === now.epoch) throw outOfRange("keys.previous.epoch", `${1 - now.epoch}`, show(before.epoch));
    if (before.bytes.every((byte, i) => byte === now.bytes[i])) {
      throw outOfRange("keys.previous.key", "another key than the current one", "the same");
    }
    this.#previous = new SubKeys(before.epoch, before.bytes, labels, engine);
  }

  /** The derived keys of an epoch; undefined if the epoch has no key. */
  of(epoch: Epoch): SubKeys | undefined {
    return epoch === this.current.epoch ? this.current : this.#previous;
  }

  get epochs(): Epoch[] {
    return this.#previous ? [0, 1] : [this.current.epoch];
  }
}

function keysOf({ key, keys }: PublicIdOptions): EpochKeys {
  if (keys === undefined) return { current: { epoch: 0, key } };
  if (key !== undefined) throw invalidType("key", 'undefined beside "keys"', "a value");
  const { current, previous } = checkOptions("keys", keys, EPOCH_KEYS);
  checkOptions("keys.current", current, EPOCH_KEY);
  if (previous !== undefined) checkOptions("keys.previous", previous, EPOCH_KEY);
  return { current, previous };
}

/** Half of a surrogate pair has no UTF-8: two such labels would become one. */
function checkLabel(name: string, label: string): string {
  if (checkString(name, label) === "" || /\p{Surrogate}/u.test(label)) {
    throw outOfRange(name, "well-formed text of at least 1 character", show(label));
  }
  return label;
}
