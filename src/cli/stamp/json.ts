// Finds the end of JSON values in bytes, by the grammar of RFC 8259. Parsing would cost several times as much, and lose the
// digits of large numbers. A line feed is no white space here: it ends each record, and stops every scan.

/** The position where a scan ends that meets no value. */
export const INVALID = -1;

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const UPPER_E = 69;
const LOWER_E = 101;
const LOWER_U = 117;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Deeper nesting is refused, before it exhausts the stack. */
export const MAX_DEPTH = 1000;

/** Bytes that are not simply part of a string: its end, a backslash, control characters. */
const STOPS_STRING = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte === QUOTE || byte === BACKSLASH || byte < SPACE),
);
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'));
/** By their first byte. */
const WORDS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** Is told each member of an object. */
export interface Members {
  add(keyFrom: number, keyTo: number, valueFrom: number, valueTo: number): void;
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN) at++;
  return at;
}

/** Returns the position behind an object. */
export function skipObject(bytes: Uint8Array, from: number, depth = MAX_DEPTH, members?: Members): number {
  if (bytes[from] !== OPEN_BRACE || depth === 0) return INVALID;
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    const keyFrom = at;
    const keyTo = skipString(bytes, keyFrom);
    if (keyTo === INVALID) return INVALID;
    at = skipSpace(bytes, keyTo);
    if (bytes[at] !== COLON) return INVALID;
    const valueFrom = skipSpace(bytes, at + 1);
    const valueTo = skipValue(bytes, valueFrom, depth - 1);
    if (valueTo === INVALID) return INVALID;
    members?.add(keyFrom, keyTo, valueFrom, valueTo);
    at = skipSpace(bytes, valueTo);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    if (bytes[at] !== COMMA) return INVALID;
    at = skipSpace(bytes, at + 1);
  }
}

function skipArray(bytes: Uint8Array, from: number, depth: number): number {
  if (depth === 0) return INVALID;
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = skipValue(bytes, at, depth - 1);
    if (at === INVALID) return INVALID;
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    if (bytes[at] !== COMMA) return INVALID;
    at = skipSpace(bytes, at + 1);
  }
}

function skipValue(bytes: Uint8Array, from: number, depth: number): number {
  const byte = bytes[from]!;
  if (byte === QUOTE) return skipString(bytes, from);
  if (byte === MINUS || isDigit(byte)) return skipNumber(bytes, from);
  if (byte === OPEN_BRACE) return skipObject(bytes, from, depth);
  if (byte === OPEN_BRACKET) return skipArray(bytes, from, depth);
  const word = WORDS.get(byte);
  if (word === undefined) return INVALID;
  for (let i = 1; i < word.length; i++) if (bytes[from + i] !== word[i]) return INVALID;
  return from + word.length;
}

function skipString(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return INVALID;
  for (let at = from + 1; ; at++) {
    const byte = bytes[at]!;
    if (STOPS_STRING[byte] === 0) continue;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return INVALID;
    at++;
    if (!ESCAPES.has(bytes[at]!)) return INVALID;
    if (bytes[at] !== LOWER_U) continue;
    if (!/^[0-9a-f]{4}$/i.test(String.fromCharCode(...bytes.subarray(at + 1, at + 5)))) return INVALID;
    at += 4;
  }
}

function skipNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at);
  if (at !== INVALID && bytes[at] === POINT) at = skipDigits(bytes, at + 1);
  if (at !== INVALID && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) {
    const signed = bytes[at + 1] === PLUS || bytes[at + 1] === MINUS;
    at = skipDigits(bytes, at + (signed ? 2 : 1));
  }
  return at;
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at]!)) at++;
  return at > from ? at : INVALID;
}

const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;

/** Whether a string, quotes included, spells `name`. `json` is the name as JSON.stringify writes it. */
export function spells(bytes: Buffer, from: number, to: number, name: string, json: Uint8Array): boolean {
  const { length } = json;
  let same = 0;
  if (to - from === length) while (same < length && bytes[from + same] === json[same]) same++;
  if (same === length) return true;
  // With escapes, another text may spell the same name.
  for (let at = from; at < to; at++) {
    if (bytes[at] === BACKSLASH) return JSON.parse(bytes.toString("utf8", from, to)) === name;
  }
  return false;
}
