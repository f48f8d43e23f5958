// A Feistel key below 2^32 (a process id, a Math.random() * 2 ** 32, a year of seconds) is found by trying them all.
//
// Two ids are enough, and nothing of them need be known but the instance and that its sequence numbers are still
// small: a wrong key makes 32 bits of instance and leading zeros come out right once in 2^32.

import { randomBytes } from "node:crypto";
import { Feistel64Permutation, Id64, Layout64, MemoryCounter } from "permid64";
import { ALL, type Range, search } from "./search.ts";

const layout = new Layout64();

/** What the attacker takes for granted. */
export interface Assumptions {
  instanceId: number;
  /** Sequence numbers lie from `first` to `first + span`; both are u32, and a span of 0 is a known number. */
  first: number;
  span: number;
}

/** The keys of the range under which all `ids` are of the instance, with sequence numbers as assumed. */
export async function findKeys(
  ids: readonly [bigint, ...bigint[]],
  { instanceId, first, span }: Assumptions,
  range: Range = ALL,
): Promise<bigint[]> {
  const left = Number(layout.compose(instanceId, BigInt(first)) >> 32n);
  const id = [Number(ids[0] >> 32n), Number(ids[0] & 0xffff_ffffn)];
  const candidates = await search("seeds", [...id, left, first, span], range);
  return candidates.map(BigInt).filter((key) => {
    const permutation = new Feistel64Permutation({ key });
    return ids.every((id) => {
      const decoded = layout.decompose(permutation.inverse(id));
      const sequence = Number(decoded.sequence);
      return decoded.instanceId === instanceId && first <= sequence && sequence <= first + span;
    });
  });
}

export async function report(): Promise<string> {
  const key = BigInt(randomBytes(4).readUInt32LE());
  const counter = new MemoryCounter({ startAt: BigInt(randomBytes(3).readUIntLE(0, 3)) });
  const service = Id64.feistel({ instanceId: 7, key, counter });
  const ids = [service.nextU64(), service.nextU64()] as const;

  await search("seeds", [0, 0, 0, 0, 0], { from: 0, count: 1024 }); // compiles
  const start = performance.now();
  const found = await findKeys(ids, { instanceId: 7, first: 0, span: 2 ** 24 - 1 });
  const seconds = (performance.now() - start) / 1000;

  const right = found.length === 1 && found[0] === key;
  return `A Feistel key below 2^32, from two ids of instance 7 with sequence numbers below 2^24
  all 2^32 keys tried in ${seconds.toFixed(1)} s; the key was ${right ? "found, and no other fits" : "NOT found"}`;
}

if (import.meta.main) console.log(await report());
