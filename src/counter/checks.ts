import { checkInteger, checkString, checkWhole, invalidType, outOfRange, show, type U64Like } from "../base/check.js";
import { checkObject } from "../base/options.js";
import type { Claim } from "./counter.js";

/** Stores keep marks as signed 64-bit integers. Layouts with 63 or 64 sequence bits end here. */
export const MAX_MARK = 0x7fff_ffff_ffff_ffffn;

export const MAX_INSTANCE_ID = 2 ** 32 - 1;

export const min = (a: bigint, b: bigint) => (a < b ? a : b);
export const max = (a: bigint, b: bigint) => (a > b ? a : b);

/** The mark at which an instance is exhausted. */
export const ceilingOf = ({ limit }: Claim) => min(limit, MAX_MARK);

export function checkName(name: string): string {
  const { length } = checkString("name", name);
  if (length < 1 || length > 64) throw outOfRange("name", "1 to 64 characters", `${length}`);
  return name;
}

export const checkMark = (name: string, value: U64Like, least = 0n) =>
  checkWhole(name, value, least, MAX_MARK, `${least} to 2^63 - 1`);

export const checkInstanceId = (value: number) => checkInteger("instanceId", value, 0, MAX_INSTANCE_ID);

/** A claim may come from another process. */
export function checkClaim(claim: Claim): Claim {
  const { instanceId, limit, fingerprint } = checkObject("claim", claim);
  checkInstanceId(instanceId);
  if (typeof limit !== "bigint") throw invalidType("limit", "a bigint", show(limit));
  checkString("fingerprint", fingerprint);
  return claim;
}
