import { LINE_FEED } from "./decimal.js";

/** Bytes, far more than any token has. */
export const MAX_LINE = 2 ** 16;

/**
 * Cuts a stream into blocks of whole lines, each with its line feed, the last one too. Memory is bounded: of a line
 * that is longer than MAX_LINE, so much at least is kept, and not all.
 */
export async function* wholeLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, chunk.subarray(0, Math.max(0, MAX_LINE - rest.length))]);
    } else {
      yield rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([rest, chunk.subarray(0, end)]);
      rest = chunk.subarray(end);
    }
  }
  if (rest.length > 0) yield Buffer.concat([rest, Uint8Array.of(LINE_FEED)]);
}
