import type { Id64 } from "../index.js";
import { LINE_FEED, MAX_DECIMAL_LENGTH, U32_PER_U64, U64_HIGH, U64_LOW, writeU64 } from "./decimal.js";
import type { TokenForm } from "./formats.js";
import { BASE62_LENGTH } from "./token-decoder.js";

/** Issues `count` ids and returns them as lines, in a buffer that the next call may overwrite. */
export type IssueLines = (count: number) => Uint8Array;

/** Issues up to `max` ids a call. */
export function issuerOf(ids: Id64, format: TokenForm | "u64" | undefined, max: number): IssueLines {
  if (format === "u64") return decimalLines(ids, max);
  // No other tokens are so short.
  return ids.format.length === BASE62_LENGTH ? base62Lines(ids, max) : tokenLines(ids);
}

function base62Lines(ids: Id64, max: number): IssueLines {
  const stride = BASE62_LENGTH + 1;
  const lines = new Uint8Array(max * stride);
  return (count) => {
    const part = lines.subarray(0, count * stride);
    ids.fillBase62(part, { separator: LINE_FEED });
    return part;
  };
}

function tokenLines(ids: Id64): IssueLines {
  return (count) => Buffer.from(`${ids.takeTokens(count).join("\n")}\n`, "latin1");
}

function decimalLines(ids: Id64, max: number): IssueLines {
  const values = new BigUint64Array(max);
  const halves = new Uint32Array(values.buffer);
  const lines = new DataView(new ArrayBuffer(max * (MAX_DECIMAL_LENGTH + 1)));
  return (count) => {
    ids.fillU64(values.subarray(0, count));
    let at = 0;
    for (let i = 0; i < count * U32_PER_U64; i += U32_PER_U64) {
      at = writeU64(lines, at, halves[i + U64_HIGH]!, halves[i + U64_LOW]!);
      lines.setUint8(at++, LINE_FEED);
    }
    return new Uint8Array(lines.buffer, 0, at);
  };
}
