/** Milliseconds that a block should last. Two blocks are at hand, so a store may be away for about as long. */
const TARGET = 60_000;

/**
 * The adaptive block size: it doubles where a block lasts less than a minute, and halves where a block lasts more than two.
 * It starts at the minimum, since each start of a process loses a block or two.
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

  /** Records for how many milliseconds a block lasted. */
  lasted(milliseconds: number): void {
    if (milliseconds < TARGET) this.#current = Math.min(2 * this.#current, this.#max);
    else if (milliseconds > 2 * TARGET) this.#current = Math.max(Math.floor(this.#current / 2), this.#min);
  }
}
