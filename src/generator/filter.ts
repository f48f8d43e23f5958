import { checkBoolean, invalidType, show } from "../base/check.js";
import { TokensRejectedError } from "../base/errors.js";
import { base62 } from "../codec/base62.js";
import { type Codec, tokenAt } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { Engine } from "../engine/engine.js";
import type { TokenText } from "../token/text.js";
import type { IdIssuer, Issuer } from "./issuer.js";

/** An `accept` that rejects so many in a row is taken to reject all. It would use up the counter. */
const MAX_REJECTED = 1000;

/** Asks the user's `accept` about each id, by its token. */
export class TokenFilter {
  readonly #text: TokenText;
  readonly #accept: (token: string) => boolean;
  #rejected = 0;

  constructor(text: TokenText, accept: (token: string) => boolean) {
    if (typeof accept !== "function") throw invalidType("accept", "a function", show(accept));
    this.#text = text;
    this.#accept = accept;
  }

  /**
   * Whether the id may be issued. An `accept` that drops the numbers at hand has dropped this id too: `isCurrent` tells.
   */
  accepts(id: bigint, isCurrent: () => boolean): boolean {
    const accepted = checkBoolean("accept(token)", this.#accept(this.#text.write(id))) && isCurrent();
    this.#rejected = accepted ? 0 : this.#rejected + 1;
    if (this.#rejected === MAX_REJECTED) {
      this.#rejected = 0;
      throw new TokensRejectedError(`"accept" rejected ${MAX_REJECTED} tokens in a row`);
    }
    return accepted;
  }
}

/** Limits how often one call starts anew because `accept` dropped the numbers at hand. It would use up the counter. */
export class Restarts {
  #count = 0;

  add(): void {
    if (++this.#count < MAX_REJECTED) return;
    throw new TokensRejectedError(`"accept" dropped the numbers at hand ${MAX_REJECTED} times within one call`);
  }
}

/** Issues accepted ids, in any form. */
abstract class AcceptedIssuer implements IdIssuer {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** In an array of their own: the caller's stays as it is if this throws. */
  protected abstract accepted(count: number): BigUint64Array;

  nextU64(): bigint {
    return this.accepted(1)[0]!;
  }

  nextBase62(): string {
    return this.#engine.encode(base62, this.nextU64());
  }

  nextBase32(): string {
    return this.#engine.encode(crockford32, this.nextU64());
  }

  fillU64(out: BigUint64Array): void {
    out.set(this.accepted(out.length));
  }

  fillText(codec: Codec, out: Uint8Array, total: number, separator?: number): void {
    this.#engine.encodeMany(codec, this.accepted(total), out, separator);
  }

  takeTokens(codec: Codec, total: number): string[] {
    const text = this.#engine.text(codec, this.accepted(total));
    return Array.from({ length: total }, (_, i) => tokenAt(codec, text, i));
  }
}

/** Issues the ids of a stream that a filter accepts. The numbers of the others are gaps. */
export class FilteredIssuer extends AcceptedIssuer {
  readonly #inner: Issuer;
  readonly #filter: TokenFilter;

  constructor(inner: Issuer, engine: Engine, filter: TokenFilter) {
    super(engine);
    this.#inner = inner;
    this.#filter = filter;
  }

  protected override accepted(count: number): BigUint64Array {
    const ids = new BigUint64Array(count);
    const restarts = new Restarts();
    for (let i = 0; i < count; ) {
      const { generation } = this.#inner;
      const isCurrent = () => generation === this.#inner.generation;
      const id = this.#inner.nextU64();
      if (this.#filter.accepts(id, isCurrent)) ids[i++] = id;
      else if (!isCurrent()) {
        restarts.add();
        i = 0;
      }
    }
    return ids;
  }
}

/** Issues ids that were accepted before, all at once. */
export class ReadyIssuer extends AcceptedIssuer {
  readonly #ids: BigUint64Array;

  constructor(engine: Engine, ids: BigUint64Array) {
    super(engine);
    this.#ids = ids;
  }

  protected override accepted(): BigUint64Array {
    return this.#ids;
  }
}
