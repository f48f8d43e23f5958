import { describe, expect, test } from "vitest";
import { counterAt, generatorOf, readJson } from "../support/fixtures.ts";
import {
  base62ToU64,
  crockford32ToU64,
  type Id64Config,
  PublicId,
  type PublicIdOptions,
  TokenFormat,
  type TokenOptions,
  u64ToBase62,
  u64ToCrockford32,
} from "../support/library.ts";
import { ENGINES } from "../support/vectors.ts";

// Tokens and configs of permid64 0.1.0.

describe("tokens", () => {
  type PublicIdRow = [value: string, token: string, uuid: string];

  interface Tokens {
    codecs: [value: string, base62: string, crockford32: string][];
    formats: { options: TokenOptions; rows: [value: string, token: string][] }[];
    generators: {
      config: Id64Config;
      rows: [sequence: string, raw: string, id: string, base62: string, base32: string, token: string][];
    }[];
    handwritten: { given: Id64Config; read: Id64Config }[];
    publicIds: { options: PublicIdOptions; rows: PublicIdRow[]; previousRows: PublicIdRow[] }[];
  }

  const { codecs, formats, generators, handwritten, publicIds } = readJson<Tokens>("tokens.json");

  const numbered = <T>(all: T[]) => all.map((one, i) => [i, one] as const);

  test.each(codecs)("%s in both codecs", (value, base62, crockford32) => {
    expect([u64ToBase62(value), u64ToCrockford32(value)]).toEqual([base62, crockford32]);
    expect([base62ToU64(base62), crockford32ToU64(crockford32)]).toEqual([BigInt(value), BigInt(value)]);
  });

  test.each(handwritten)("a config as people write it: $given.permutation", ({ given, read }) => {
    for (const config of [given, read]) expect(generatorOf(config, counterAt(0n)).toConfig()).toEqual(read);
  });

  describe.each(ENGINES)("%s engine", (engine) => {
    test.each(numbered(generators))("generator %i: its config, and what it issues", (_, { config, rows }) => {
      for (const [sequence, raw, id, base62, base32, token] of rows) {
        const at = () => generatorOf(config, counterAt(BigInt(sequence)), engine);
        const ids = at();
        expect(ids.engine).toBe(engine);
        expect(ids.toConfig()).toEqual(config);
        expect([ids.nextU64(), at().nextBase62(), at().nextBase32(), at().nextToken()]).toEqual([
          BigInt(id),
          base62,
          base32,
          token,
        ]);
        const decoded = { raw: BigInt(raw), instanceId: config.instanceId, sequence: BigInt(sequence) };
        expect(ids.decode(id)).toEqual(decoded);
        expect(ids.decodeBase62(base62)).toEqual(decoded);
        expect(ids.decodeBase32(base32)).toEqual(decoded);
        expect(ids.decodeToken(token)).toEqual(decoded);
      }
    });

    test.each(numbered(formats))("format %i", (_, { options, rows }) => {
      const format = new TokenFormat({ ...options, engine });
      for (const [value, token] of rows) {
        expect(format.encode(value)).toBe(token);
        expect(format.decode(token)).toBe(BigInt(value));
      }
    });

    test.each(numbered(publicIds))("public ids %i", (_, { options, rows, previousRows }) => {
      const ids = new PublicId({ ...options, engine });
      for (const [value, token, uuid] of rows) {
        expect([ids.encode(value), ids.toUuid(value)]).toEqual([token, uuid]);
      }
      for (const [value, token, uuid] of [...rows, ...previousRows]) {
        expect([ids.decode(token), ids.fromUuid(uuid)]).toEqual([BigInt(value), BigInt(value)]);
      }
    });
  });
});
