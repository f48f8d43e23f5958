import { describe, expect, onTestFinished, test } from "vitest";
import { testKills, testOutage } from "./async-faults.js";
import { found, startStore } from "./async-host.js";
import { KINDS } from "./async-stores.js";

// Generators and stores together: what takes minutes. The fast ones are in the test beside this.

test("F12, F32: the store is away for 30 seconds under load, all of them at the same time", {
  timeout: 120_000,
}, async (context) => {
  const outages = await Promise.allSettled(
    KINDS.map(async (kind) => {
      const store = found(await startStore(kind), context);
      onTestFinished(() => store.close());
      await testOutage(kind, store, 30_000);
    }),
  );
  expect(outages.filter(({ status }) => status === "rejected")).toEqual([]);
});

describe("F3", { timeout: 300_000 }, () => {
  test.for(KINDS)("100 processes with generators on %s killed at random moments", async (kind, context) => {
    const store = found(await startStore(kind), context);
    onTestFinished(() => store.close());
    await testKills(store, 100);
  });
});
