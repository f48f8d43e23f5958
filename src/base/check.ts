import { type ErrorCode, InvalidTokenError, type TokenErrorCode } from "./errors.js";

// The one gate in front of both engines. Every argument of the public API passes here, so that the engines
// get validated input only and cannot differ in what they accept. Texts read `"name" expected X, got Y`.

export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Items per call, and numbers per block, at most: what a JavaScript array can hold. */
export const MAX_COUNT = 2 ** 32 - 1;

/** The form of a value in an error text: short, and on one line. For values that are no secret. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value));
    case "bigint":
      return shorten(`${value}n`);
    case "object":
      return value === null ? "null" : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
    case "function":
      return "a function";
    default:
      return String(value);
  }
}

const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function withCode<E extends Error>(error: E, code: ErrorCode): E & { code: ErrorCode } {
  return Object.assign(error, { code });
}

export function invalidType(name: string, expected: string, got: string): TypeError {
  return withCode(new TypeError(`"${name}" expected ${expected}, got ${got}`), "ERR_PERMID64_INVALID_TYPE");
}

export function outOfRange(name: string, expected: string, got: string): RangeError {
  return withCode(new RangeError(`"${name}" expected ${expected}, got ${got}`), "ERR_PERMID64_OUT_OF_RANGE");
}

export const tokenError = (code: TokenErrorCode, name: string, expected: string, got: string) =>
  new InvalidTokenError(code, `"${name}" expected ${expected}, got ${got}`);

export const invalidToken = (name: string, expected: string, got: string) =>
  tokenError("ERR_PERMID64_INVALID_TOKEN", name, expected, got);

export function invalidConfig(expected: string, got: string): SyntaxError {
  return withCode(new SyntaxError(`"config" expected ${expected}, got ${got}`), "ERR_PERMID64_INVALID_CONFIG");
}

export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  const expected = `an integer from ${min} to ${max}`;
  if (typeof value !== "number") throw invalidType(name, expected, show(value));
  if (!Number.isInteger(value) || value < min || value > max) throw outOfRange(name, expected, show(value));
  return value;
}

/** A u64 as JavaScript carries it: a bigint, a safe integer, or a decimal string such as JSON and database drivers give. */
export type U64Like = bigint | number | string;

/** The bigint of a whole number; undefined for what is none, and for a number that is none exactly. */
export function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^(0|-?[1-9][0-9]{0,19})$/.test(value) ? BigInt(value) : undefined;
}

/** As a bigint from `min` to `max`; `range` is how the error puts that. */
export function checkWhole(
  name: string,
  value: unknown,
  min: bigint,
  max: bigint,
  range?: string,
  got: (value: unknown) => string = show,
): bigint {
  const integer = toBigInt(value);
  if (integer !== undefined && integer >= min && integer <= max) return integer;
  const expected = `a bigint, a safe integer or a decimal string, from ${range ?? `${min} to ${max}`}`;
  throw (integer === undefined && typeof value !== "number" ? invalidType : outOfRange)(name, expected, got(value));
}

/** The u64 that a value stands for, or undefined. */
export function toU64(value: unknown): bigint | undefined {
  const integer = toBigInt(value);
  return integer !== undefined && integer >= 0n && integer <= U64_MAX ? integer : undefined;
}

export const checkU64 = (name: string, value: unknown) => checkWhole(name, value, 0n, U64_MAX, "0 to 2^64 - 1");

/** As checkU64, for what must not be seen: its error says no more than the type of what it got. */
export const checkSecretU64 = (name: string, value: unknown) =>
  checkWhole(name, value, 0n, U64_MAX, "0 to 2^64 - 1", (value) => `another ${typeof value}`);

export function checkString(name: string, value: unknown): string {
  if (typeof value !== "string") throw invalidType(name, "a string", show(value));
  return value;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw invalidType(name, "a boolean", show(value));
  return value;
}

/** The form of a value that may be a key, or contain one: its type. */
export const typeOf = (value: unknown) => (value === null ? "null" : typeof value);

/** Tells typed arrays by their tag, so that those of another realm count too. */
export function isTypedArray(value: unknown, tag: "BigUint64Array"): value is BigUint64Array;
export function isTypedArray(value: unknown, tag: "Uint8Array"): value is Uint8Array;
export function isTypedArray(value: unknown, tag: string): boolean {
  return (
    ArrayBuffer.isView(value) && (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === tag
  );
}

/**
 * The same elements, seen through a plain BigUint64Array. The engines call methods of it and pass it their own memory,
 * which the methods of a subclass would see.
 */
export function checkU64Array(name: string, value: unknown): BigUint64Array {
  if (!isTypedArray(value, "BigUint64Array")) throw invalidType(name, "a BigUint64Array", show(value));
  return isPlain(value, BigUint64Array) ? value : new BigUint64Array(value.buffer, value.byteOffset, value.length);
}

/** The same for bytes. */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (!isTypedArray(value, "Uint8Array")) throw invalidType(name, "a Uint8Array", show(value));
  return isPlain(value, Uint8Array) ? value : new Uint8Array(value.buffer, value.byteOffset, value.length);
}

/** `subarray` and `slice` ask the array for its constructor. */
const isPlain = (value: object, type: { prototype: object }) =>
  Object.getPrototypeOf(value) === type.prototype && !Object.hasOwn(value, "constructor");
