import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { generateKey, type PublicId } from "permid64";
import { describe, expect, test } from "vitest";
import { CODECS, codeOf, prefix } from "../support/formats.js";
import { lacking } from "../support/lacking.js";
import { type PublicIdRing, publicIdOf, publicIdVectors } from "../support/public-id.js";
import { ENGINES } from "../support/vectors.js";

// A second implementation, written from SPEC.md in another language, must agree with this one on whatever is asked.

const SCRIPT = fileURLToPath(new URL("public_id.py", import.meta.url));
const CALLS = { encode: "encode", decode: "decode", to_uuid: "toUuid", from_uuid: "fromUuid" } as const;

interface Request {
  options: PublicIdRing;
  call: keyof typeof CALLS;
  input: string;
}
type Answer = { value: string } | { code: string };

type Refusals = [input: string, code: string, reason: string][];
const rejected: {
  publicIds: { options: PublicIdRing; decode: Refusals; fromUuid: Refusals; encode: Refusals }[];
} = JSON.parse(readFileSync(new URL("../vectors-reject.json", import.meta.url), "utf8"));

const hasPython = spawnSync("python3", ["--version"]).status === 0;

function askPython(requests: readonly Request[]): Answer[] {
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
  const { status, stdout, stderr } = spawnSync("python3", [SCRIPT], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    timeout: 50_000,
  });
  if (status !== 0) throw new Error(`public_id.py ended with ${status}: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

function ask(ids: PublicId, { call, input }: Request): Answer {
  let value = "";
  const code = codeOf(() => {
    value = String(ids[CALLS[call]](input));
  });
  return code === undefined ? { value } : { code };
}

/** Texts near one that decodes: some still do. */
function spoiled(text: string, place: number, character: string): string[] {
  const at = place % text.length;
  const other = text.slice(0, at) + character + text.slice(at + 1);
  const swapped = text.slice(0, at) + (text[at + 1] ?? "") + text[at] + text.slice(at + 2);
  return [other, swapped, text.slice(1), text.slice(0, -1), text + character, text.toUpperCase(), text.toLowerCase()];
}

const options = fc
  .record({
    epoch: fc.constantFrom(0 as const, 1 as const),
    rotating: fc.boolean(),
    type: fc.constantFrom("order", "user", "größe", "订单", "😀"),
    tenant: fc.constantFrom(undefined, "7", "acme", "ü"),
    bits: fc.constantFrom(1, 8, 32, 48, 60, 63),
    prefix,
    codec: fc.constantFrom(...CODECS),
    check: fc.boolean(),
  })
  .map(({ epoch, rotating, tenant, ...rest }): Request["options"] => ({
    ...rest,
    ...(tenant !== undefined && { tenant }),
    keys: rotating
      ? [
          [epoch, generateKey()],
          [(1 - epoch) as 0 | 1, generateKey()],
        ]
      : [[epoch, generateKey()]],
  }));

const character = fc.constantFrom(..."0189AFLMhizZ-_ éIOU8b");

/** Requests that an implementation may answer with every code, and with a value. */
function requestsOf(rings: readonly Request["options"][], noise: readonly [number, string, bigint][]): Request[] {
  return rings.flatMap((options) => {
    const reader = publicIdOf(options, "bigint");
    const [[epoch, key], other] = options.keys as [[0 | 1, string], [0 | 1, string]?];
    const foreign: Request["options"][] = [
      { ...options, type: `${options.type}2` },
      { ...options, tenant: `${options.tenant ?? ""}2` },
      { ...options, keys: [[epoch, generateKey()]] },
      { ...options, keys: [[(1 - epoch) as 0 | 1, other ? other[1] : key]] },
      { ...options, bits: 63 },
    ];
    const writers = [reader, ...foreign.map((it) => publicIdOf(it, "bigint"))];
    return noise.flatMap(([place, character, number]) => {
      const value = number % 2n ** BigInt(options.bits!);
      const tokens = writers.map((writer) => writer.encode(value));
      const uuids = writers.map((writer) => writer.toUuid(value));
      const far = publicIdOf({ ...options, bits: 63 }, "bigint").encode(number);
      const inputs: [Request["call"], string[]][] = [
        ["encode", [`${value}`, `${number}`]],
        ["to_uuid", [`${value}`, `${number}`]],
        ["decode", [...tokens, far, ...spoiled(tokens[0]!, place, character)]],
        ["from_uuid", [...uuids, ...spoiled(uuids[0]!, place, character)]],
      ];
      return inputs.flatMap(([call, texts]) => texts.map((input) => ({ options, call, input })));
    });
  });
}

describe("the implementation in Python", () => {
  test("agrees on thousands of tokens, UUIDs and refusals, on both engines", (context) => {
    if (!hasPython) lacking(context, "python3");
    const rings = fc.sample(options, 40);
    const noise = fc.sample(fc.tuple(fc.nat(60), character, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })), 8);
    const requests = requestsOf(rings, noise);
    expect(requests.length).toBeGreaterThan(5000);
    const answers = askPython(requests);
    for (const engine of ENGINES) {
      const made = new Map(rings.map((ring) => [ring, publicIdOf(ring, engine)]));
      for (const [i, request] of requests.entries()) {
        expect(ask(made.get(request.options)!, request), JSON.stringify(request)).toEqual(answers[i]);
      }
    }
    const seen = new Set(answers.map((answer) => ("code" in answer ? answer.code : "value")));
    expect([...seen].sort()).toEqual([
      "ERR_PERMID64_INVALID_TOKEN",
      "ERR_PERMID64_OUT_OF_RANGE",
      "ERR_PERMID64_TOKEN_CHECK",
      "ERR_PERMID64_TOKEN_EPOCH",
      "ERR_PERMID64_TOKEN_FOREIGN",
      "ERR_PERMID64_TOKEN_PREFIX",
      "value",
    ]);
  });

  test("agrees on the vectors that are accepted", (context) => {
    if (!hasPython) lacking(context, "python3");
    const rows = publicIdVectors.flatMap(({ key, epoch, rows, ...rest }) => {
      const options = { ...rest, keys: [[epoch, key]] } as PublicIdRing;
      return rows.flatMap(([value, token, uuid]): [Request, string][] => [
        [{ options, call: "encode", input: value }, token],
        [{ options, call: "decode", input: token }, value],
        [{ options, call: "to_uuid", input: value }, uuid],
        [{ options, call: "from_uuid", input: uuid }, value],
      ]);
    });
    expect(rows.length).toBeGreaterThan(100);
    expect(askPython(rows.map(([request]) => request))).toEqual(rows.map(([, value]) => ({ value })));
  });

  test("refuses the vectors that are refused, with the same codes", (context) => {
    if (!hasPython) lacking(context, "python3");
    const rows = rejected.publicIds.flatMap(({ options, decode, fromUuid, encode }) => {
      const calls: [Request["call"], Refusals][] = [
        ["decode", decode],
        ["from_uuid", fromUuid],
        ["encode", encode],
        ["to_uuid", encode],
      ];
      return calls.flatMap(([call, rows]) =>
        rows.map(([input, code]) => [{ options, call, input }, code] as [Request, string]),
      );
    });
    expect(rows.length).toBeGreaterThan(100);
    expect(askPython(rows.map(([request]) => request))).toEqual(rows.map(([, code]) => ({ code })));
  });
});
