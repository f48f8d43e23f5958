import { LINE_FEED } from "../decimal.js";

// Finds the fields of a record of CSV in bytes, by RFC 4180: a field that begins with a quote ends at the next quote that is
// not doubled, and may hold commas and line breaks. A line feed alone ends a record too.

export const QUOTE = 34;
export const COMMA = 44;
const CARRIAGE_RETURN = 13;

/** The record that was read last. */
export class CsvRecord {
  /** The positions of each field: the first, and the one behind it. Quotes are within. */
  readonly #bounds: number[] = [];
  count = 0;
  /** The position behind the last field, where the line break is. */
  textEnd = 0;
  /** The line feeds in the record, the last one included. */
  lines = 0;
  /** Whether all quotes are where RFC 4180 has them. */
  valid = true;

  /** Returns the position behind the record, or -1 if the block ends within it. */
  read(block: Buffer, from: number): number {
    this.count = 0;
    this.lines = 1;
    this.valid = true;
    const { length } = block;
    let at = from;
    for (;;) {
      const fieldFrom = at;
      if (block[at] === QUOTE) {
        at = this.#skipQuoted(block, at);
        const next = block[at];
        const ends = next === COMMA || next === LINE_FEED || (next === CARRIAGE_RETURN && block[at + 1] === LINE_FEED);
        if (!ends) this.valid = false;
      }
      while (at < length && block[at] !== COMMA && block[at] !== LINE_FEED) {
        if (block[at++] === QUOTE) this.valid = false;
      }
      if (at >= length) return -1;
      const last = block[at] === LINE_FEED;
      const fieldTo = last && at > fieldFrom && block[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
      this.#bounds[2 * this.count] = fieldFrom;
      this.#bounds[2 * this.count + 1] = fieldTo;
      this.count++;
      at++;
      if (last) {
        this.textEnd = fieldTo;
        return at;
      }
    }
  }

  /** Returns the position behind the closing quote, or the end of the block. */
  #skipQuoted(block: Buffer, from: number): number {
    for (let at = from + 1; at < block.length; at++) {
      const byte = block[at];
      if (byte === LINE_FEED) this.lines++;
      if (byte !== QUOTE) continue;
      if (block[at + 1] !== QUOTE) return at + 1;
      at++;
    }
    return block.length;
  }

  fieldFrom(index: number): number {
    return this.#bounds[2 * index]!;
  }

  fieldTo(index: number): number {
    return this.#bounds[2 * index + 1]!;
  }

  /** The text of a field, without its quotes. */
  text(block: Buffer, index: number): string {
    const raw = block.toString("utf8", this.fieldFrom(index), this.fieldTo(index));
    return raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  }
}

/** A field as CSV: quoted only where it has to be. */
export const csvField = (text: string) => (/^\s|[",\r\n]|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
