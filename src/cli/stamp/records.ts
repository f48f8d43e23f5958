import type { RecordError } from "../failure.js";
import type { Edits } from "./edits.js";

/** Finds the records in a stream of bytes, in one of the formats. */
export interface Records {
  /**
   * Notes what is to change in the complete records of a block.
   *
   * @param block Bytes of the stream that were not yet read, from the start of a record on.
   * @param isLast Whether the stream ends with the block, which then ends with a line feed.
   * @returns The position behind the last complete record.
   */
  read(block: Buffer, isLast: boolean, edits: Edits): number;
  /** The line that the next record starts on, from 1. */
  readonly line: number;
}

/** The field to add, and the field that has the number of the row. */
export interface FieldNames {
  readonly to: string;
  readonly from?: string;
}

/** Takes the row number of a record, whose digits are `block` from `from` to `to`; returns what is wrong with it, or undefined. */
export type TakeValue = (block: Buffer, from: number, to: number) => string | undefined;

/** Is told of a record that is left out. */
export type Report = (line: number, error: RecordError) => void;

const MAX_SHOWN = 40;

/** The start of a record, for an error. */
export function excerpt(block: Buffer, from: number, to: number): string {
  const text = block.toString("utf8", from, Math.min(to, from + 4 * MAX_SHOWN)).trimEnd();
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** Where the text of a stream starts. */
export const textStart = (block: Buffer) => (block.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
