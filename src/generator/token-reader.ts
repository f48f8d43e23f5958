import {
  checkBytes,
  checkU64,
  invalidToken,
  invalidType,
  isTypedArray,
  show,
  toU64,
  type U64Like,
} from "../base/check.js";
import type { Layout64 } from "../base/layout.js";
import { type Codec, explain, strideOf, tokenBytes } from "../codec/codec.js";
import type { DecodedId, DecodedIds, Engine, Kernel } from "../engine/engine.js";
import { readToken, tryReadToken } from "../engine/read-token.js";

/** Turns ids and tokens back into instance ids and sequence numbers. */
export class TokenReader {
  readonly #engine: Engine;
  readonly #kernel: Kernel;
  readonly #layout: Layout64;

  constructor(engine: Engine, kernel: Kernel, layout: Layout64) {
    this.#engine = engine;
    this.#kernel = kernel;
    this.#layout = layout;
  }

  id(id: bigint): DecodedId {
    return Object.freeze(this.#kernel.decode(id, this.#layout));
  }

  ids(ids: BigUint64Array | readonly U64Like[]): DecodedIds {
    if (!isTypedArray(ids, "BigUint64Array") && !Array.isArray(ids)) {
      throw invalidType("ids", "a BigUint64Array or an array of integers", show(ids));
    }
    const values = new BigUint64Array(ids.length);
    if (isTypedArray(ids, "BigUint64Array")) values.set(ids);
    else {
      ids.forEach((id, i) => {
        values[i] = toU64(id) ?? checkU64(`ids[${i}]`, id);
      });
    }
    const out = columns(values.length);
    this.#kernel.decodeIds(values, this.#layout, out);
    return out;
  }

  token(codec: Codec, token: string): DecodedId {
    return this.id(readToken(this.#engine, codec, token));
  }

  tryToken(codec: Codec, token: unknown): DecodedId | undefined {
    const id = typeof token === "string" ? tryReadToken(this.#engine, codec, token) : undefined;
    return id === undefined ? undefined : this.id(id);
  }

  strings(codec: Codec, tokens: readonly string[]): DecodedIds {
    if (!Array.isArray(tokens)) throw invalidType("tokens", "an array of tokens or a Uint8Array", show(tokens));
    const { window } = this.#engine;
    const bytes = new Uint8Array(Math.min(window, tokens.length) * codec.length);
    const out = columns(tokens.length);
    for (let from = 0; from < tokens.length; from += window) {
      const part = {
        instanceId: out.instanceId.subarray(from, from + window),
        sequence: out.sequence.subarray(from, from + window),
      };
      const count = part.sequence.length;
      tokenBytes(codec, tokens, from, count, bytes);
      const valid = this.#kernel.decodeTokens(codec, bytes, codec.length, this.#layout, part);
      if (valid < count) throw explain(codec, tokens[from + valid], `tokens[${from + valid}]`);
    }
    return out;
  }

  /** Tokens one after the other, each followed by `separator` if there is one. The last may lack it. */
  bytes(codec: Codec, tokens: Uint8Array, separator?: number): DecodedIds {
    const bytes = checkBytes("tokens", tokens);
    const { length } = codec;
    const stride = strideOf(codec, separator);
    const count = Math.floor((bytes.length + stride - length) / stride);
    const out = columns(count);
    const valid = this.#kernel.decodeTokens(codec, bytes, stride, this.#layout, out);
    if (valid < count || count * stride < bytes.length) {
      const token = bytes.subarray(valid * stride, valid * stride + length);
      throw explain(codec, String.fromCharCode(...token), `tokens[${valid}]`);
    }
    if (separator !== undefined) {
      for (let at = length; at < bytes.length; at += stride) {
        if (bytes[at] !== separator) {
          throw invalidToken(`tokens[${(at - length) / stride}]`, `byte ${separator} after it`, show(bytes[at]));
        }
      }
    }
    return out;
  }
}

const columns = (count: number): DecodedIds => ({
  instanceId: new Uint32Array(count),
  sequence: new BigUint64Array(count),
});
