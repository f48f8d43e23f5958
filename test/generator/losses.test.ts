import { AsyncId64, type Block, MemoryCounter } from "permid64";
import { describe, expect, test } from "vitest";

/** Reserves at once, and answers when the test says so. */
function held() {
  const inner = new MemoryCounter();
  const answers: (() => void)[] = [];
  let given = 0;
  return {
    answers,
    given: () => given,
    reserve(count: number): Promise<Block> {
      const block = inner.reserve(count);
      given += count;
      return new Promise((resolve) => answers.push(() => resolve(block)));
    },
  };
}

const until = async (isDone: () => boolean) => {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe("numbers that were reserved and not issued", () => {
  const start = (timeout: number) => {
    const counter = held();
    return { counter, ids: AsyncId64.identity({ instanceId: 0, counter, minBlock: 10, maxBlock: 10, timeout }) };
  };
  const sum = ({ issued, discarded, missed, remaining }: ReturnType<AsyncId64["stats"]>) =>
    issued + discarded + missed + remaining.current + remaining.next;

  test("stats count an answer that comes after the timeout", async () => {
    const { counter, ids } = start(20);
    await expect(ids.nextU64()).rejects.toMatchObject({ code: "ERR_PERMID64_COUNTER_TIMEOUT" });
    await until(() => counter.answers.length > 0);
    await ids.close();
    for (const answer of counter.answers) answer();
    await until(() => ids.stats().missed === counter.given());
    expect(ids.stats()).toMatchObject({ issued: 0, discarded: 0 });
  });

  test("stats count a block on its way when discardLeases or close is called, and one at hand", async () => {
    const { counter, ids } = start(60_000);
    const call = ids.nextU64();
    await until(() => counter.answers.length === 1);
    ids.discardLeases();
    await until(() => counter.answers.length === 2);
    counter.answers[0]!();
    await until(() => ids.stats().missed === 10);
    counter.answers[1]!();
    expect(await call).toBe(10n);
    expect(ids.stats()).toMatchObject({ issued: 1, discarded: 0, missed: 10, remaining: { current: 9, next: 0 } });
    await until(() => counter.answers.length === 3);
    await ids.close();
    counter.answers[2]!();
    await until(() => ids.stats().missed === 20);
    expect(ids.stats()).toMatchObject({ issued: 1, discarded: 9, remaining: { current: 0, next: 0 } });
    expect(sum(ids.stats())).toBe(counter.given());
  });
});
