import { LINE_FEED } from "../decimal.js";
import { EXIT_FAILED, lineOf, RecordError } from "../failure.js";
import { write } from "../output.js";
import { Progress } from "../progress.js";
import { Edits } from "./edits.js";
import type { Records } from "./records.js";
import type { Tokens } from "./tokens.js";

/** A longer record ends the run: memory is bounded. */
const MAX_RECORD = 2 ** 24;

/** Copies records from `input` to standard output, each with its token. */
export class Stamper {
  readonly #records: Records;
  readonly #tokens: Tokens;
  readonly #edits = new Edits();
  readonly #progress = new Progress("records");
  #problems = "";
  #out = Buffer.alloc(0);

  /** `recordsOf` makes the reader of a format, which calls its argument for each record that is left out. */
  constructor(tokens: Tokens, recordsOf: (report: (line: number, error: RecordError) => void) => Records) {
    this.#tokens = tokens;
    this.#records = recordsOf((line, error) => {
      this.#problems += lineOf(error, `line ${line}: `);
    });
  }

  async run(input: AsyncIterable<Buffer>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of input) {
        rest = await this.#stamp(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false);
        if (rest.length > MAX_RECORD) throw new RecordError(`line ${this.#records.line}: longer than 16 MiB`);
      }
      if (rest.length > 0) await this.#stamp(Buffer.concat([rest, Uint8Array.of(LINE_FEED)]), true);
    } finally {
      this.#progress.clear();
    }
  }

  /** Returns the bytes of the record that is not yet complete. */
  async #stamp(block: Buffer, isLast: boolean): Promise<Buffer> {
    const { line } = this.#records;
    const complete = this.#records.read(block, isLast, this.#edits);
    const { tokens } = this.#edits;
    if (tokens > 0) this.#prepare(tokens, line);
    const output = this.#apply(block.subarray(0, complete));
    if (this.#problems !== "") {
      this.#progress.clear();
      process.exitCode = EXIT_FAILED;
      await write(process.stderr, this.#problems);
      this.#problems = "";
    }
    if (output.length > 0) await write(process.stdout, output);
    this.#progress.add(tokens);
    return block.subarray(complete);
  }

  #prepare(count: number, line: number): void {
    try {
      this.#tokens.prepare(count);
    } catch (error) {
      const { message } = error as Error;
      throw Object.assign(error as Error, { message: `no record from line ${line} on was written: ${message}` });
    }
  }

  #apply(block: Buffer): Buffer {
    const tokens = this.#tokens;
    const room = block.length + this.#edits.growth + tokens.lines.length - tokens.at;
    if (this.#out.length < room) this.#out = Buffer.allocUnsafe(2 * room);
    const { end, token } = this.#edits.apply(block, this.#out, tokens.lines, tokens.at);
    tokens.at = token;
    return this.#out.subarray(0, end);
  }
}
