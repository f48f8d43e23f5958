const FIRST_AFTER_MS = 1000;
const EVERY_MS = 250;
const CLEAR_LINE = "\r\x1b[K";

/** One line on a terminal's standard error that says how far a long run is. */
export class Progress {
  // Tokens that scroll over the same terminal are progress enough.
  readonly #enabled = process.stderr.isTTY && !process.stdout.isTTY;
  readonly #start = performance.now();
  readonly #what: string;
  #next = this.#start + FIRST_AFTER_MS;
  #done = 0;
  #shown = false;

  /** `things` is what is counted, in the plural. */
  constructor(things: string, total?: number) {
    this.#what = total === undefined ? things : `of ${grouped(total)} ${things}`;
  }

  add(count: number): void {
    this.#done += count;
    if (!this.#enabled) return;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    const perSecond = (this.#done / (now - this.#start)) * 1000;
    process.stderr.write(`${CLEAR_LINE}${grouped(this.#done)} ${this.#what}, ${grouped(perSecond)} per second`);
    this.#shown = true;
  }

  /** Call before anything else goes to standard error, and at the end. */
  clear(): void {
    if (this.#shown) process.stderr.write(CLEAR_LINE);
    this.#shown = false;
  }
}

const grouped = (count: number) => Math.round(count).toLocaleString("en");
