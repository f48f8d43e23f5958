import { warn } from "../base/runtime.js";

/** From 90 % on, the operator is told. */
export const isNearlyExhausted = (end: bigint, ceiling: bigint) => end * 10n > ceiling * 9n;

/** Tells the operator of a counter, once, that an instance is nearly exhausted. */
export class ExhaustionWarning {
  #given = false;

  /** `end` is that of the newest block. */
  consider(where: string, instanceId: number, end: bigint, ceiling: bigint): void {
    if (this.#given || !isNearlyExhausted(end, ceiling)) return;
    this.#given = true;
    warn("PERMID64_NEARLY_EXHAUSTED", `Instance ${instanceId} of ${where} has ${ceiling - end} numbers left.`);
  }
}
