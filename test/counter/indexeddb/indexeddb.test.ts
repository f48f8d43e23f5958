import { expect, test } from "vitest";
import { CounterConfigError, CounterUnavailableError, IndexedDbCounter } from "../../support/library.ts";

// Where there is no browser. With one: test/platforms/indexeddb-browsers.test.ts.

const CLAIM = { instanceId: 7, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };

test("where there is no IndexedDB, the constructor says so", async () => {
  const config = { code: "ERR_PERMID64_COUNTER_CONFIG", retryable: false };
  expect(() => new IndexedDbCounter("orders")).toThrow(expect.objectContaining(config));
  expect(() => new IndexedDbCounter("orders")).toThrow(/IndexedDB database orders needs a browser/);
  for (const work of [
    () => IndexedDbCounter.create("orders", { instanceId: 7 }),
    () => IndexedDbCounter.inspect("orders"),
    () => IndexedDbCounter.raise("orders", { instanceId: 7, floor: 1n }),
  ]) {
    await expect(work()).rejects.toMatchObject(config);
  }
});

test.each([
  ["", {}],
  [7, {}],
  ["orders", { timeout: 0 }],
  ["orders", { timeout: 600_001 }],
  ["orders", { timeout: "1" }],
  ["orders", { name: "" }],
  ["orders", { name: "x".repeat(65) }],
  ["orders", { lineage: 7 }],
  ["orders", { lineage: "" }],
  ["orders", { lineage: undefined }],
  ["orders", { skipAhead: 0n }],
  ["orders", { skipAhead: 2n ** 63n }],
  ["orders", { skipAhead: "x" }],
  ["orders", null],
])("refuses %j, %o", async (database, options) => {
  expect(() => new IndexedDbCounter(database as string, options as object)).toThrow(/^"\w+" expected /);
});

test("storage that was refused, and no longer is, is asked for again", async () => {
  let asked = 0;
  const factory = {
    open(): object {
      asked++;
      throw new DOMException("access is denied for this document", "SecurityError");
    },
  };
  using counter = new IndexedDbCounter("orders", { factory });
  await expect(counter.open(CLAIM)).rejects.toThrow(CounterUnavailableError);
  await expect(counter.open(CLAIM)).rejects.toThrow("access is denied");
  expect(asked).toBe(2);
});

test("a browser that knows no strict durability is refused", async () => {
  const factory = {
    open() {
      const request = { result: { transaction: () => ({ durability: undefined }), close() {} }, onsuccess() {} };
      queueMicrotask(() => request.onsuccess());
      return request;
    },
  };
  using counter = new IndexedDbCounter("orders", { factory });
  await expect(counter.reserve(10, CLAIM)).rejects.toThrow(CounterConfigError);
});
