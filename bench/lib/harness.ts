import { Bench } from "tinybench";

/** How long to measure: a round is one sample of each contender. */
export interface Effort {
  readonly quick: boolean;
  readonly rounds: number;
  readonly milliseconds: number;
}

export const FULL: Effort = { quick: false, rounds: 11, milliseconds: 40 };
export const QUICK: Effort = { quick: true, rounds: 3, milliseconds: 10 };

export interface Contender {
  readonly name: string;
  /** Nanoseconds per item, over about `milliseconds`. */
  sample(milliseconds: number): number;
}

/** A contender that handles `items` items a call. */
export function bulk(name: string, items: number, run: () => unknown): Contender {
  return {
    name,
    sample(time) {
      const bench = new Bench({ time, iterations: 1, warmup: false, throws: true });
      const task = bench.add(name, run, { async: false }).runSync()[0]!;
      if (task.result.state !== "completed") throw new Error(`${name}: ${task.result.state}`);
      // The mean, not the median: what the garbage collector takes is part of the price.
      return (task.result.latency.mean * 1e6) / items;
    },
  };
}

/** How many inputs a contender of single calls has. */
export const CALLS = 1000;

/**
 * A contender that makes one item a call. What it makes is kept for a while, as a user would, or V8 would not make it.
 * The loop is compiled anew for each contender: V8 keeps what it learns per function text, so that a loop they shared
 * would not inline the call, and charge each of them for the others.
 */
export function single(name: string, call: (i: number) => unknown): Contender;
export function single<T>(name: string, call: (input: T) => unknown, inputs: readonly T[]): Contender;
export function single(
  name: string,
  call: (input: never) => unknown,
  inputs: readonly unknown[] = Array.from({ length: CALLS }, (_, i) => i),
): Contender {
  const loop = new Function(
    "call",
    "inputs",
    `return () => {
      const kept = new Array(inputs.length);
      for (let i = 0; i < inputs.length; i++) kept[i] = call(inputs[i]);
      return kept;
    }`,
  );
  return bulk(name, inputs.length, loop(call, inputs));
}

export class Comparison {
  readonly #samples: ReadonlyMap<string, readonly number[]>;

  constructor(samples: ReadonlyMap<string, readonly number[]>) {
    this.#samples = samples;
  }

  get names(): string[] {
    return [...this.#samples.keys()];
  }

  /** Nanoseconds per item. */
  cost(name: string): number {
    return median(this.#of(name));
  }

  /** The same in the best round, for what is compared with itself: the load of the machine can only add. */
  least(name: string): number {
    return Math.min(...this.#of(name));
  }

  /** Items per second. */
  rate(name: string): number {
    return 1e9 / this.cost(name);
  }

  /** How many times the cost of `base` one pays for `name`: the median over rounds, so that noise hits both. */
  ratio(name: string, base: string): number {
    const bases = this.#of(base);
    return median(this.#of(name).map((cost, round) => cost / bases[round]!));
  }

  /** The cheapest of `names`. */
  best(names: readonly string[]): string {
    return names.reduce((best, name) => (this.cost(name) < this.cost(best) ? name : best));
  }

  #of(name: string): readonly number[] {
    const samples = this.#samples.get(name);
    if (!samples) throw new Error(`no contender ${name}`);
    return samples;
  }
}

/** Runs the contenders in turns, A B C A B C …, since a shared machine is not as fast in one second as in the next. */
export function compare(contenders: readonly Contender[], { rounds, milliseconds }: Effort): Comparison {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) contender.sample(2 * milliseconds);
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) samples.get(contender.name)!.push(contender.sample(milliseconds));
  }
  return new Comparison(samples);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What must hold before anything is timed. */
export function agree(what: string, agreed: boolean): void {
  if (!agreed) throw new Error(`the contenders do not agree: ${what}`);
}
