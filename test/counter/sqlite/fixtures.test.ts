import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { checkGoesOn, type Entry, fixture, generatorOf, markAfter, readJson } from "../../support/fixtures.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { Id64, SqliteCounter } from "../../support/library.ts";

// State files that permid64 0.1.0 left.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("state files", () => {
  interface Expected {
    format: { applicationId: number; userVersion: number; schema: string[] };
    files: { file: string; entries: Entry[] }[];
  }

  const { format, files } = readJson<Expected>("state/expected.json");

  /** A copy, since to open a state file is to write to it. */
  function copyOf(file: string): string {
    const path = join(temporaryFolder(), file);
    for (const suffix of ["", "-journal"]) {
      const from = fixture(`state/${file}${suffix}`);
      if (existsSync(from)) copyFileSync(from, path + suffix);
    }
    return path;
  }

  /** What SQLite itself reads, while nobody has the file open. */
  function readState(path: string) {
    using database = new DatabaseSync(path, { readOnly: true });
    const all = (sql: string) => {
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      return statement.all();
    };
    const pragma = (name: string) => Number(Object.values(all(`PRAGMA ${name}`)[0]!)[0]);
    return {
      format: {
        applicationId: pragma("application_id"),
        userVersion: pragma("user_version"),
        schema: all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").map(({ sql }) => sql),
      },
      rows: all(
        `SELECT name, instance_id, lineage, mark, ceiling, fingerprint
          FROM space JOIN counter ON space = name ORDER BY name, instance_id`,
      ).map((row) => Object.values(row)),
    };
  }

  const rowOf = ({ name, instanceId, lineage, ceiling, fingerprint }: Entry, mark: bigint) => [
    name,
    BigInt(instanceId),
    lineage,
    mark,
    BigInt(ceiling!),
    fingerprint,
  ];

  /** On the file that the config names, or in one that several share. */
  async function checkGoesOnIn(path: string, entry: Entry): Promise<void> {
    const { name, config } = entry;
    if (config.stateFile === undefined) {
      using counter = new SqliteCounter(path, { name, create: false });
      using ids = generatorOf(config, counter);
      await checkGoesOn(ids, entry);
    } else {
      using ids = Id64.fromConfig(JSON.stringify({ ...config, stateFile: path }));
      await checkGoesOn(ids, entry);
      expect(ids.toConfig()).toEqual({ ...config, stateFile: path });
    }
  }

  test.each(files)("$file: each instance goes on where it stopped, and nothing else changes", async ({
    file,
    entries,
  }) => {
    const path = copyOf(file);
    expect(SqliteCounter.inspect(path)).toEqual(
      entries.map(({ name, instanceId, mark, ceiling, fingerprint, lineage }) => ({
        name,
        instanceId,
        mark: BigInt(mark),
        ceiling: BigInt(ceiling!),
        fingerprint,
        lineage,
      })),
    );
    for (const entry of entries) await checkGoesOnIn(path, entry);
    expect(readState(path)).toEqual({ format, rows: entries.map((entry) => rowOf(entry, markAfter(entry))) });
  });

  test("made anew, one is written in the same way", async () => {
    const entry = files[0]!.entries.find(({ issued: [first] }) => first![0] === "0")!;
    const { instanceId, opened, name, config, issued } = entry;
    const path = join(temporaryFolder(), "new.state");
    using counter = new SqliteCounter(path, { name });
    using ids = generatorOf(config, counter);
    expect(ids.takeTokens(issued.length)).toEqual(issued.map(([, token]) => token));
    counter.close();
    const row = [
      name,
      BigInt(instanceId),
      expect.stringMatching(UUID),
      BigInt(config.blockSize),
      BigInt(opened.ceiling),
    ];
    expect(readState(path)).toEqual({ format, rows: [[...row, opened.fingerprint]] });
  });
});
