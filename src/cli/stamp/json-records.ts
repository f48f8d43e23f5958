import { isUtf8 } from "node:buffer";
import { LINE_FEED } from "../decimal.js";
import { RecordError } from "../failure.js";
import type { Edits, Insertion } from "./edits.js";
import { INVALID, type Members, skipObject, skipSpace, spells } from "./json.js";
import { excerpt, type FieldNames, type Records, type Report, type TakeValue, textStart } from "./records.js";

/** A JSON object on each line. The new field goes in before the closing brace; all other bytes stay. */
export class JsonRecords implements Records {
  line = 1;
  readonly #to: FieldName;
  readonly #source: FieldName | undefined;
  readonly #take: TakeValue | undefined;
  readonly #report: Report;
  readonly #first: Insertion;
  readonly #further: Insertion;
  readonly #members = new RecordMembers();
  #started = false;

  constructor(fields: FieldNames, take: TakeValue | undefined, report: Report) {
    this.#to = new FieldName(fields.to);
    this.#source = fields.from === undefined ? undefined : new FieldName(fields.from);
    this.#take = take;
    this.#report = report;
    const key = `${JSON.stringify(fields.to)}:"`;
    const after = Buffer.from('"');
    this.#first = { before: Buffer.from(key), after, token: true };
    this.#further = { before: Buffer.from(`,${key}`), after, token: true };
  }

  read(block: Buffer, _isLast: boolean, edits: Edits): number {
    const end = block.lastIndexOf(LINE_FEED) + 1;
    const allUtf8 = isUtf8(block.subarray(0, end));
    let from = 0;
    if (!this.#started && end > 0) {
      this.#started = true;
      from = textStart(block);
    }
    while (from < end) {
      const start = skipSpace(block, from);
      let next = start + 1;
      // An empty line stays as it is.
      if (block[start] !== LINE_FEED) {
        const close = skipObject(block, start, undefined, this.#members.of(block));
        const behind = close === INVALID ? INVALID : skipSpace(block, close);
        const isObject = behind !== INVALID && block[behind] === LINE_FEED;
        next = isObject ? behind + 1 : block.indexOf(LINE_FEED, from) + 1;
        const problem =
          isObject && (allUtf8 || isUtf8(block.subarray(start, next)))
            ? this.#edit(block, close - 1, edits)
            : `expected a JSON object, got ${excerpt(block, start, next)}`;
        if (problem !== undefined) {
          this.#report(this.line, new RecordError(problem));
          edits.leaveOut(from, next);
        }
      }
      this.line++;
      from = next;
    }
    return end;
  }

  /** Returns what is wrong with the record, or undefined. */
  #edit(block: Buffer, brace: number, edits: Edits): string | undefined {
    const members = this.#members;
    if (members.find(this.#to) >= 0) return `the record has a field ${this.#to.json} already`;
    if (this.#source && this.#take) {
      const index = members.find(this.#source);
      if (index < 0) return `the record has no field ${this.#source.json}`;
      if (members.find(this.#source, index + 1) >= 0) return `the record has two fields ${this.#source.json}`;
      const problem = this.#take(block, members.valueFrom(index), members.valueTo(index));
      if (problem !== undefined) return `field ${this.#source.json} ${problem}`;
    }
    edits.insert(brace, members.count === 0 ? this.#first : this.#further);
    return undefined;
  }
}

class FieldName {
  readonly name: string;
  readonly json: string;
  readonly bytes: Buffer;

  constructor(name: string) {
    this.name = name;
    this.json = JSON.stringify(name);
    this.bytes = Buffer.from(this.json);
  }
}

const PARTS = 4;

/** The positions of the members of one record. */
class RecordMembers implements Members {
  #block: Buffer = Buffer.alloc(0);
  readonly #positions: number[] = [];
  count = 0;

  of(block: Buffer): this {
    this.#block = block;
    this.count = 0;
    return this;
  }

  add(keyFrom: number, keyTo: number, valueFrom: number, valueTo: number): void {
    const at = this.count++ * PARTS;
    this.#positions[at] = keyFrom;
    this.#positions[at + 1] = keyTo;
    this.#positions[at + 2] = valueFrom;
    this.#positions[at + 3] = valueTo;
  }

  /** The index of the first member of that name, from `start` on, or -1. */
  find({ name, bytes }: FieldName, start = 0): number {
    for (let i = start; i < this.count; i++) {
      const at = i * PARTS;
      if (spells(this.#block, this.#positions[at]!, this.#positions[at + 1]!, name, bytes)) return i;
    }
    return -1;
  }

  valueFrom(index: number): number {
    return this.#positions[index * PARTS + 2]!;
  }

  valueTo(index: number): number {
    return this.#positions[index * PARTS + 3]!;
  }
}
