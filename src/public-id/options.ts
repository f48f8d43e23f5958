import type { SecretKey } from "../base/keys.js";
import type { OptionNames } from "../base/options.js";
import type { EngineChoice } from "../engine/engine.js";
import type { TokenOptions } from "../token/text.js";

/** A key with its epoch. */
export interface EpochKey {
  /** 0 or 1. Every token carries it, so a token tells which of two keys made it. The next key takes the other epoch. */
  epoch: 0 | 1;
  /** 16 bytes, 32 hexadecimal digits or 22 base64url characters. There is no default: `undefined` is refused. */
  key: SecretKey | undefined;
}

/** The keys while one takes over from the other. */
export interface EpochKeys {
  /** The key that encodes. Its tokens are decoded too. */
  current: EpochKey;
  /** The other key, of the other epoch, whose tokens are decoded as well. */
  previous?: EpochKey | undefined;
}

interface RowOptions<Prefix extends string> extends TokenOptions<Prefix> {
  /**
   * The kind of the rows, such as the name of their table: at least 1 character. The same number has unrelated tokens under two
   * types. The type is part of the key, so it must never change.
   */
  type: string;
  /**
   * The owner of the rows, such as the number of a customer, where customers must not share tokens: at least 1 character. Leave it
   * out for rows without a tenant: `undefined` is refused.
   */
  tenant?: string;
  /**
   * Row numbers are below 2^bits: an integer from 1 to 63; default 48. A token that was not made with this key, type and tenant is
   * accepted with a probability of 2^-(64 - bits).
   */
  bits?: number;
  /** `"auto"` (the default), `"wasm"` or `"bigint"`. */
  engine?: EngineChoice;
}

// TypeScript names one member of the union when neither `key` nor `keys` is there: the last one. TypeScript 7 sorts them by
// name, and older ones by their order in the union.

/** The options of a {@link PublicId} with two keys, one of which takes over from the other. */
export interface RotatingKeyOptions<Prefix extends string = string> extends RowOptions<Prefix> {
  /** The current key and the previous one, each with its epoch. */
  keys: EpochKeys;
  /** Only without `keys`. */
  key?: undefined;
}

/** The options of a {@link PublicId} with one key, which has epoch 0. */
export interface SingleKeyOptions<Prefix extends string = string> extends RowOptions<Prefix> {
  /**
   * 16 bytes, 32 hexadecimal digits or 22 base64url characters, from `permid64 keygen` or {@link generateKey}. There is no default:
   * `undefined`, such as an environment variable that is not set, is refused.
   */
  key: SecretKey | undefined;
  /** In place of `key`, while another key takes over. */
  keys?: undefined;
}

/** The options of a {@link PublicId}: what its rows are, how their tokens look, and the key or keys. */
export type PublicIdOptions<Prefix extends string = string> = RotatingKeyOptions<Prefix> | SingleKeyOptions<Prefix>;

export const PUBLIC_ID_OPTIONS: OptionNames<PublicIdOptions> = {
  prefix: true,
  codec: true,
  check: true,
  type: true,
  tenant: true,
  bits: true,
  key: true,
  keys: true,
  engine: true,
};

export const EPOCH_KEYS: OptionNames<EpochKeys> = { current: true, previous: true };

export const EPOCH_KEY: OptionNames<EpochKey> = { epoch: true, key: true };
