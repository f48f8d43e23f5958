import { invalidType, show } from "../base/check.js";
import { base62 } from "../codec/base62.js";
import type { DecodedId, DecodedIds } from "../engine/engine.js";
import type { IssuesIds } from "../generator/issuer.js";
import type { TokenReader } from "../generator/token-reader.js";
import type { TokenText } from "./text.js";

// How both kinds of generator issue and decode tokens in a format.

export function nextToken(issuer: IssuesIds, text: TokenText): string {
  return text.wrap(text.codec === base62 ? issuer.nextBase62() : issuer.nextBase32());
}

export function takeTokens(issuer: IssuesIds, text: TokenText, total: number): string[] {
  const tokens = issuer.takeTokens(text.codec, total);
  if (!text.isPlain) for (let i = 0; i < total; i++) tokens[i] = text.wrap(tokens[i]!);
  return tokens;
}

export const decodeToken = (reader: TokenReader, text: TokenText, token: string): DecodedId =>
  reader.token(text.codec, text.unwrap(token));

export function decodeManyTokens(reader: TokenReader, text: TokenText, tokens: readonly string[]): DecodedIds {
  if (!Array.isArray(tokens)) throw invalidType("tokens", "an array of tokens", show(tokens));
  return reader.strings(text.codec, text.isPlain ? tokens : tokens.map((token, i) => text.unwrap(token, i)));
}
