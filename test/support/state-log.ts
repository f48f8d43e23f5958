import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { AsyncCounter, Block, Claim, Counter } from "permid64";

// Each worker writes down what it asks for before it asks, each block before it uses it, and each number it issued.
// A write to a file outlives SIGKILL. The audit reads all logs of one state and looks for what must not happen.

/** Which all workers issue for. */
export const INSTANCE = 7;

/** Waits longer than other workers can hold the lock in turn, however slow the machine is. */
export const PATIENT = { timeout: 60_000 };

class LogFile {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
  }

  want(count: number): void {
    this.#write(`want ${count}`);
  }

  got(block: Block): Block {
    this.#write(`got ${block.start} ${block.end}`);
    return block;
  }

  issued(numbers: readonly bigint[]): void {
    this.#write(`issued ${numbers.join(" ")}`);
  }

  #write(line: string): void {
    writeSync(this.#descriptor, `${line}\n`);
  }
}

/** A counter that writes down what the one inside asks and answers. */
export class LoggingCounter implements Counter {
  readonly #inner: Counter;
  readonly #log: LogFile;

  constructor(inner: Counter, log: string) {
    this.#inner = inner;
    this.#log = new LogFile(log);
  }

  open(claim: Claim): void {
    this.#inner.open?.(claim);
  }

  reserve(count: number, claim: Claim): Block {
    this.#log.want(count);
    return this.#log.got(this.#inner.reserve(count, claim));
  }

  issued(numbers: readonly bigint[]): void {
    this.#log.issued(numbers);
  }
}

/** The same for a counter that answers later, and is asked one thing at a time. */
export class AsyncLoggingCounter implements AsyncCounter {
  readonly #inner: AsyncCounter | Counter;
  readonly #log: LogFile;

  constructor(inner: AsyncCounter | Counter, log: string) {
    this.#inner = inner;
    this.#log = new LogFile(log);
  }

  async open(claim: Claim): Promise<void> {
    await this.#inner.open?.(claim);
  }

  async reserve(count: number, claim: Claim): Promise<Block> {
    this.#log.want(count);
    return this.#log.got(await this.#inner.reserve(count, claim));
  }

  issued(numbers: readonly bigint[]): void {
    this.#log.issued(numbers);
  }
}

export interface Log {
  readonly blocks: Block[];
  readonly issued: bigint[];
  /** How many numbers were asked for in calls that were never answered, or by an error. */
  readonly unanswered: bigint;
}

/** The log of a worker, which may have been killed before it began one. */
export const readLog = (path: string): Log => parseLog(existsSync(path) ? readFileSync(path, "utf8") : "");

export function parseLog(text: string): Log {
  const log = { blocks: [] as Block[], issued: [] as bigint[], unanswered: 0n };
  let wanted = 0n;
  // SIGKILL can cut a write that crosses a page, in the middle of a number: a line counts once it has ended.
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, ...rest] = line.split(" ");
    const numbers = rest.map(BigInt);
    if (word === "want") {
      wanted = numbers[0]!;
      log.unanswered += wanted;
    }
    if (word === "got") {
      log.blocks.push({ start: numbers[0]!, end: numbers[1]! });
      log.unanswered -= wanted;
    }
    if (word === "issued") log.issued.push(...numbers);
  }
  return log;
}

/** The log of a page or a Worker, which told its blocks in the end. */
export const logOf = (blocks: readonly (readonly [start: string, end: string])[]): Log => ({
  blocks: blocks.map(([start, end]) => ({ start: BigInt(start), end: BigInt(end) })),
  issued: [],
  unanswered: 0n,
});

export interface Findings {
  /** Blocks that share numbers with an earlier one. */
  readonly overlaps: string[];
  /** How often a number was issued again, by whomever. */
  readonly repeats: number;
  /** Numbers that a worker issued out of the order of its blocks, or from none of them. */
  readonly strays: bigint[];
  /** Numbers below the mark that are in no block: reserved by a worker that was killed before it could write it down. */
  readonly lost: bigint;
  /** Those of them that no unanswered call accounts for. */
  readonly unexplained: bigint;
}

/** What must not happen: all that is found here except `lost`. `mark` is the first number that is still free. */
export function audit(logs: readonly Log[], mark: bigint): Findings {
  const blocks = logs.flatMap((log) => log.blocks).sort((a, b) => (a.start < b.start ? -1 : 1));
  const overlaps: string[] = [];
  let covered = 0n;
  let end = 0n;
  for (const block of blocks) {
    if (block.start < end) overlaps.push(`${block.start} to ${block.end}, after ${end}`);
    const fresh = block.end - (block.start < end ? end : block.start);
    if (fresh > 0n) covered += fresh;
    if (block.end > end) end = block.end;
  }
  if (end > mark) overlaps.push(`up to ${end}, above the mark ${mark}`);

  const issued = logs.flatMap((log) => log.issued);
  const strays = logs.flatMap((log) => {
    const expected = numbersOf(log.blocks);
    return log.issued.filter((number) => expected.next().value !== number);
  });
  const lost = mark - covered;
  const unanswered = logs.reduce((sum, log) => sum + log.unanswered, 0n);
  const unexplained = lost > unanswered ? lost - unanswered : 0n;
  return { overlaps, repeats: issued.length - new Set(issued).size, strays, lost, unexplained };
}

function* numbersOf(blocks: readonly Block[]): Generator<bigint, undefined> {
  for (const { start, end } of blocks) for (let number = start; number < end; number++) yield number;
}
