import type { DecodedId, Id64, Layout64 } from "../index.js";
import { LINE_FEED, U32_PER_U64, U64_HIGH, U64_LOW } from "./decimal.js";
import { MAX_LINE } from "./lines.js";
import { MAX_ROW, type Row, type WriteRow } from "./rows.js";

const BASE62_LENGTH = 11;
const BASE32_LENGTH = 13;
const BASE62_LINE = BASE62_LENGTH + 1;

/** Tokens decoded in one call, at most: so many are decoded again when one of them is bad. */
const MAX_RUN = 1024;
/** Fewer are decoded one by one when one of them is bad: each attempt at all of them costs an error. */
const MIN_RUN = 16;

/** Each throws for what is no such token. */
const PARSERS = {
  auto(ids: Id64, token: string): DecodedId {
    if (token.length === BASE62_LENGTH) return ids.decodeBase62(token);
    if (token.length === BASE32_LENGTH) return ids.decodeBase32(token);
    return decodeDecimal(ids, token, `${BASE62_LENGTH} characters of base62, ${BASE32_LENGTH} of base32 or `);
  },
  base62: (ids: Id64, token: string) => ids.decodeBase62(token),
  base32: (ids: Id64, token: string) => ids.decodeBase32(token),
  u64: (ids: Id64, token: string) => decodeDecimal(ids, token),
};

export type TokenFormat = keyof typeof PARSERS;
export const TOKEN_FORMATS = Object.keys(PARSERS) as TokenFormat[];

function decodeDecimal(ids: Id64, token: string, others = ""): DecodedId {
  if (/^(0|[1-9][0-9]{0,19})$/.test(token)) return ids.decode(BigInt(token));
  const got = JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token);
  throw Object.assign(new SyntaxError(`"token" expected ${others}a decimal number up to 2^64 - 1, got ${got}`), {
    code: "ERR_PERMID64_INVALID_TOKEN",
  });
}

export interface Problem {
  error: unknown;
  where: string;
}

/** Turns tokens into rows of text. */
export class TokenDecoder {
  readonly #ids: Id64;
  readonly #parse: (ids: Id64, token: string) => DecodedId;
  readonly #inRuns: boolean;
  readonly #writeRow: WriteRow;
  readonly #instanceUnit: number;
  readonly #row: Row = { text: Buffer.alloc(0), from: 0, to: 0, rawHigh: 0, instanceId: 0, sequenceHigh: 0, low: 0 };
  #rows = new DataView(new ArrayBuffer(2 * MAX_RUN * MAX_ROW));
  #end = 0;
  #count = 0;
  #line = 0;
  #problems: Problem[] = [];

  constructor(ids: Id64, layout: Layout64, format: TokenFormat, writeRow: WriteRow) {
    this.#ids = ids;
    this.#parse = PARSERS[format];
    this.#inRuns = format === "auto" || format === "base62";
    this.#writeRow = writeRow;
    this.#instanceUnit = 2 ** (layout.sequenceBits - 32);
  }

  /** Takes whole lines, each with its line feed. */
  addLines(lines: Buffer): void {
    for (let from = 0; from < lines.length; ) {
      const to = this.#inRuns ? endOfRun(lines, from) : from;
      if (to > from) {
        this.#addRun(lines, from, to);
        from = to;
      } else {
        from = this.#addLine(lines, from);
      }
    }
  }

  addToken(token: string, where: string): void {
    this.#count++;
    try {
      const { instanceId, sequence } = this.#parse(this.#ids, token);
      const text = Buffer.from(token, "latin1");
      const halves = new Uint32Array(BigUint64Array.of(sequence).buffer);
      this.#makeRoom(1);
      this.#addRow(text, 0, text.length, instanceId, halves[U64_HIGH]!, halves[U64_LOW]!);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      this.#problems.push({ error, where });
    }
  }

  /** The rows since the last call, which the next token overwrites; how many tokens that was; and what was none. */
  drain(): { rows: Uint8Array; count: number; problems: Problem[] } {
    const drained = {
      rows: new Uint8Array(this.#rows.buffer, 0, this.#end),
      count: this.#count,
      problems: this.#problems,
    };
    this.#end = this.#count = 0;
    this.#problems = [];
    return drained;
  }

  /** Lines that seem to hold a base62 token each: at once if they do, else by halves, to find the ones that do not. */
  #addRun(lines: Buffer, from: number, to: number): void {
    if (this.#addBase62(lines.subarray(from, to))) return;
    const count = (to - from) / BASE62_LINE;
    if (count < MIN_RUN) {
      for (let at = from; at < to; ) at = this.#addLine(lines, at);
    } else {
      const middle = from + Math.floor(count / 2) * BASE62_LINE;
      this.#addRun(lines, from, middle);
      this.#addRun(lines, middle, to);
    }
  }

  /** Returns false, and has added nothing, if one of the lines holds no such token. */
  #addBase62(lines: Uint8Array): boolean {
    let instanceId: Uint32Array;
    let sequence: BigUint64Array;
    try {
      ({ instanceId, sequence } = this.#ids.decodeManyBase62(lines, { separator: LINE_FEED }));
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
    const count = instanceId.length;
    const halves = new Uint32Array(sequence.buffer);
    this.#makeRoom(count);
    for (let i = 0; i < count; i++) {
      const from = i * BASE62_LINE;
      const half = i * U32_PER_U64;
      this.#addRow(
        lines,
        from,
        from + BASE62_LENGTH,
        instanceId[i]!,
        halves[half + U64_HIGH]!,
        halves[half + U64_LOW]!,
      );
    }
    this.#count += count;
    this.#line += count;
    return true;
  }

  /** Returns where the next line starts. */
  #addLine(lines: Buffer, from: number): number {
    const to = lines.indexOf(LINE_FEED, from);
    this.#line++;
    const text = lines.toString("utf8", from, to);
    // Spaces, the carriage returns of Windows and a byte order mark are no part of a token. A line that may have been
    // cut stays as long as it is, and so is no token.
    const token = to - from < MAX_LINE ? text.trim() : text;
    if (token !== "") this.addToken(token, `line ${this.#line}`);
    return to + 1;
  }

  #addRow(text: Uint8Array, from: number, to: number, instanceId: number, high: number, low: number): void {
    const row = this.#row;
    row.text = text;
    row.from = from;
    row.to = to;
    row.rawHigh = instanceId * this.#instanceUnit + high;
    row.instanceId = instanceId;
    row.sequenceHigh = high;
    row.low = low;
    this.#end = this.#writeRow(this.#rows, this.#end, row);
  }

  #makeRoom(rows: number): void {
    if (this.#end + rows * MAX_ROW <= this.#rows.byteLength) return;
    const larger = new Uint8Array(this.#rows.byteLength * 2);
    larger.set(new Uint8Array(this.#rows.buffer));
    this.#rows = new DataView(larger.buffer);
  }
}

/** Where lines of a base62 token's length end. Line feeds may be within them too: decoding finds those. */
function endOfRun(lines: Uint8Array, from: number): number {
  let to = from;
  while (to - from < MAX_RUN * BASE62_LINE && lines[to + BASE62_LENGTH] === LINE_FEED) to += BASE62_LINE;
  return to;
}
