import type { Layout64 } from "../base/layout.js";
import type { Kernel } from "../engine/engine.js";

/** Odd and of high weight, so that parameters which a person would choose do not agree on its image. */
const INPUT = 0x9e37_79b9_7f4a_7c15n;

/**
 * Stands for a layout and permutation. The fingerprint shows 32 bits of the image of one fixed raw, mixed so that every
 * bit of the image counts. One issued id gives away more.
 */
export function fingerprint(layout: Layout64, kernel: Kernel): string {
  const image = BigInt.asUintN(64, kernel.forward(INPUT) * INPUT) >> 32n;
  return `${layout.instanceBits}+${layout.sequenceBits}:${image.toString(16).padStart(8, "0")}`;
}
