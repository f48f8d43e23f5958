import { readFileSync } from "node:fs";
import { Id64, type Id64Config, MemoryCounter, PublicId, type PublicIdOptions, TokenFormat } from "permid64";
import { describe, expect, test } from "vitest";
import { codeOf } from "../support/formats.js";
import { type PublicIdRing, publicIdOf } from "../support/public-id.js";
import { ENGINES } from "../support/vectors.js";

type Row<Input = string> = [input: Input, code: string, reason: string];

interface Vectors {
  publicIds: { options: PublicIdRing; decode: Row[]; fromUuid: Row[]; normalize: Row[]; encode: Row[] }[];
  formats: { options: object; decode: Row[] }[];
  options: Row<object>[];
  configs: Row<Id64Config | string>[];
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const vectors: Vectors = JSON.parse(read("../vectors-reject.json"));

/** Each row must be refused with its code. Many rows at once name the wrong ones. */
function refuses<Input>(rows: readonly Row<Input>[], call: (input: Input) => unknown) {
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.map(([input, , reason]) => [input, codeOf(() => call(input)), reason])).toEqual(rows);
}

describe.each(ENGINES)("%s engine", (engine) => {
  test.each(vectors.publicIds.map((vector, i) => [i, vector] as const))("public id %i refuses", (_, vector) => {
    const ids = publicIdOf(vector.options, engine);
    expect(ids.engine).toBe(engine);
    const good = ids.encode(1);
    expect(ids.decode(good)).toBe(1n);
    refuses(vector.decode, (token) => ids.decode(token));
    refuses(vector.decode, (token) => ids.decodeMany([good, token, good]));
    for (const [token] of vector.decode) expect(ids.tryDecode(token)).toBeUndefined();
    refuses(vector.fromUuid, (uuid) => ids.fromUuid(uuid));
    refuses(vector.normalize, (typed) => ids.normalize(typed));
    refuses(vector.encode, (value) => ids.encode(value));
    refuses(vector.encode, (value) => ids.encodeMany([1, value]));
    refuses(vector.encode, (value) => ids.toUuid(value));
  });

  test.each(vectors.formats.map((vector, i) => [i, vector] as const))("token format %i refuses", (_, vector) => {
    const format = new TokenFormat({ ...vector.options, engine });
    expect(format.decode(format.encode(1))).toBe(1n);
    refuses(vector.decode, (token) => format.decode(token));
    for (const [token] of vector.decode) expect(format.tryDecode(token)).toBeUndefined();
  });

  test("options of public ids are refused", () => {
    refuses(vectors.options, (options) => new PublicId({ ...options, engine } as PublicIdOptions));
  });

  test("configs are refused", () => {
    refuses(vectors.configs, (config) => Id64.fromConfig(config, { counter: new MemoryCounter(), engine }));
  });
});

test("every reason that SPEC.md names has a row with its code, and no other reason has one", () => {
  const section = read("../../SPEC.md").split("\n## Refusals\n")[1]!.split("\n## ")[0]!;
  const named = [...section.matchAll(/^\| (\w[\w ]*?) \| `(\w+)` \|/gm)].map(
    ([, reason, code]) => `${reason}: ${code}`,
  );
  const groups = [...vectors.publicIds, ...vectors.formats].map(({ options: _, ...rows }) =>
    Object.values(rows).flat(),
  );
  const rows: Row<unknown>[] = [...groups.flat(), ...vectors.options, ...vectors.configs];
  const shown = new Set(rows.map(([, code, reason]) => `${reason}: ${code.replace("ERR_PERMID64_", "")}`));
  expect(named.length).toBeGreaterThan(20);
  expect([...shown].sort()).toEqual([...named].sort());
});
