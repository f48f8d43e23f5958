import { describe, onTestFinished, test } from "vitest";
import { testKills, testOutages } from "./faults.ts";
import { found, startStore } from "./host.ts";
import { KINDS } from "./stores.ts";

// Generators and stores together: what takes minutes. The fast ones are in the test beside this.

test("F12, F32: the stores are away for 30 seconds under load", (context) => testOutages(30_000, context));

describe("F3", { timeout: 300_000 }, () => {
  test.for(KINDS)("40 processes with generators on %s killed at random moments", async (kind, context) => {
    const store = found(await startStore(kind), context);
    onTestFinished(() => store.close());
    await testKills(store, 40);
  });
});
