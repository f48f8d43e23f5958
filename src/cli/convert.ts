import { LINE_FEED } from "./decimal.js";
import { EXIT_FAILED, EXIT_USAGE, exitStatusOf, lineOf } from "./failure.js";
import { MAX_LINE, wholeLines } from "./lines.js";
import { write } from "./output.js";
import { Progress } from "./progress.js";

/** Lines converted in one call, at most: so many are converted again when one of them is bad. */
const MAX_RUN = 1024;
/** Fewer are converted one by one when one of them is bad: each attempt at all of them costs an error. */
const MIN_RUN = 16;

/** What becomes of the arguments, or of the lines of standard input. */
export interface Conversion {
  /** Converts one. Throws what the library throws for an argument if that cannot be done. */
  add(text: string): void;
  /** How lines of `stride` bytes each, line feed included, are converted at once. */
  readonly runs?: {
    readonly stride: number;
    /** Returns false, and has converted nothing, if one of the lines cannot be. */
    add(lines: Buffer): boolean;
  };
  /** What they became since the last call, to be used before the next one. */
  drain(): Uint8Array | string;
}

/** Converts `inputs`, or where there are none, standard input. What cannot be converted is reported, and the rest goes on. */
export async function convert(conversion: Conversion, inputs: readonly string[], heading = ""): Promise<void> {
  const converter = new Converter(conversion);
  const progress = new Progress("lines");
  let unwritten = heading;

  const flush = async () => {
    const { count, problems } = converter.drain();
    if (problems !== "") {
      progress.clear();
      process.exitCode = EXIT_FAILED;
      await write(process.stderr, problems);
    }
    const output = conversion.drain();
    if (output.length > 0) {
      if (unwritten !== "") await write(process.stdout, unwritten);
      unwritten = "";
      await write(process.stdout, output);
    }
    progress.add(count);
  };

  if (inputs.length > 0) {
    inputs.forEach((text, i) => {
      converter.add(text, `argument ${i + 1}`);
    });
    await flush();
    return;
  }
  try {
    for await (const lines of wholeLines(process.stdin)) {
      converter.addLines(lines);
      await flush();
    }
  } finally {
    progress.clear();
  }
}

/** Finds the lines, and keeps track of them. */
class Converter {
  readonly #conversion: Conversion;
  #count = 0;
  #line = 0;
  #problems = "";

  constructor(conversion: Conversion) {
    this.#conversion = conversion;
  }

  /** Takes whole lines, each with its line feed. */
  addLines(lines: Buffer): void {
    for (let from = 0; from < lines.length; ) {
      const to = this.#endOfRun(lines, from);
      if (to > from) {
        this.#addRun(lines, from, to);
        from = to;
      } else {
        from = this.#addLine(lines, from);
      }
    }
  }

  add(text: string, where: string): void {
    this.#count++;
    try {
      this.#conversion.add(text);
    } catch (error) {
      if (exitStatusOf(error) !== EXIT_USAGE) throw error;
      this.#problems += lineOf(error, `${where}: `);
    }
  }

  /** How many there were since the last call, and what was wrong with some. */
  drain(): { count: number; problems: string } {
    const drained = { count: this.#count, problems: this.#problems };
    this.#count = 0;
    this.#problems = "";
    return drained;
  }

  /** Where lines of the length of a run end. Line feeds may be within them too: converting finds those. */
  #endOfRun(lines: Buffer, from: number): number {
    const { runs } = this.#conversion;
    if (!runs) return from;
    let to = from;
    while (to - from < MAX_RUN * runs.stride && lines[to + runs.stride - 1] === LINE_FEED) to += runs.stride;
    return to;
  }

  /** At once if all can be converted, else by halves, to find the ones that cannot. */
  #addRun(lines: Buffer, from: number, to: number): void {
    const { add, stride } = this.#conversion.runs!;
    const count = (to - from) / stride;
    if (add(lines.subarray(from, to))) {
      this.#count += count;
      this.#line += count;
    } else if (count < MIN_RUN) {
      for (let at = from; at < to; ) at = this.#addLine(lines, at);
    } else {
      const middle = from + Math.floor(count / 2) * stride;
      this.#addRun(lines, from, middle);
      this.#addRun(lines, middle, to);
    }
  }

  /** Returns where the next line starts. */
  #addLine(lines: Buffer, from: number): number {
    const to = lines.indexOf(LINE_FEED, from);
    this.#line++;
    const text = lines.toString("utf8", from, to);
    // Spaces, the carriage returns of Windows and a byte order mark are no part of it. A line that may have been cut stays as
    // long as it is, and so cannot be converted.
    const trimmed = to - from < MAX_LINE ? text.trim() : text;
    if (trimmed !== "") this.add(trimmed, `line ${this.#line}`);
    return to + 1;
  }
}
