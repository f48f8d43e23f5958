import { invalidType, show, tokenError } from "../base/check.js";
import type { Epoch } from "../token/epoch.js";

// RFC 9562, version 8. From the most significant bit on:
//
//   48  custom_a   the upper bits of the id
//    4  ver        8
//   12  custom_b   the epoch (1), the tag (11)
//    2  var        binary 10
//   62  custom_c   the lower bits of the id (16), the check (46)

export const TAG_BITS = 11n;
export const CHECK_BITS = 46n;

const VERSION = 8n;
const VARIANT = 2n;

export interface UuidParts {
  readonly id: bigint;
  readonly epoch: Epoch;
  /** Derived from the type and tenant. */
  readonly tag: bigint;
  /** Authenticates the id: only the key can make it. */
  readonly check: bigint;
}

export function writeUuid({ id, epoch, tag, check }: UuidParts): string {
  const upper = ((id >> 16n) << 16n) | (VERSION << 12n) | (BigInt(epoch) << TAG_BITS) | tag;
  const lower = (VARIANT << 62n) | ((id & 0xffffn) << CHECK_BITS) | check;
  const hex = ((upper << 64n) | lower).toString(16).padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Splits a UUID of version 8 into its parts; undefined for another version or variant. */
export function readUuid(uuid: string): UuidParts | undefined {
  const bits = BigInt(`0x${checkUuid(uuid).replaceAll("-", "")}`);
  if (((bits >> 76n) & 0xfn) !== VERSION || ((bits >> 62n) & 3n) !== VARIANT) return undefined;
  return {
    id: ((bits >> 80n) << 16n) | ((bits >> CHECK_BITS) & 0xffffn),
    epoch: Number((bits >> (64n + TAG_BITS)) & 1n) as Epoch,
    tag: BigInt.asUintN(Number(TAG_BITS), bits >> 64n),
    check: BigInt.asUintN(Number(CHECK_BITS), bits),
  };
}

/** Whether a text is a UUID of any version, in either case. */
export const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

function checkUuid(uuid: string): string {
  const expected = "a UUID of 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12";
  if (typeof uuid !== "string") throw invalidType("uuid", expected, show(uuid));
  if (!isUuid(uuid)) throw tokenError("ERR_PERMID64_INVALID_TOKEN", "uuid", expected, show(uuid));
  return uuid;
}
