import { hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { type EngineChoice, PublicId, type PublicIdOptions } from "permid64";
import { hybrid, statesOf } from "./check-character.js";
import { ALPHABETS } from "./formats.js";
import { speckOfBytes } from "./speck.js";

// Public ids computed by themselves: HKDF is OpenSSL's, Speck is support/speck.ts, and the rest is written out once more.

export interface PublicIdParameters {
  /** 32 hexadecimal digits. */
  key: string;
  epoch: 0 | 1;
  type: string;
  tenant?: string;
  prefix?: string;
  codec?: "base62" | "crockford32";
  check?: boolean;
}

/** Each label's UTF-8 behind its length, of 4 bytes, the most significant first. */
export function infoOf(labels: readonly string[]): Buffer {
  return Buffer.concat(
    labels.flatMap((label) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(Buffer.byteLength(label));
      return [size, Buffer.from(label)];
    }),
  );
}

export function subKey({ key, type, tenant }: PublicIdParameters, purpose: string, length: number): Buffer {
  const labels = [`permid64 ${purpose}`, type, ...(tenant === undefined ? [] : [tenant])];
  return Buffer.from(hkdfSync("sha256", Buffer.from(key, "hex"), Buffer.alloc(0), infoOf(labels), length));
}

export const idOf = (parameters: PublicIdParameters, value: bigint) =>
  speckOfBytes(subKey(parameters, "token", 16)).forward(value);

export function tokenOf(parameters: PublicIdParameters, value: bigint): string {
  const { epoch, prefix, codec = "base62", check } = parameters;
  const alphabet = ALPHABETS[codec];
  const length = codec === "base62" ? 11 : 13;
  const base = BigInt(alphabet.length);
  const digits: number[] = [];
  for (let rest = idOf(parameters, value); digits.length < length; rest /= base) digits.unshift(Number(rest % base));
  digits[0]! += epoch * (codec === "base62" ? 22 : 16);
  const automaton = hybrid(alphabet.length);
  if (check) digits.push(automaton.check(statesOf(automaton, digits).at(-1)!));
  return (prefix ? `${prefix}_` : "") + digits.map((digit) => alphabet[digit]).join("");
}

/** As src/public-id/uuid.ts has it, field by field from the most significant bit on. */
export function uuidOf(parameters: PublicIdParameters, value: bigint): string {
  const id = idOf(parameters, value);
  const fields: [value: bigint, bits: number][] = [
    [id >> 16n, 48],
    [8n, 4],
    [BigInt(parameters.epoch), 1],
    [BigInt(subKey(parameters, "uuid tag", 2).readUInt16BE()) % 2n ** 11n, 11],
    [0b10n, 2],
    [id % 2n ** 16n, 16],
    [speckOfBytes(subKey(parameters, "uuid check", 16)).forward(id) >> 18n, 46],
  ];
  const bits = fields.map(([value, bits]) => value.toString(2).padStart(bits, "0")).join("");
  const hex = BigInt(`0b${bits}`).toString(16).padStart(32, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** What the first release made, for all time: u64 are decimal strings. */
export interface PublicIdVector extends PublicIdParameters {
  bits?: number;
  rows: [value: string, token: string, uuid: string][];
}

export const publicIdVectors: PublicIdVector[] = JSON.parse(
  readFileSync(new URL("../public-id/vectors.json", import.meta.url), "utf8"),
);

/** The options of a public id as JSON has them. The first of its keys makes ids. */
export interface PublicIdRing {
  keys: [epoch: 0 | 1, key: string][];
  type: string;
  tenant?: string;
  bits?: number;
  prefix?: string;
  codec?: "base62" | "crockford32";
  check?: boolean;
}

export function publicIdOf({ keys, ...options }: PublicIdRing, engine: EngineChoice): PublicId {
  const [current, previous] = keys.map(([epoch, key]) => ({ epoch, key }));
  return new PublicId({ ...options, keys: { current, ...(previous && { previous }) }, engine } as PublicIdOptions);
}
