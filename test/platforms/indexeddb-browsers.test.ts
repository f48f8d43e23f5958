import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacking } from "../support/lacking.ts";
import { Id64, MemoryCounter } from "../support/library.ts";
import { audit, logOf, parseLog } from "../support/state-log.ts";
import { chromium, firefox, newProfile, webkit } from "./browsers.ts";
import { Tour } from "./pages.ts";

/** What an audit finds where nothing went wrong and nobody was killed. */
const NOTHING = { overlaps: [], repeats: 0, strays: [], lost: 0n, unexplained: 0n };

interface Told {
  readonly logs: readonly (readonly [string, string])[][];
  readonly mark: string;
}

const [here, missing] = [true, false].map((found) =>
  [chromium, firefox, webkit].filter((each) => each.found === found),
);

test.for(missing!)("$platform is installed", ({ platform, packages }, context) =>
  lacking(context, `${platform}: apt-get install --no-install-recommends ${packages}`));

describe.each(here!)("$platform", ({ platform, open }) => {
  let profile: string;
  let tour: Tour;
  beforeAll(async () => {
    profile = newProfile();
    tour = await Tour.start((url) => open(url, profile), { "/permid64.js": "node_modules/permid64/dist/permid64.js" });
  }, 60_000);
  afterAll(async () => {
    await tour?.end();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });

  const pathOf = (task: string, args: readonly unknown[]) =>
    `/pages/counter.html?${new URLSearchParams({ task, args: JSON.stringify(args) })}`;

  async function run<T>(task: string, ...args: readonly unknown[]): Promise<T> {
    const { failures, value } = (await tour.visit(pathOf(task, args))) as { failures: string[]; value: T };
    expect(failures).toEqual([]);
    return value;
  }

  const auditOf = ({ logs, mark }: Told) => audit(logs.map(logOf), BigInt(mark));

  test("all that a counter refuses", async () => {
    const { checks, failures } = await run<{ checks: number; failures: string[] }>("suite");
    expect(failures).toEqual([]);
    expect(checks).toBeGreaterThan(130);
  });

  test("F2: 20 counters in one page: no repeat, and no number lost", async () => {
    expect(auditOf(await run("many", "many"))).toEqual(NOTHING);
  });

  test("F41: three tabs and two workers at once: no repeat, and no number lost", async () => {
    const told = await run<Told>("tabs", "tabs", "indexeddb");
    expect(told.logs.map(({ length }) => length)).toEqual([50, 50, 50, 50, 50]);
    expect(auditOf(told)).toEqual(NOTHING);
  });

  test("the same with a counter of two transactions is caught", async () => {
    expect(auditOf(await run("tabs", "naive", "naive")).overlaps.length).toBeGreaterThan(10);
  });

  test("F41: killed with -9 while leasing, 3 times, it goes on behind the last block", {
    timeout: 180_000,
  }, async () => {
    await run("create", "killed");
    for (let round = 0; round < 3; round++) {
      tour.send(pathOf("untilKilled", ["killed", round]));
      const enough = () =>
        [...tour.logs].filter(([log, text]) => log.startsWith(`${round}.`) && text.length > 500).length;
      await expect.poll(enough, { timeout: 30_000, interval: 5 }).toBe(3);
      await tour.restart();
    }
    const logs = [...tour.logs.values()].map(parseLog);
    expect(logs).toHaveLength(9);
    const findings = audit(logs, BigInt(await run<string>("mark", "killed")));
    expect(findings).toEqual({ ...NOTHING, lost: findings.lost });
  });

  test("F41: a transaction that is undone after its put gives no block", async () => {
    expect(await run("undone", "undone")).toEqual({ codes: ["UNAVAILABLE", "UNAVAILABLE"], after: [["0", "10"]] });
  });

  test("F41: a database that is deleted, or becomes another, under a live counter", async () => {
    expect(await run("versionchange", "versions")).toEqual({
      unexpected: [],
      gone: "NOT_INITIALIZED",
      databases: 0,
      anew: "ROLLBACK",
      newer: "CORRUPT",
      other: "CORRUPT",
    });
  });

  test("F41: others who keep the database to themselves", async () => {
    expect(await run("blocked", "blocked")).toEqual({
      busy: ["TIMEOUT", "TIMEOUT"],
      first: [["0", "10"]],
      closed: "ERR_PERMID64_CLOSED",
      connecting: "TIMEOUT",
      after: "NOT_INITIALIZED",
    });
  });

  test("F41: site data that were cleared", async () => {
    const lineage = await run("create", "cleared");
    expect(await run("cleared", "cleared", lineage)).toEqual({
      codes: ["NOT_INITIALIZED", "NOT_INITIALIZED"],
      same: false,
      pinned: "ROLLBACK",
      replaced: "ROLLBACK",
    });
  });

  // Only there can a site give itself less room than it has.
  const testNoRoom = platform === chromium.platform ? test : undefined;
  testNoRoom?.("F41: no room left", async () => {
    expect(await run("quota", "quota")).toEqual({
      full: "QuotaExceededError",
      codes: ["UNAVAILABLE", "UNAVAILABLE"],
      mark: "10",
    });
  });

  test("the page of the docs, and its runbook", async () => {
    const { failures, value } = (await tour.visit("/pages/counter-snippet.html")) as {
      failures: string[];
      value: string[];
    };
    expect(failures).toEqual([]);
    const [record, ...tokens] = value;
    const reader = Id64.multiplicative({ instanceId: 0, counter: new MemoryCounter() });
    const issued = tokens.map((token) => reader.decodeBase62(token));
    // Begun anew before the last visit.
    expect(issued.map(({ instanceId }) => instanceId)).toEqual([42, 42, 42, 43, 44]);
    const [first, second, third, anew, another] = issued.map(({ sequence }) => sequence);
    expect([first, anew, another]).toEqual([0n, 0n, 0n]);
    expect(second).toBeGreaterThanOrEqual(64n);
    expect(third).toBeGreaterThanOrEqual(second! + 64n);
    expect(record).toMatch(/^fingerprint,lineage,marks; 42: [1-9]\d*$/);
  });

  test("tells how fast it is", async () => {
    const { inTurn, atOnce } = await run<{ inTurn: number; atOnce: number }>("speed", "speed");
    console.log(`${platform}: ${inTurn} reservations a second, one after the other; ${atOnce} asked for at once`);
    expect(inTurn).toBeGreaterThan(0);
  });
});
