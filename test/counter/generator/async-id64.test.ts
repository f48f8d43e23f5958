import { execFile } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AsyncId64,
  type Block,
  type CounterRollbackError,
  RedisCounter,
  SqliteCounter,
} from "../../support/library.ts";
import { audit, readLog } from "../../support/state-log.ts";
import { create, ending, NOTHING, startServer } from "../postgres/host.ts";
import { needsRedis } from "../redis/host.ts";
import { servePair } from "../redis/pair.ts";
import { CLOSED, codeOf, EXHAUSTED, logFolder, pause, ROLLBACK } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { testKills, testOutages } from "./faults.ts";
import { connected, found, generate, instanceId, type Store, startGenerators, startStore, through } from "./host.ts";
import { KINDS, LoggedGenerator, type Place } from "./stores.ts";

// Generators and stores together: each counter on each client. What takes minutes is in the faults beside this.

const newLog = () => join(logFolder(), "log");

/** Until there is a whole block behind the one that is being issued. */
async function untilAhead({ ids }: LoggedGenerator): Promise<void> {
  while (ids.stats().remaining.next === 0) await pause(5);
}

describe.each(KINDS)("%s", (kind) => {
  let started: Store | undefined;
  beforeAll(async () => {
    started = await startStore(kind);
  });
  afterAll(() => started?.close());

  test("F1, F2: processes with several generators each: disjoint, and no number lost", async (context) => {
    const store = found(started, context);
    const place = await store.space();
    const folder = logFolder();
    const sizes = [1, 64, 500];
    const jobs = sizes.map((minBlock) => ({
      place,
      logs: [join(folder, `${minBlock}a`), join(folder, `${minBlock}b`)],
      numbers: 2000,
      options: { timeout: 60_000 },
      generator: { minBlock, timeout: 60_000 },
    }));
    const workers = await Promise.all(jobs.map(startGenerators));
    const answers = await Promise.all(jobs.map((job, i) => workers[i]!.run(job)));
    expect(answers).toEqual(jobs.map(() => ({ codes: [] })));
    const logs = jobs.flatMap((job) => job.logs.map(readLog));
    expect(logs.map(({ issued }) => issued.length)).toEqual(logs.map(() => 2000));
    // What was reserved ahead when a process ended may not be written down.
    const { lost: _, ...findings } = audit(logs, await store.mark(place));
    const { lost: __, ...nothing } = NOTHING;
    expect(findings).toEqual(nothing);
  });

  test("F31: 10,000 calls at once: all served, in order, by one reservation", async (context) => {
    const place = await found(started, context).space();
    const { ids } = await generate(place, newLog());
    const raws = await Promise.all(Array.from({ length: 10_000 }, () => ids.nextU64()));
    expect(raws.map((raw) => ids.decode(raw).sequence)).toEqual(Array.from({ length: 10_000 }, (_, i) => BigInt(i)));
    const { leases, waits } = ids.stats();
    expect(waits).toMatchObject({ now: 0, total: 10_000 });
    expect(leases.failed).toEqual({});
    expect(leases.ok, "another one ahead").toBeLessThanOrEqual(2);
  });

  test("F3: processes with generators killed at random moments", async (context) => {
    await testKills(found(started, context), 6);
  });

  // There is nothing between a state file and its user.
  if (kind !== "sqlite") {
    test("F5: an answer that is lost after the commit is a gap, and no overlap", async (context) => {
      const store = found(started, context);
      const proxy = await startProxy(store.port!);
      const place = await store.space();
      const log = newLog();
      const generator = await generate(through(place, proxy), log, { minBlock: 10, maxBlock: 10 }, { timeout: 1000 });
      await generator.take(5);
      await untilAhead(generator);
      let replies = 0;
      const before = await store.mark(place);
      proxy.loseReplies(() => replies++ === 0);
      const numbers = await generator.take(30);
      expect(replies, "one was lost, and others came").toBeGreaterThan(1);
      expect(new Set(numbers).size).toBe(30);
      const { overlaps, repeats } = audit([readLog(log)], await store.mark(place));
      expect({ overlaps, repeats }).toEqual({ overlaps: [], repeats: 0 });
      // What was reserved by then, and not told.
      const blocks = readLog(log).blocks.filter(({ start }) => start >= before);
      expect(blocks[0]!.start).toBeGreaterThan(before);
    });
  }

  test("F34: the last number is exact, then all is exhausted for ever", async (context) => {
    const store = found(started, context);
    const last = 2n ** 48n - 1n;
    const place = await store.space(last - 14n);
    const generator = await generate(place, newLog(), { minBlock: 10, maxBlock: 10 });
    const numbers = [...(await generator.take(7)), ...(await generator.take(7)), await generator.next()];
    expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => last - 14n + BigInt(i)));
    for (let i = 0; i < 3; i++) expect(await codeOf(generator.next())).toBe(EXHAUSTED);
    const another = await generate(place, newLog());
    for (let i = 0; i < 2; i++) expect(await codeOf(another.next())).toBe(EXHAUSTED);
    expect(generator.ids.stats()).toMatchObject({ issued: 15, headroom: 0n });
    expect(await store.mark(place)).toBe(last + 1n);
  });

  test("two copies that hold the same blocks repeat numbers, and are disjoint once both discard them", async (context) => {
    const place = await found(started, context).space();
    for (const discards of [false, true]) {
      const { counter } = await connected(place);
      const blocks: Block[] = [];
      const original = new LoggedGenerator(counter, newLog(), {
        minBlock: 50,
        maxBlock: 50,
        onLease: (block) => blocks.push(block),
      });
      await original.next();
      await untilAhead(original);
      // No process with open connections can be copied here: this one begins with what the other has at hand.
      const held = blocks.splice(0);
      const copy = new LoggedGenerator(
        { reserve: async (count, claim) => held.shift() ?? counter.reserve(count, claim) },
        newLog(),
        { minBlock: 50, maxBlock: 50 },
      );
      await copy.next();
      await untilAhead(copy);
      expect(held).toEqual([]);
      if (discards) for (const { ids } of [original, copy]) ids.discardLeases();
      const numbers = [...(await original.take(200)), ...(await copy.take(200))];
      expect(new Set(numbers).size === 400).toBe(discards);
    }
  });

  test("tokens: with a prefix and a check character, and those that a predicate accepts", async (context) => {
    const place = await found(started, context).space();
    const { counter } = await connected(place);
    const options = { instanceId, counter, key: 7n, prefix: "ord", check: true, minBlock: 20, maxBlock: 20 } as const;
    const ids = AsyncId64.feistel({ ...options, accept: (token) => !/[aA]/.test(token) });
    const tokens = [await ids.nextToken(), ...(await ids.takeTokens(100))];
    for await (const batch of ids.batchesTokens(50)) {
      tokens.push(...batch);
      break;
    }
    expect(new Set(tokens).size).toBe(151);
    for (const token of tokens) expect(token).toMatch(/^ord_[0-9B-Zb-z]{12}$/);
    const sequences = tokens.map((token) => ids.decodeToken(token).sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(sequences.at(-1), "those that were refused are gaps").toBeGreaterThan(150n);
    const [token] = tokens;
    const wrong = token!.slice(0, -1) + (token!.endsWith("0") ? "1" : "0");
    expect(() => ids.decodeToken(wrong)).toThrow(SyntaxError);
    await ids.close();
    expect(await codeOf(ids.nextToken())).toBe(CLOSED);
  });

  test("its process ends by itself, once the client is ended", async (context) => {
    const place = await found(started, context).space();
    // The longest timeout there is: whatever waited for it would not end in time.
    const run = async (body: string) => {
      const script = `
        import { AsyncId64 } from ${JSON.stringify(new URL("../../support/library.ts", import.meta.url))};
        import { connectTo } from ${JSON.stringify(new URL("./stores.ts", import.meta.url))};
        process.on("exit", (code) => console.log("over", code));
        const { counter, end } = await connectTo(${JSON.stringify(place)});
        const ids = AsyncId64.identity({ instanceId: ${instanceId}, counter, minBlock: 10, timeout: 600_000 });
        ${body}`;
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        ["--no-warnings", "--input-type=module", "--eval", script],
        { cwd: import.meta.dirname, timeout: 60_000, killSignal: "SIGKILL" },
      );
      return stdout + stderr;
    };
    const outputs = await Promise.all(
      [
        "await ids.takeU64(35); await ids.close(); await end();",
        "for await (const _ of ids.batchesBase62(25)) break; await end();",
        // With a reservation ahead that fails, and fails again.
        "await ids.nextU64(); await end(); await ids.takeU64(9);",
        "await end(); const late = ids.nextU64().catch(({ code }) => console.log(code)); setTimeout(() => ids.close(), 200); await late;",
      ].map(run),
    );
    expect(outputs).toEqual(["over 0\n", "over 0\n", "over 0\n", `${CLOSED}\nover 0\n`]);
  });
});

test("F12, F32: the stores are away for 2 seconds under load", (context) => testOutages(2000, context));

/** A store that can be brought back to where it was before some numbers were issued. */
interface Fallible {
  readonly place: Place;
  /** Sets the point that `goBack` goes back to. */
  remember(): Promise<void>;
  goBack(): Promise<void>;
}

const FALLIBLE: Record<string, () => Promise<Fallible>> = {
  async "a Postgres restored to a point in time"() {
    const server = await startServer();
    await create(server.url);
    const service = await startProxy(server.port);
    let backup: string;
    return {
      place: through({ kind: "pg", address: server.url, name: "default" }, service),
      async remember() {
        backup = await server.backup();
      },
      async goBack() {
        const restored = ending(await server.recover(backup));
        await server.stop("fast");
        service.retarget(restored.port);
      },
    };
  },
  async "a Postgres whose lagging standby is promoted"() {
    const server = await startServer();
    await create(server.url);
    const service = await startProxy(server.port);
    const link = await startProxy(server.port);
    const standby = ending(await server.standby(link.port));
    return {
      place: through({ kind: "postgres", address: server.url, name: "default" }, service),
      async remember() {
        await standby.caughtUp(server);
        link.cut();
      },
      async goBack() {
        await server.stop("kill");
        await standby.promote();
        service.retarget(standby.port);
      },
    };
  },
  async "a Redis whose lagging replica is promoted"() {
    const { master, link, address, failover } = await servePair();
    await RedisCounter.create(master.admin, { instanceId });
    return {
      place: { kind: "ioredis", address: `redis://127.0.0.1:${address.port}`, name: "default" },
      async remember() {
        while ((await master.admin.wait(1, 1000)) < 1);
        link.freeze();
      },
      goBack: failover,
    };
  },
  async "a Redis that is restarted"() {
    const { master, address } = await servePair();
    await RedisCounter.create(master.admin, { instanceId });
    return {
      place: { kind: "node-redis", address: `redis://127.0.0.1:${address.port}`, name: "default" },
      async remember() {},
      async goBack() {
        await master.kill();
        await master.restart();
      },
    };
  },
  async "a state file put back over itself"() {
    const path = join(logFolder(), "state");
    new SqliteCounter(path, { floor: 1n }).close();
    return {
      place: { kind: "sqlite", address: path, name: "default" },
      remember: async () => copyFileSync(path, `${path}.old`),
      goBack: async () => renameSync(`${path}.old`, path),
    };
  },
};

describe("F13, F14: a store that went back, as a generator sees it", () => {
  test.for(Object.keys(FALLIBLE))("%s: it drops all that is at hand, and stays stopped", async (name, context) => {
    if (name.includes("Redis")) needsRedis(context);
    const { place, remember, goBack } = await FALLIBLE[name]!();
    const log = newLog();
    const rollbacks: CounterRollbackError[] = [];
    const generator = await generate(
      place,
      log,
      { minBlock: 100, maxBlock: 100, timeout: 20_000, onRollback: (error) => rollbacks.push(error) },
      { timeout: 2000 },
    );
    const { ids } = generator;
    await generator.take(20);
    await untilAhead(generator);
    await remember();
    await generator.take(300);
    await pause(50);
    await goBack();
    const held = ids.stats().remaining.current + ids.stats().remaining.next;
    expect(held).toBeGreaterThan(0);
    // More than it has: it asks the store, and waits.
    expect(await codeOf(generator.take(held + 50))).toBe(ROLLBACK);
    expect(ids.stats()).toMatchObject({ remaining: { current: 0, next: 0 }, discarded: held, issued: 320 });
    for (let i = 0; i < 3; i++) expect(await codeOf(generator.next())).toBe(ROLLBACK);
    await pause(100);
    expect(await codeOf(generator.next())).toBe(ROLLBACK);
    expect(rollbacks).toEqual([expect.objectContaining({ code: ROLLBACK, retryable: false })]);
    expect(ids.stats().leases.failed[ROLLBACK]).toBe(1);
    const { blocks } = readLog(log);
    expect(audit([readLog(log)], blocks.at(-1)!.end)).toMatchObject({ overlaps: [], repeats: 0, strays: [] });
  });
});
