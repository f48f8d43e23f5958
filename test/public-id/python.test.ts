import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { generateKey, PublicId, type PublicIdOptions } from "permid64";
import { describe, expect, test } from "vitest";
import { CODECS, codeOf, prefix } from "../support/formats.js";
import { lacking } from "../support/lacking.js";
import { ENGINES } from "../support/vectors.js";

// A second implementation, written from SPEC.md in another language, must agree with this one on whatever is asked.

const SCRIPT = fileURLToPath(new URL("public_id.py", import.meta.url));
const CALLS = { encode: "encode", decode: "decode", to_uuid: "toUuid", from_uuid: "fromUuid" } as const;

interface Request {
  options: {
    keys: [epoch: 0 | 1, key: string][];
    type: string;
    tenant?: string;
    bits: number;
    prefix: string;
    codec: "base62" | "crockford32";
    check: boolean;
  };
  call: keyof typeof CALLS;
  input: string;
}
type Answer = { value: string } | { code: string };

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

function make({ keys, prefix, ...options }: Request["options"], engine: (typeof ENGINES)[number]): PublicId {
  const [current, previous] = keys.map(([epoch, key]) => ({ epoch, key }));
  const ring = { current, ...(previous && { previous }) };
  return new PublicId({ ...options, ...(prefix && { prefix }), keys: ring, engine } as PublicIdOptions);
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
    const reader = make(options, "bigint");
    const [[epoch, key], other] = options.keys as [[0 | 1, string], [0 | 1, string]?];
    const foreign: Request["options"][] = [
      { ...options, type: `${options.type}2` },
      { ...options, tenant: `${options.tenant ?? ""}2` },
      { ...options, keys: [[epoch, generateKey()]] },
      { ...options, keys: [[(1 - epoch) as 0 | 1, other ? other[1] : key]] },
      { ...options, bits: 63 },
    ];
    const writers = [reader, ...foreign.map((it) => make(it, "bigint"))];
    return noise.flatMap(([place, character, number]) => {
      const value = number % 2n ** BigInt(options.bits);
      const tokens = writers.map((writer) => writer.encode(value));
      const uuids = writers.map((writer) => writer.toUuid(value));
      const far = make({ ...options, bits: 63 }, "bigint").encode(number);
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
      const made = new Map(rings.map((ring) => [ring, make(ring, engine)]));
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
});
