/** Milliseconds that a block had better last. Two are at hand, so a store may be away for about as long. */
const TARGET = 60_000;

/**
 * How many numbers to reserve at a time: twice as many where blocks last less than a minute, half where they last more
 * than two. It starts small, since each start of a process loses a block or two.
 */
export class BlockSize {
  readonly #min: number;
  readonly #max: number;
  #current: number;

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
    this.#current = min;
  }

  get current(): number {
    return this.#current;
  }

  /** Notes for how many milliseconds a block lasted. */
  lasted(milliseconds: number): void {
    if (milliseconds < TARGET) this.#current = Math.min(2 * this.#current, this.#max);
    else if (milliseconds > 2 * TARGET) this.#current = Math.max(Math.floor(this.#current / 2), this.#min);
  }
}
