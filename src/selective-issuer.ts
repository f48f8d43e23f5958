import { checkBoolean } from "./check.js";
import { base62 } from "./codec/base62.js";
import { type Codec, tokenAt } from "./codec/codec.js";
import { crockford32 } from "./codec/crockford32.js";
import type { Engine } from "./engine/engine.js";
import { TokensRefusedError } from "./errors.js";
import type { IssuesIds } from "./issuer.js";
import type { TokenText } from "./token/text.js";

/** A predicate that refuses so many in a row is taken for one that refuses all: it would use up the counter. */
const MAX_REFUSED = 1000;

/** Issues the ids whose tokens a predicate accepts, and leaves out the others: their numbers are gaps. */
export class SelectiveIssuer implements IssuesIds {
  readonly #inner: IssuesIds;
  readonly #engine: Engine;
  readonly #text: TokenText;
  readonly #accept: (token: string) => boolean;

  constructor(inner: IssuesIds, engine: Engine, text: TokenText, accept: (token: string) => boolean) {
    this.#inner = inner;
    this.#engine = engine;
    this.#text = text;
    this.#accept = accept;
  }

  nextU64(): bigint {
    for (let refused = 0; refused < MAX_REFUSED; refused++) {
      const id = this.#inner.nextU64();
      if (checkBoolean("accept(token)", this.#accept(this.#text.write(id)))) return id;
    }
    throw new TokensRefusedError(`"accept" refused ${MAX_REFUSED} tokens in a row`);
  }

  nextBase62(): string {
    return this.#engine.encode(base62, this.nextU64());
  }

  nextBase32(): string {
    return this.#engine.encode(crockford32, this.nextU64());
  }

  fillU64(out: BigUint64Array): void {
    out.set(this.#take(out.length));
  }

  fillText(codec: Codec, out: Uint8Array, total: number, separator?: number): void {
    this.#engine.encodeMany(codec, this.#take(total), out, separator);
  }

  takeTokens(codec: Codec, total: number): string[] {
    const text = this.#engine.text(codec, this.#take(total));
    return Array.from({ length: total }, (_, i) => tokenAt(codec, text, i));
  }

  close(): void {
    this.#inner.close();
  }

  /** Apart from the caller's array, which stays as it is if this throws. */
  #take(count: number): BigUint64Array {
    const ids = new BigUint64Array(count);
    for (let i = 0; i < count; i++) ids[i] = this.nextU64();
    return ids;
  }
}
