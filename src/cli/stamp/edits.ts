import { LINE_FEED } from "../decimal.js";

/** The bytes that are put around a token, or, without a token, the bytes that are put in alone. */
export interface Insertion {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly token: boolean;
}

/** The changes to a block of records: insertions, and records that are left out. They are noted from front to back. */
export class Edits {
  readonly #at: number[] = [];
  /** An insertion at the position, or the end of what is left out from there. */
  readonly #what: (Insertion | number)[] = [];
  #tokens = 0;
  #growth = 0;

  /** The number of tokens that are to be inserted. */
  get tokens(): number {
    return this.#tokens;
  }

  /** The bytes that are to be inserted, without tokens. */
  get growth(): number {
    return this.#growth;
  }

  insert(at: number, insertion: Insertion): void {
    this.#at.push(at);
    this.#what.push(insertion);
    this.#growth += insertion.before.length + insertion.after.length;
    if (insertion.token) this.#tokens++;
  }

  leaveOut(from: number, to: number): void {
    this.#at.push(from);
    this.#what.push(to);
  }

  /**
   * Writes the block with all changes to `out`, and forgets them.
   *
   * @param tokens Lines, one token each.
   * @returns The position behind what was written, and the position of the next token.
   */
  apply(block: Buffer, out: Buffer, tokens: Uint8Array, firstToken: number): { end: number; token: number } {
    let from = 0;
    let end = 0;
    let token = firstToken;
    for (let i = 0; i < this.#at.length; i++) {
      const at = this.#at[i]!;
      const what = this.#what[i]!;
      end += block.copy(out, end, from, at);
      from = at;
      if (typeof what === "number") {
        from = what;
        continue;
      }
      const { before, after } = what;
      for (let j = 0; j < before.length; j++) out[end++] = before[j]!;
      if (what.token) {
        for (let byte = tokens[token++]!; byte !== LINE_FEED; byte = tokens[token++]!) out[end++] = byte;
      }
      for (let j = 0; j < after.length; j++) out[end++] = after[j]!;
    }
    end += block.copy(out, end, from);
    this.#at.length = 0;
    this.#what.length = 0;
    this.#tokens = 0;
    this.#growth = 0;
    return { end, token };
  }
}
