import { describe, test } from "vitest";
import { testSeed } from "../support/random.js";
import { PG, POSTGRES } from "./postgres-clients.js";
import { testProcesses } from "./postgres-processes.js";
import { playSchedule } from "./postgres-schedule.js";
import { testStops } from "./postgres-servers.js";

// What takes minutes. The fast ones are in the tests beside this.

describe("many processes", { timeout: 600_000 }, () => testProcesses({ blocks: 2000, kills: 200 }));

describe("F12", () => {
  for (const kind of [PG, POSTGRES]) testStops(kind, ["smart", "fast", "immediate", "kill"]);
});

describe("F44", { timeout: 600_000 }, () => {
  const { seed, note } = testSeed();
  test.each([0, 1, 2])("a schedule of faults, %i", async (n) => {
    console.log(`schedule ${n}: ${note}`);
    const played = await playSchedule(seed + n, 15);
    console.log(played.join("; "));
  });
});
