import { checkBytes, checkInteger, checkU64Array, MAX_COUNT, outOfRange, show } from "../base/check.js";
import { base62 } from "../codec/base62.js";
import type { Codec } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { Token, TokenText } from "../token/text.js";
import { Decoder } from "./decoder.js";
import type { IdIssuer } from "./issuer.js";
import { checkRoom, checkSeparator, type DecoderParts, type SeparatorOptions } from "./options.js";

/** When a generator answers: an {@link Id64} now, an {@link AsyncId64} later. */
export type Mode = "now" | "later";

/** A result of a generator: as it is, or in a promise. */
export type Answer<M extends Mode, T> = M extends "later" ? Promise<T> : T;

/** A call that issues ids: how many it needs, and what it does once these are at hand. */
export interface Order<T> {
  readonly count: number;
  readonly fill: (issuer: IdIssuer) => T;
}

/** Strings that one call returns, at most. V8 makes longer arrays as hash tables, and more strings end the process. */
const MAX_TOKENS = 2 ** 25;

/**
 * The methods that issue ids: the same in an {@link Id64}, which returns the results, and in an {@link AsyncId64}, which
 * returns promises of them. All methods draw from one stream of sequence numbers, and no number is issued twice.
 */
export abstract class IdGenerator<Prefix extends string, M extends Mode> extends Decoder<Prefix> {
  readonly #text: TokenText;

  /** @internal */
  constructor(parts: DecoderParts) {
    super(parts);
    this.#text = parts.text;
  }

  /**
   * Runs an order that `prepare` returns. Errors of `prepare` are those of arguments: they use no number.
   *
   * @internal
   */
  protected abstract issue<T>(prepare: () => Order<T>): Answer<M, T>;

  /**
   * Issues one id.
   *
   * @returns A bigint from 0 to 2^64 - 1. For a signed column (SQL `BIGINT`), see {@link toInt64}.
   * @throws ClosedError after `close`; and an error of the counter when a new block is due. An {@link AsyncId64} rejects
   *   with a CounterTimeoutError if no numbers came in time, whose `cause` is the counter's last error; with a
   *   CounterBusyError if too many calls wait already; and at once with an error of the counter that is not `retryable`.
   */
  abstract nextU64(): Answer<M, bigint>;

  /**
   * Issues one id as base62.
   *
   * @returns 11 characters of `0-9A-Za-z`.
   * @throws As {@link nextU64}.
   */
  abstract nextBase62(): Answer<M, string>;

  /**
   * Issues one id in Crockford's base 32.
   *
   * @returns 13 digits and upper-case letters.
   * @throws As {@link nextU64}.
   */
  abstract nextBase32(): Answer<M, string>;

  /**
   * Issues one id as a token with the prefix, codec and check character of the generator's options.
   *
   * @returns A token of {@link format}.
   * @throws As {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.feistel({ instanceId: 42, counter: new MemoryCounter(), prefix: "ord", check: true });
   * ids.nextToken(); // => "ord_Gh4oy6lscYS4"
   * ids.decodeToken("ord_Gh4oy6lscYS4").sequence; // => 0n
   * ```
   */
  abstract nextToken(): Answer<M, Token<Prefix>>;

  /**
   * Issues `n` ids; all, or none if it throws.
   *
   * @param n An integer from 1 to 2^32 - 1. More than the numbers at hand cost one reservation.
   * @returns A new BigUint64Array of `n` ids.
   * @throws TypeError or RangeError for another `n`, or for more than memory holds; else as {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.identity({ instanceId: 0, counter: new MemoryCounter() });
   * ids.takeU64(3); // => BigUint64Array.of(0n, 1n, 2n)
   * ```
   */
  takeU64(n: number): Answer<M, BigUint64Array> {
    return this.issue(() => {
      const out = newU64Array(n);
      return {
        count: n,
        fill(issuer) {
          issuer.fillU64(out);
          return out;
        },
      };
    });
  }

  /**
   * Issues `n` ids as base62; all, or none if it throws.
   *
   * @param n An integer from 1 to 2^25.
   * @returns An array of `n` tokens.
   * @throws As {@link takeU64}.
   */
  takeBase62(n: number): Answer<M, string[]> {
    return this.#takeTokens(base62, n);
  }

  /**
   * Issues `n` ids in Crockford's base 32; all, or none if it throws.
   *
   * @param n An integer from 1 to 2^25.
   * @returns An array of `n` tokens.
   * @throws As {@link takeU64}.
   */
  takeBase32(n: number): Answer<M, string[]> {
    return this.#takeTokens(crockford32, n);
  }

  /**
   * Issues `n` ids as {@link nextToken} does; all, or none if it throws.
   *
   * @param n An integer from 1 to 2^25.
   * @returns An array of `n` tokens of {@link format}.
   * @throws As {@link takeU64}.
   */
  takeTokens(n: number): Answer<M, Token<Prefix>[]> {
    const text = this.#text;
    const wrap = text.isPlain ? undefined : (body: string) => text.wrap(body);
    return this.#takeTokens(text.codec, n, wrap) as Answer<M, Token<Prefix>[]>;
  }

  /**
   * Issues as many ids as `out` has elements; all, or none if it throws. Do not touch `out` until the call has ended.
   *
   * @param out At least one element.
   * @throws TypeError or RangeError for another `out`; else as {@link nextU64}.
   */
  fillU64(out: BigUint64Array): Answer<M, void> {
    return this.issue(() => {
      const { length } = checkU64Array("out", out);
      if (length === 0) throw outOfRange("out", "at least 1 element", "0");
      return {
        count: length,
        fill(issuer) {
          checkLength(out, length);
          issuer.fillU64(checkU64Array("out", out));
        },
      };
    });
  }

  /**
   * Issues as many base62 tokens as `out` has room for, as ASCII bytes: one every 11 bytes, or every 12 with a separator.
   * Do not touch `out` until the call has ended.
   *
   * @param out Room for at least one token. Bytes beyond the last whole token stay as they are.
   * @param options The `separator`: a byte to write after each token, such as 10 for a line feed. Default: none.
   * @returns The number of tokens.
   * @throws TypeError or RangeError for another `out` or `separator`; else as {@link nextU64}.
   * @example
   * ```ts
   * import { Id64, MemoryCounter } from "permid64";
   *
   * const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });
   * const lines = new Uint8Array(24);
   * ids.fillBase62(lines, { separator: 10 }); // => 2
   * new TextDecoder().decode(lines); // => "E5xm7QFdS1Z\n5hSt0VheoqW\n"
   * ```
   */
  fillBase62(out: Uint8Array, options: SeparatorOptions = {}): Answer<M, number> {
    return this.issue(() => {
      const { length } = checkBytes("out", out);
      const separator = checkSeparator(options);
      const count = checkRoom(length, separator);
      return {
        count,
        fill(issuer) {
          checkLength(out, length);
          issuer.fillText(base62, checkBytes("out", out), count, separator);
          return count;
        },
      };
    });
  }

  #takeTokens(codec: Codec, n: number, wrap?: (body: string) => string): Answer<M, string[]> {
    return this.issue(() => ({
      count: checkInteger("n", n, 1, MAX_TOKENS),
      fill(issuer) {
        const tokens = issuer.takeTokens(codec, n);
        if (wrap) for (let i = 0; i < n; i++) tokens[i] = wrap(tokens[i]!);
        return tokens;
      },
    }));
  }
}

function newU64Array(n: number): BigUint64Array {
  const length = checkInteger("n", n, 1, MAX_COUNT);
  try {
    return new BigUint64Array(length);
  } catch {
    throw outOfRange("n", "no more ids than memory holds", show(n));
  }
}

/** The caller may have resized an array, or given it away, while the call waited. */
function checkLength(out: { readonly length: number }, length: number): void {
  if (out.length !== length) throw outOfRange("out", `to keep its length of ${length}`, show(out.length));
}
