import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Id64Decoder, SqliteCounter } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, ended, linesOf, shell, startCli, terminal } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const STAMP = ["stamp", "--state", "orders.state", "--instance", "42", "--to", "id"];
const env = { PERMID64_KEY: "000102030405060708090a0b0c0d0e0f" };
const decoder = Id64Decoder.multiplicative();

/** The sequence number of each stamped line; a line that was cut by a signal does not count. */
const sequencesIn = (text: string) => linesOf(text).map((line) => decoder.decodeBase62(JSON.parse(line).id).sequence);

async function folderWithState(instance = 42): Promise<{ cwd: string; mark: () => bigint }> {
  const cwd = temporaryFolder();
  await cli(["state", "create", "orders.state", "-i", `${instance}`], { cwd });
  return { cwd, mark: () => SqliteCounter.inspect(join(cwd, "orders.state"))[0]!.mark };
}

describe("numbers", () => {
  test("are those that a short run needs, and the next run goes on behind them", async () => {
    const { cwd, mark } = await folderWithState();
    const first = await cli(STAMP, { cwd, input: "{}\n{}\n[]\n{}\n" });
    expect(sequencesIn(first.stdout)).toEqual([0n, 1n, 2n]);
    expect(mark()).toBe(3n);
    const second = await cli(STAMP, { cwd, input: "{}\n" });
    expect(sequencesIn(second.stdout)).toEqual([3n]);
    expect(mark()).toBe(4n);
  });

  test("of a long run follow one another, and few are wasted", async () => {
    const { cwd, mark } = await folderWithState();
    const { stdout } = await cli(STAMP, { cwd, input: "{}\n".repeat(600_000) });
    const sequences = sequencesIn(stdout);
    expect(sequences).toHaveLength(600_000);
    expect(sequences.every((sequence, i) => sequence === BigInt(i))).toBe(true);
    expect(mark() - 600_000n).toBeLessThan(2n ** 18n);
  });

  test("are never repeated when runs are killed", async () => {
    const { cwd } = await folderWithState();
    const seen = new Set<bigint>();
    let count = 0;
    for (let round = 0; round < 4; round++) {
      const child = startCli(STAMP, { cwd });
      const input = Buffer.from("{}\n".repeat(20_000));
      const feed = () => {
        if (child.stdin.writable) child.stdin.write(input, feed);
      };
      feed();
      let lines = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        lines += chunk.length / 21;
        if (lines > round * 50_000) child.kill("SIGKILL");
      });
      const { status, stdout } = await ended(child);
      expect(status).toBe("SIGKILL");
      const sequences = sequencesIn(stdout);
      count += sequences.length;
      for (const sequence of sequences) seen.add(sequence);
    }
    expect(count).toBeGreaterThan(150_000);
    expect(seen.size).toBe(count);
  });

  test("that are not left end the run, with the line where it ends", async () => {
    const { cwd } = await folderWithState(7);
    const args = ["stamp", "-s", "orders.state", "-i", "7", "--layout", "32+32", "--to", "id"];
    await cli(args, { cwd, input: "{}\n" });
    await cli(["state", "raise", "orders.state", "-i", "7", "--to", `${2 ** 32 - 2}`], { cwd });
    const enough = await cli(args, { cwd, input: "{}\n{}\n" });
    expect(enough.status).toBe(0);
    const { status, stdout, stderr } = await cli(args, { cwd, input: "\n{}\n" });
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(
      /^permid64: no record from line 1 on was written: instance 7 [^\n]* \(ERR_PERMID64_COUNTER_EXHAUSTED\)$/m,
    );
  });

  test("that nobody reads are not reserved for ever", async () => {
    const { cwd, mark } = await folderWithState();
    const endless = "while cat orders.ndjson; do :; done 2> /dev/null";
    const line = `for i in 1 2 3 4 5 6 7 8; do echo '{}'; done > orders.ndjson; ${endless} | { permid64 ${STAMP.join(" ")}; echo "status $?" >&2; } | head -n 2`;
    const { status, stdout, stderr } = await shell(line, { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "status 0\n" });
    expect(sequencesIn(stdout)).toEqual([0n, 1n]);
    expect(mark()).toBeLessThan(3n * 1_000_000n);
  });
});

test("each record is answered as it comes", async () => {
  const { cwd } = await folderWithState();
  const child = startCli(STAMP, { cwd });
  for (let i = 0; i < 5; i++) {
    child.stdin.write("{}\n");
    const answer = await new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
    expect(sequencesIn(answer as string)).toEqual([BigInt(i)]);
  }
  child.stdin.end();
  expect((await ended(child)).status).toBe(0);
});

test("a long run on a terminal tells how far it is", async () => {
  const { cwd } = await folderWithState();
  const child = terminal(`yes '{}' | permid64 ${STAMP.join(" ")} > /dev/null`, { cwd });
  let screen = "";
  let typed = false;
  child.stdout.on("data", (chunk) => {
    screen += chunk;
    if (typed || !/[0-9,]+ records, [0-9,]+ per second/.test(screen)) return;
    typed = true;
    child.stdin.write("\x03");
  });
  expect((await ended(child)).status).toBe(130);
});

test("a full disk is one line", async () => {
  const { cwd } = await folderWithState();
  const { status, stderr } = await shell(`echo '{}' | permid64 ${STAMP.join(" ")} > /dev/full`, { cwd });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^permid64: ENOSPC[^\n]* \(ENOSPC\)\n$/);
});

test.each([
  [["--to", "id"], "stamp needs"],
  [["--to", "id", "-s", "x.state"], "stamp needs"],
  [["--to", "id", "-i", "42"], "stamp needs"],
  [["-s", "x.state", "-i", "42"], "--to"],
  [["--to", "id", "--type", "order"], "--from"],
  [["--to", "id", "--from", "n"], "--type"],
  [["--to", "id", "--tenant", "acme", "-s", "x.state", "-i", "42"], "--tenant"],
  [["--to", "id", "--bits", "20", "-s", "x.state", "-i", "42"], "--bits"],
  [["--to", "id", "--epoch", "1"], "--type"],
  [["--to", "id", "--type", "order", "--from", "n", "-s", "x.state"], "--state"],
  [["--to", "id", "--type", "order", "--from", "n", "-i", "1"], "--instance"],
  [["--to", "id", "--type", "order", "--from", "n", "--no-create"], "--no-create"],
  [["--to", "id", "--type", "order", "--from", "n", "-f", "u64"], "u64"],
  [["--to", "id", "-s", "x.state", "-i", "42", "--kind", "speck", "-f", "uuid"], "uuid"],
  [["--to", "id", "-s", "x.state", "-i", "42", "--kind", "speck", "-f", "base32"], "crockford32"],
  [["--to", "id", "-s", "x.state", "-i", "42", "--kind", "speck", "one", "two"], "too many arguments"],
])("refuses %j", async (args, hint) => {
  const cwd = temporaryFolder();
  const { status, stdout, stderr } = await cli(["stamp", ...args], { cwd, env, input: "{}\n" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_USAGE\)\n$/);
  expect(stderr).toContain(hint);
  expect(readdirSync(cwd)).toEqual([]);
});
