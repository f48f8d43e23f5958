import type { DecodedId, Id64Decoder, Layout64 } from "../index.js";
import type { Conversion } from "./convert.js";
import { LINE_FEED, U32_PER_U64, U64_HIGH, U64_LOW } from "./decimal.js";
import type { TokenForm } from "./formats.js";
import { MAX_ROW, type Row, type WriteRow } from "./rows.js";

export const BASE62_LENGTH = 11;
const BASE32_LENGTH = 13;

/** Rows that there is room for at the start. */
const ROWS = 2048;

export type DecodeFormat = TokenForm | "auto" | "u64";

export interface ReadingOptions {
  readonly layout: Layout64;
  readonly format: DecodeFormat;
  /** Whether tokens have a prefix or a check character, and so are told from decimal numbers. */
  readonly decorated: boolean;
}

/** Makes the function that reads one token, and throws if it is none. */
function readerOf(ids: Id64Decoder, { format, decorated }: ReadingOptions): (token: string) => DecodedId {
  const { length } = ids.format;
  if (format === "u64") return (token) => decodeDecimal(ids, token);
  if (format !== "auto") return (token) => ids.decodeToken(token);
  if (decorated) {
    return (token) =>
      /^[0-9]+$/.test(token) && token.length !== length ? decodeDecimal(ids, token) : ids.decodeToken(token);
  }
  return (token) => {
    if (token.length === BASE62_LENGTH) return ids.decodeBase62(token);
    if (token.length === BASE32_LENGTH) return ids.decodeBase32(token);
    return decodeDecimal(ids, token, `${BASE62_LENGTH} characters of base62, ${BASE32_LENGTH} of crockford32 or `);
  };
}

function decodeDecimal(ids: Id64Decoder, token: string, others = ""): DecodedId {
  if (/^(0|[1-9][0-9]{0,19})$/.test(token)) return ids.decode(BigInt(token));
  const got = JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token);
  throw Object.assign(new SyntaxError(`"token" expected ${others}a decimal number up to 2^64 - 1, got ${got}`), {
    code: "ERR_PERMID64_INVALID_TOKEN",
  });
}

/** Turns tokens into rows of text. */
export class TokenDecoder implements Conversion {
  readonly runs?: NonNullable<Conversion["runs"]>;
  readonly #ids: Id64Decoder;
  readonly #read: (token: string) => DecodedId;
  readonly #writeRow: WriteRow;
  readonly #instanceUnit: number;
  readonly #row: Row = { text: Buffer.alloc(0), from: 0, to: 0, rawHigh: 0, instanceId: 0, sequenceHigh: 0, low: 0 };
  #rows = new DataView(new ArrayBuffer(ROWS * MAX_ROW));
  #end = 0;

  constructor(ids: Id64Decoder, options: ReadingOptions, writeRow: WriteRow) {
    this.#ids = ids;
    this.#read = readerOf(ids, options);
    this.#writeRow = writeRow;
    this.#instanceUnit = 2 ** (options.layout.sequenceBits - 32);
    if (options.format === "u64") return;
    const stride = ids.format.length + 1;
    this.runs = { stride, add: (lines) => this.#addRun(lines, stride) };
  }

  add(token: string): void {
    const { instanceId, sequence } = this.#read(token);
    const text = Buffer.from(token, "latin1");
    const halves = new Uint32Array(BigUint64Array.of(sequence).buffer);
    this.#makeRoom(1);
    this.#addRow(text, 0, text.length, instanceId, halves[U64_HIGH]!, halves[U64_LOW]!);
  }

  drain(): Uint8Array {
    const rows = new Uint8Array(this.#rows.buffer, 0, this.#end);
    this.#end = 0;
    return rows;
  }

  #addRun(lines: Buffer, stride: number): boolean {
    let instanceId: Uint32Array;
    let sequence: BigUint64Array;
    try {
      ({ instanceId, sequence } =
        stride === BASE62_LENGTH + 1
          ? this.#ids.decodeManyBase62(lines, { separator: LINE_FEED })
          : this.#ids.decodeManyTokens(lines.toString("latin1").slice(0, -1).split("\n")));
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
    const count = instanceId.length;
    const halves = new Uint32Array(sequence.buffer);
    this.#makeRoom(count);
    for (let i = 0; i < count; i++) {
      const from = i * stride;
      const half = i * U32_PER_U64;
      this.#addRow(lines, from, from + stride - 1, instanceId[i]!, halves[half + U64_HIGH]!, halves[half + U64_LOW]!);
    }
    return true;
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
