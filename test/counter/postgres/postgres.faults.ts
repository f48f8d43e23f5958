import { describe, test } from "vitest";
import { testSeed } from "../../support/random.ts";
import { PG, POSTGRES } from "./clients.ts";
import { testReplies } from "./connections.ts";
import { testProcesses } from "./processes.ts";
import { playSchedule } from "./schedule.ts";
import { testStops } from "./servers.ts";

// What takes minutes. The fast ones are in the tests beside this.

describe("many processes", { timeout: 600_000 }, () => testProcesses({ blocks: 2000, kills: 200 }));

for (const kind of [PG, POSTGRES]) testReplies(kind, 3);

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
