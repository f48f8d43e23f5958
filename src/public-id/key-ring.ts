import { checkInteger, checkString, invalidType, outOfRange, show } from "../base/check.js";
import { checkKey, KEY_BYTES, type SecretKey } from "../base/keys.js";
import { checkObject } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import { SpeckPermutation } from "../permutation/speck.js";
import type { Epoch } from "../token/epoch.js";
import { deriveKey } from "./derive-key.js";
import { CHECK_BITS, TAG_BITS } from "./uuid.js";

/** A key, and the epoch that its tokens carry. */
export interface EpochKey {
  /** 0 or 1: any token says it. The next key takes the other one. */
  epoch: 0 | 1;
  key: SecretKey | undefined;
}

/** One key, or two while one takes over from the other. */
export type KeyOptions =
  | { key: SecretKey | undefined; keys?: never }
  | { keys: { current: EpochKey; previous?: EpochKey | undefined }; key?: never };

/** What one key makes of one type and tenant. */
export class SubKeys {
  readonly epoch: Epoch;
  /** Makes values ids. */
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

  /** A block cipher is a pseudorandom function, so some bits of its image authenticate its input. */
  uuidCheck(id: bigint): bigint {
    return this.#uuidCheck.forward(id) >> (64n - CHECK_BITS);
  }
}

/** The sub-keys of a type and tenant: those to issue with, and those of each epoch. */
export class KeyRing {
  readonly current: SubKeys;
  readonly #previous: SubKeys | undefined;

  constructor(options: KeyOptions & { type: string; tenant?: string | undefined }, engine: EngineChoice) {
    const { type, tenant } = options;
    const labels = [checkLabel("type", type), ...(tenant === undefined ? [] : [checkLabel("tenant", tenant)])];
    const { current, previous } = keysOf(options);
    const subKeys = ({ epoch, key }: EpochKey, name: string) => {
      checkInteger(`${name}.epoch`, epoch, 0, 1);
      return { epoch, bytes: checkKey(name === "key" ? name : `${name}.key`, key) };
    };
    const now = subKeys(current, options.keys ? "keys.current" : "key");
    this.current = new SubKeys(now.epoch, now.bytes, labels, engine);
    if (previous === undefined) return;
    const before = subKeys(previous, "keys.previous");
    if (before.epoch === now.epoch) throw outOfRange("keys.previous.epoch", `${1 - now.epoch}`, show(before.epoch));
    if (before.bytes.every((byte, i) => byte === now.bytes[i])) {
      throw outOfRange("keys.previous.key", "another key than the current one", "the same");
    }
    this.#previous = new SubKeys(before.epoch, before.bytes, labels, engine);
  }

  /** Those of an epoch, if it is configured. */
  of(epoch: Epoch): SubKeys | undefined {
    return epoch === this.current.epoch ? this.current : this.#previous;
  }

  get epochs(): Epoch[] {
    return this.#previous ? [0, 1] : [this.current.epoch];
  }
}

function keysOf({ key, keys }: KeyOptions): { current: EpochKey; previous?: EpochKey | undefined } {
  if (keys === undefined) return { current: { epoch: 0, key } };
  if (key !== undefined) throw invalidType("key", 'undefined beside "keys"', "another type");
  const { current, previous } = checkObject("keys", keys);
  checkObject("keys.current", current);
  if (previous !== undefined) checkObject("keys.previous", previous);
  return { current, previous };
}

/** Half of a surrogate pair has no UTF-8: two such labels would become one. */
function checkLabel(name: string, label: string): string {
  if (checkString(name, label) === "" || /\p{Surrogate}/u.test(label)) {
    throw outOfRange(name, "well-formed text of at least 1 character", show(label));
  }
  return label;
}
