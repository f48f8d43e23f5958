import type { Layout64 } from "../index.js";
import { LINE_FEED, MAX_DECIMAL_LENGTH, writeU64 } from "./decimal.js";

/** A decoded token; the u64 as halves. */
export interface Row {
  /** The token is `text` from `from` to `to`. */
  text: Uint8Array;
  from: number;
  to: number;
  rawHigh: number;
  instanceId: number;
  sequenceHigh: number;
  /** The low half of the raw too: a sequence has 32 bits at least. */
  low: number;
}

/** Writes one row at `at` and returns where it ends. */
export type WriteRow = (out: DataView, at: number, row: Row) => number;

/** No row of any format is longer. */
export const MAX_ROW = 160;

const SPACE = 32;
const TAB = 9;

export function writeJson(out: DataView, at: number, row: Row): number {
  let end = writeLiteral(out, at, TOKEN);
  end = copyBytes(out, end, row.text, row.from, row.to);
  end = writeU64(out, writeLiteral(out, end, RAW), row.rawHigh, row.low);
  end = writeU64(out, writeLiteral(out, end, INSTANCE_ID), 0, row.instanceId);
  end = writeU64(out, writeLiteral(out, end, SEQUENCE), row.sequenceHigh, row.low);
  return writeLiteral(out, end, END);
}

// A token has no character that JSON would escape.
const TOKEN = literalOf('{"token":"');
const RAW = literalOf('","raw":"');
const INSTANCE_ID = literalOf('","instanceId":');
const SEQUENCE = literalOf(',"sequence":"');
const END = literalOf('"}\n');

export function writeColumns(out: DataView, at: number, row: Row): number {
  let end = copyBytes(out, at, row.text, row.from, row.to);
  out.setUint8(end++, TAB);
  end = writeU64(out, end, row.rawHigh, row.low);
  out.setUint8(end++, TAB);
  end = writeU64(out, end, 0, row.instanceId);
  out.setUint8(end++, TAB);
  end = writeU64(out, end, row.sequenceHigh, row.low);
  out.setUint8(end++, LINE_FEED);
  return end;
}

/** For people: aligned, under a heading. The token comes last, because its length is not known beforehand. */
export function tableOf(layout: Layout64): { heading: string; writeRow: WriteRow } {
  const instanceWidth = Math.max("instance".length, String(layout.maxInstanceId).length);
  const sequenceWidth = Math.max("sequence".length, String(layout.maxSequence).length);
  const rawWidth = MAX_DECIMAL_LENGTH;
  return {
    heading: `${"instance".padStart(instanceWidth)}  ${"sequence".padStart(sequenceWidth)}  ${"raw".padStart(rawWidth)}  token\n`,
    writeRow(out, at, row) {
      let end = alignRight(out, at, writeU64(out, at, 0, row.instanceId), instanceWidth);
      end = alignRight(out, end, writeU64(out, end, row.sequenceHigh, row.low), sequenceWidth);
      end = alignRight(out, end, writeU64(out, end, row.rawHigh, row.low), rawWidth);
      end = copyBytes(out, end, row.text, row.from, row.to);
      out.setUint8(end++, LINE_FEED);
      return end;
    },
  };
}

/** Moves what was written from `at` to `end` to the right edge of a column; returns where the next one starts. */
function alignRight(out: DataView, at: number, end: number, width: number): number {
  const edge = at + width;
  for (let to = edge, from = end; to > at; ) out.setUint8(--to, from > at ? out.getUint8(--from) : SPACE);
  out.setUint8(edge, SPACE);
  out.setUint8(edge + 1, SPACE);
  return edge + 2;
}

function copyBytes(out: DataView, at: number, bytes: Uint8Array, from: number, to: number): number {
  let end = at;
  for (let i = from; i < to; i++) out.setUint8(end++, bytes[i]!);
  return end;
}

/** ASCII text to be written four bytes at a time, like numbers: up to three bytes behind it are overwritten. */
interface Literal {
  readonly words: Uint32Array;
  readonly length: number;
}

function literalOf(text: string): Literal {
  const words = new Uint32Array(Math.ceil(text.length / 4));
  const bytes = Buffer.from(text.padEnd(words.length * 4));
  return { words: words.map((_, i) => bytes.readUInt32LE(i * 4)), length: text.length };
}

function writeLiteral(out: DataView, at: number, { words, length }: Literal): number {
  for (let i = 0; i < words.length; i++) out.setUint32(at + i * 4, words[i]!, true);
  return at + length;
}
