import { RecordError, UsageError } from "../failure.js";
import { CsvRecord, csvField } from "./csv.js";
import type { Edits, Insertion } from "./edits.js";
import { excerpt, type FieldNames, type Records, type Report, type TakeValue, textStart } from "./records.js";

const NOTHING = Buffer.alloc(0);
/** The value of a row. A token needs no quotes. */
const CELL: Insertion = { before: Buffer.from(","), after: NOTHING, token: true };

/** CSV with a header. The new column comes last; all other bytes stay. */
export class CsvRecords implements Records {
  line = 1;
  readonly #fields: FieldNames;
  readonly #take: TakeValue | undefined;
  readonly #report: Report;
  readonly #record = new CsvRecord();
  #columns: readonly string[] | undefined;
  #source = -1;

  constructor(fields: FieldNames, take: TakeValue | undefined, report: Report) {
    this.#fields = fields;
    this.#take = take;
    this.#report = report;
  }

  read(block: Buffer, isLast: boolean, edits: Edits): number {
    const record = this.#record;
    let from = 0;
    while (from < block.length) {
      const start = this.#columns ? from : textStart(block);
      const next = record.read(block, start);
      if (next < 0) {
        if (isLast) throw new RecordError(`line ${this.line}: the quote is not closed`);
        break;
      }
      // An empty line stays as it is.
      if (record.textEnd > start) {
        const problem = this.#edit(block, start, next, edits);
        if (problem !== undefined) {
          this.#report(this.line, new RecordError(problem));
          edits.leaveOut(from, next);
        }
      }
      this.line += record.lines;
      from = next;
    }
    return from;
  }

  /** Returns what is wrong with the record, or undefined. */
  #edit(block: Buffer, start: number, next: number, edits: Edits): string | undefined {
    const record = this.#record;
    if (!record.valid) {
      const problem = `expected quotes as in RFC 4180, got ${excerpt(block, start, next)}`;
      if (this.#columns) return problem;
      throw new RecordError(`line ${this.line}: ${problem}`);
    }
    if (!this.#columns) {
      this.#readHeader(block);
      edits.insert(record.textEnd, {
        before: Buffer.from(`,${csvField(this.#fields.to)}`),
        after: NOTHING,
        token: false,
      });
      return undefined;
    }
    if (record.count !== this.#columns.length) {
      return `expected ${this.#columns.length} fields as in the header, got ${record.count}`;
    }
    if (this.#take) {
      const problem = this.#take(block, record.fieldFrom(this.#source), record.fieldTo(this.#source));
      if (problem !== undefined) return `field ${JSON.stringify(this.#fields.from)} ${problem}`;
    }
    edits.insert(record.textEnd, CELL);
    return undefined;
  }

  #readHeader(block: Buffer): void {
    const { to, from } = this.#fields;
    const columns = Array.from({ length: this.#record.count }, (_, i) => this.#record.text(block, i));
    if (columns.includes(to)) throw new UsageError(`--to: the header has a column ${JSON.stringify(to)} already`);
    if (from !== undefined) {
      this.#source = columns.indexOf(from);
      if (this.#source < 0) throw new UsageError(`--from: the header has no column ${JSON.stringify(from)}`);
      if (columns.lastIndexOf(from) !== this.#source) {
        throw new UsageError(`--from: the header has two columns ${JSON.stringify(from)}`);
      }
    }
    this.#columns = columns;
  }
}
