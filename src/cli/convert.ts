import { LINE_FEED } from "./decimal.js";
import { EXIT_FAILED, EXIT_USAGE, exitStatusOf, lineOf } from "./failure.js";
import { MAX_LINE, wholeLines } from "./lines.js";
import { write } from "./output.js";
import { Progress } from "./progress.js";

/** Lines converted in one call, at most. One bad line among them means that they are converted again. */
const MAX_RUN = 1024;
/** Fewer lines are converted one by one if one of them is bad: each attempt at all of them costs an error. */
const MIN_RUN = 16;

/** Turns the arguments, or the lines of standard input, into output. */
export interface Conversion {
  /** Converts one text, or throws the library's error for an argument. */
  add(text: string): void;
  /** Converts lines of `stride` bytes each, line feed included, at once. */
  readonly runs?: {
    readonly stride: number;
    /** Returns false, and has converted nothing, if one of the lines is bad. */
    add(lines: Buffer): boolean;
  };
  /** Returns the output since the last call, to be used before the next one. */
  drain(): Uint8Array | string;
}

/** Converts `inputs`, or standard input if there are none. A bad line is reported, and the rest goes on. */
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

/** Finds the lines, and counts them. */
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

  /** Returns the number of lines since the last call, and the reports of bad lines. */
  drain(): { count: number; problems: string } {
    const drained = { count: this.#count, problems: this.#problems };
    this.#count = 0;
    this.#problems = "";
    return drained;
  }

  /** The position where lines of a run's length end. The conversion finds line feeds within them. */
  #endOfRun(lines: Buffer, from: number): number {
    const { runs } = this.#conversion;
    if (!runs) return from;
    let to = from;
    while (to - from < MAX_RUN * runs.stride && lines[to + runs.stride - 1] === LINE_FEED) to += runs.stride;
    return to;
  }

  /** Converts all lines at once, or by halves until the bad lines are found. */
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
    // Spaces, the carriage returns of Windows and a byte order mark are no part of the text. A line that may have been cut
    // keeps its length, and so is bad.
    const trimmed = to - from < MAX_LINE ? text.trim() : text;
    if (trimmed !== "") this.add(trimmed, `line ${this.#line}`);
    return to + 1;
  }
}
