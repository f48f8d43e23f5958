import type { Layout64 } from "../base/layout.js";
import type { Kernel } from "../engine/engine.js";

/** Odd and of high weight, so that parameters a person would choose do not agree on its image. */
const INPUT = 0x9e37_79b9_7f4a_7c15n;

/**
 * Tells whether two generators issue under the same layout and permutation. It shows 32 bits of the image of one
 * fixed raw, mixed so that a change in any bit of the image shows: less than one issued id gives away.
 */
export function fingerprint(layout: Layout64, kernel: Kernel): string {
  const image = BigInt.asUintN(64, kernel.forward(INPUT) * INPUT) >> 32n;
  return `${layout.instanceBits}+${layout.sequenceBits}:${image.toString(16).padStart(8, "0")}`;
}
