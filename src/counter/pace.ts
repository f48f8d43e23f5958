/** Attempts that the pause between two successes lasts at most. */
const POLITENESS = 8;
/** Milliseconds that it lasts at most. */
const LONGEST_PAUSE = 250;

/**
 * The pauses between attempts to swap one record, so that no writer starves. A winner cannot know whether others lost, and
 * under exponential backoff it would come back first and win again. So a loser tries again soon, and a winner that comes
 * back at once waits longer. A generator seldom does: its blocks grow with the demand.
 */
export class Pace {
  /** Milliseconds that the last attempt took. Timers count whole ones. */
  #took = 1;
  #began = 0;
  #notBefore = 0;

  /** Before an attempt, after so many losses of the same call. */
  async wait(losses: number): Promise<void> {
    const pause = losses > 0 ? this.#took * Math.random() : this.#notBefore - performance.now();
    // Not `after`, which lets the process end.
    if (pause > 0) await new Promise<void>((resolve) => setTimeout(resolve, pause));
    this.#began = performance.now();
  }

  /** After an attempt. */
  note(isSwapped: boolean): void {
    const now = performance.now();
    this.#took = Math.max(1, now - this.#began);
    if (isSwapped) this.#notBefore = now + Math.min(LONGEST_PAUSE, POLITENESS * this.#took) * Math.random();
  }
}
