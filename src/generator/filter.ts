import { checkBoolean } from "../base/check.js";
import { TokensRejectedError } from "../base/errors.js";
import { base62 } from "../codec/base62.js";
import { type Codec, tokenAt } from "../codec/codec.js";
import { crockford32 } from "../codec/crockford32.js";
import type { Engine } from "../engine/engine.js";
import type { TokenText } from "../token/text.js";
import type { IssuesIds } from "./issuer.js";

/** A predicate that refuses so many in a row is taken for one that refuses all: it would use up the counter. */
const MAX_REFUSED = 1000;

/** Picks the ids whose tokens a predicate accepts. The numbers of the others are gaps. */
export class Sieve {
  readonly #text: TokenText;
  readonly #accept: (token: string) => boolean;
  #refused = 0;

  constructor(text: TokenText, accept: (token: string) => boolean) {
    this.#text = text;
    this.#accept = accept;
  }

  accepts(id: bigint): boolean {
    const accepted = checkBoolean("accept(token)", this.#accept(this.#text.write(id)));
    this.#refused = accepted ? 0 : this.#refused + 1;
    if (this.#refused === MAX_REFUSED) {
      this.#refused = 0;
      throw new TokensRejectedError(`"accept" rejected ${MAX_REFUSED} tokens in a row`);
    }
    return accepted;
  }
}

/** Issues ids that somebody picks, in whatever form they are asked for. */
abstract class PickingIssuer implements IssuesIds {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** In an array of their own: the caller's stays as it is if this throws. */
  protected abstract pick(count: number): BigUint64Array;

  nextU64(): bigint {
    return this.pick(1)[0]!;
  }

  nextBase62(): string {
    return this.#engine.encode(base62, this.nextU64());
  }

  nextBase32(): string {
    return this.#engine.encode(crockford32, this.nextU64());
  }

  fillU64(out: BigUint64Array): void {
    out.set(this.pick(out.length));
  }

  fillText(codec: Codec, out: Uint8Array, total: number, separator?: number): void {
    this.#engine.encodeMany(codec, this.pick(total), out, separator);
  }

  takeTokens(codec: Codec, total: number): string[] {
    const text = this.#engine.text(codec, this.pick(total));
    return Array.from({ length: total }, (_, i) => tokenAt(codec, text, i));
  }

  abstract close(): void;
}

/** Issues what another issues, through a sieve. */
export class SelectiveIssuer extends PickingIssuer {
  readonly #inner: IssuesIds;
  readonly #sieve: Sieve;

  constructor(inner: IssuesIds, engine: Engine, sieve: Sieve) {
    super(engine);
    this.#inner = inner;
    this.#sieve = sieve;
  }

  protected override pick(count: number): BigUint64Array {
    const ids = new BigUint64Array(count);
    for (let i = 0; i < count; ) {
      const id = this.#inner.nextU64();
      if (this.#sieve.accepts(id)) ids[i++] = id;
    }
    return ids;
  }

  override close(): void {
    this.#inner.close();
  }
}

/** Issues ids that are there already, all at once. */
export class PickedIssuer extends PickingIssuer {
  readonly #ids: BigUint64Array;

  constructor(engine: Engine, ids: BigUint64Array) {
    super(engine);
    this.#ids = ids;
  }

  protected override pick(): BigUint64Array {
    return this.#ids;
  }

  override close(): void {}
}
