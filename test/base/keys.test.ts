import { generateKey, PublicId, SpeckPermutation } from "permid64";
import { describe, expect, test } from "vitest";

// The shape of a text that is no key is told, and no part of it: an error goes to a log.

const HEX = "7a69584736251403f2e1d0c9b8a79685";
const BYTES = Uint8Array.from(Buffer.from(HEX, "hex"));
const BASE64URL = Buffer.from(BYTES).toString("base64url");
const EXPECTED = "expected a key of 16 bytes, 32 hexadecimal digits (permid64 keygen) or 22 base64url characters, got";

const UNSET = "is its environment variable set?";
const FOREIGN_SIZE = (bits: number) => `a key of ${bits} bits; permid64 takes 128`;

const texts: [name: string, key: unknown, shape: string][] = [
  ["empty", "", `an empty string; ${UNSET}`],
  ["64 digits", HEX + HEX, `64 hexadecimal digits: ${FOREIGN_SIZE(256)}`],
  ["31 digits", HEX.slice(1), `31 hexadecimal digits: ${FOREIGN_SIZE(124)}`],
  ["33 digits", `${HEX}0`, `33 hexadecimal digits: ${FOREIGN_SIZE(132)}`],
  ["a line feed at the end", `${HEX}\n`, "33 characters, the last of them a line break: trim it"],
  ["CR and LF at the end", `${HEX}\r\n`, "34 characters, the last of them a line break: trim it"],
  ["a space at the end", `${HEX} `, "33 characters, the last of them a space: trim it"],
  ["a tab at the end of another form", `${BASE64URL}\t`, "23 characters, the last of them a space: trim it"],
  ["a space before", ` ${HEX}`, "33 characters, the first of them a space: trim it"],
  ["only spaces", "   ", "3 characters, the last of them a space: trim it"],
  ["quotation marks", `"${HEX}"`, "34 characters in quotation marks: leave these out"],
  ["single quotation marks", `'${BASE64URL}'`, "24 characters in quotation marks: leave these out"],
  ["0x", `0x${HEX}`, '32 hexadecimal digits behind "0x": leave "0x" out'],
  ["0x and 30 digits", `0X${HEX.slice(2)}`, '30 hexadecimal digits behind "0x": leave "0x" out'],
  ["padded", `${BASE64URL}==`, '24 characters of base64: write "-" for "+", "_" for "/" and no "="'],
  ["base64", `${"+".repeat(20)}/A`, '22 characters of base64: write "-" for "+", "_" for "/" and no "="'],
  ["a g among digits", HEX.replace("7", "g"), "32 characters, not all of them hexadecimal digits"],
  ["22 characters of 132 bits", `${"_".repeat(21)}B`, "22 characters, which are not the base64url text of 16 bytes"],
  ["21 characters", `${BASE64URL.slice(2)}_`, "21 characters"],
  ["a sentence", "correct horse battery staple", "28 characters"],
  ["no bytes", new Uint8Array(), `0 bytes: ${FOREIGN_SIZE(0)}`],
  ["15 bytes", BYTES.subarray(1), `15 bytes: ${FOREIGN_SIZE(120)}`],
  ["32 bytes", Buffer.from(HEX + HEX, "hex"), `32 bytes: ${FOREIGN_SIZE(256)}`],
];

const others: [name: string, key: unknown, shape: string][] = [
  ["undefined", undefined, `undefined; ${UNSET}`],
  ["null", null, "null"],
  ["a number", 7_123_456, "a number"],
  ["a bigint", BigInt(`0x${HEX}`), "a bigint"],
  ["a boolean", true, "a boolean"],
  ["a symbol", Symbol(HEX), "a symbol"],
  ["a function", () => HEX, "a function"],
  ["an array", [...BYTES], "an object (Array)"],
  ["an object", { key: HEX }, "an object (Object)"],
  ["a String object", Object(HEX), "an object (String)"],
  ["an ArrayBuffer", BYTES.buffer, "an object (ArrayBuffer)"],
  ["a DataView", new DataView(BYTES.buffer), "an object (DataView)"],
  ["words", new Uint32Array(BYTES.buffer), "an object (Uint32Array)"],
];

const takers: [option: string, take: (key: never) => unknown][] = [
  ["key", (key) => new SpeckPermutation({ key })],
  ["key", (key) => new PublicId({ key, type: "order" })],
  ["keys.current.key", (key) => new PublicId({ keys: { current: { epoch: 0, key } }, type: "order" })],
  [
    "keys.previous.key",
    (key) =>
      new PublicId({ keys: { current: { epoch: 0, key: generateKey() }, previous: { epoch: 1, key } }, type: "order" }),
  ],
];

describe.each(takers)("%s, case %#", (option, take) => {
  test.each(texts)("%s: its shape is told", (_, key, shape) => {
    expect(() => take(key as never)).toThrow(
      expect.objectContaining({
        name: "RangeError",
        code: "ERR_PERMID64_OUT_OF_RANGE",
        message: `"${option}" ${EXPECTED} ${shape}`,
      }),
    );
  });

  test.each(others)("%s: its type is told", (_, key, shape) => {
    expect(() => take(key as never)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "ERR_PERMID64_INVALID_TYPE",
        message: `"${option}" ${EXPECTED} ${shape}`,
      }),
    );
  });

  test("no error shows four characters of the text in a row", () => {
    // Of letters that are in no error text, so that what is found can only be the key's.
    const secret = "QXZJ%QZXJ#XJQZ&JQXZ@ZQJX";
    for (const key of [
      secret,
      `${secret}\n`,
      `"${secret}"`,
      ` ${secret}`,
      `0x${secret}`,
      secret.slice(2),
      `${secret}==`,
    ]) {
      expect(() => take(key as never)).toThrow(RangeError);
      try {
        take(key as never);
      } catch (error) {
        expect((error as Error).message).not.toMatch(/[QXZJ%#&@]/);
      }
    }
  });
});
