import { type Codec, explain, INVALID_DIGIT } from "../codec/codec.js";
import type { Engine } from "./engine.js";

/** The u64 of one token, or undefined. */
export function tryReadToken(engine: Engine, codec: Codec, token: string): bigint | undefined {
  const { digits, headLength, length, maxHead, maxTail } = codec;
  if (token.length !== length) return undefined;
  const base = codec.alphabet.length;
  let seen = 0;
  let head = 0;
  let tail = 0;
  for (let i = 0; i < headLength; i++) {
    const digit = digits[token.charCodeAt(i)] ?? INVALID_DIGIT;
    seen |= digit;
    head = head * base + digit;
  }
  for (let i = headLength; i < length; i++) {
    const digit = digits[token.charCodeAt(i)] ?? INVALID_DIGIT;
    seen |= digit;
    tail = tail * base + digit;
  }
  if (seen >= 0x80 || head > maxHead || (head === maxHead && tail > maxTail)) return undefined;
  return engine.join(codec, head, tail);
}

/** The same, throwing a TypeError for what is no string and a SyntaxError for what is no token. */
export function readToken(engine: Engine, codec: Codec, token: string): bigint {
  const id = typeof token === "string" ? tryReadToken(engine, codec, token) : undefined;
  if (id === undefined) throw explain(codec, token, "token");
  return id;
}
