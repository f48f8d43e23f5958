import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Feistel64Permutation, Id64, MemoryCounter } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, ended, linesOf, NEXT, sequencesOf, shell, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { vectors } from "../support/vectors.ts";

const SPECK = "000102030405060708090a0b0c0d0e0f";
const MANY = `${2 ** 53 - 1}`;
const CREATED = /^permid64: Created the state file \S+: [^\n]* \(PERMID64_STATE_CREATED\)\n$/;

const goldenOf = (kind: string, instanceId: number) =>
  vectors.generators.find((generator) => generator.kind === kind && generator.instanceId === instanceId)!.ids;

describe("issues", () => {
  test("the tokens of the reference, and says once that it made a state file", async () => {
    const cwd = temporaryFolder();
    const first = await cli(["next", "--state", "orders.state", "--instance", "42"], { cwd });
    expect(first).toEqual({ status: 0, stdout: "E5xm7QFdS1Z\n", stderr: expect.stringMatching(CREATED) });
    const second = await cli(["next", "-s", "orders.state", "-i", "42", "-n", "39"], { cwd });
    const tokens = goldenOf("multiplicative", 42).map(([, , , base62]) => base62);
    // From the very next number: no more were reserved than were wanted.
    expect(second).toEqual({
      status: 0,
      stdout: tokens
        .slice(1)
        .map((token) => `${token}\n`)
        .join(""),
      stderr: "",
    });
  });

  test.each([
    ["base62", 3],
    ["u64", 2],
    ["crockford32", 4],
  ])("the format %s", async (format, column) => {
    const { stdout } = await cli([...NEXT, "-n", "40", "-f", format, "-i", "7217"], { cwd: temporaryFolder() });
    expect(linesOf(stdout)).toEqual(goldenOf("multiplicative", 7217).map((row) => row[column]));
  });

  test.each(["multiplicative", "feistel", "identity"])("the kind %s", async (kind) => {
    const { stdout } = await cli([...NEXT, "-n", "40", "--kind", kind, "-i", "65535"], { cwd: temporaryFolder() });
    expect(linesOf(stdout)).toEqual(goldenOf(kind, 65535).map(([, , , base62]) => base62));
  });

  test("under keys from the environment, decimal or hexadecimal", async () => {
    const { key, rounds, ids } = vectors.generators.find(({ kind, rounds }) => kind === "feistel" && rounds === 12)!;
    const expected = ids.slice(0, 3).map(([, , , base62]) => base62);
    for (const PERMID64_KEY of [key!, `0x${BigInt(key!).toString(16)}`]) {
      const args = [...NEXT, "-n", "3", "--kind", "feistel", "--rounds", `${rounds}`];
      const { stdout } = await cli(args, { cwd: temporaryFolder(), env: { PERMID64_KEY } });
      expect(linesOf(stdout)).toEqual(expected);
    }
    const { stdout } = await cli([...NEXT, "-f", "u64", "-n", "2", "--layout", "0+64"], {
      cwd: temporaryFolder(),
      env: { PERMID64_A: "3", PERMID64_B: "0xfF" },
    });
    expect(stdout).toBe("255\n258\n");
  });

  test("Speck's, under a key in either writing", async () => {
    const tokens = Id64.speck({ instanceId: 3, key: SPECK, counter: new MemoryCounter() }).takeBase62(3);
    for (const PERMID64_KEY of [SPECK, SPECK.toUpperCase(), Buffer.from(SPECK, "hex").toString("base64url")]) {
      const args = [...NEXT, "-n", "3", "-i", "3", "--kind", "speck"];
      const { stdout } = await cli(args, { cwd: temporaryFolder(), env: { PERMID64_KEY } });
      expect(linesOf(stdout)).toEqual(tokens);
    }
  });

  test.each([
    [["--prefix", "ord"], { prefix: "ord" }],
    [["--check"], { check: true }],
    [["-f", "base62", "--prefix", "ord", "--check"], { prefix: "ord", check: true }],
    [["-f", "crockford32"], { codec: "crockford32" }],
    [["-f", "crockford32", "--prefix", "a", "--check"], { codec: "crockford32", prefix: "a", check: true }],
  ] as const)("tokens as the library writes them with %j", async (args, options) => {
    const ids = Id64.multiplicative({ instanceId: 3, counter: new MemoryCounter(), ...options });
    const expected = ids.takeTokens(1000);
    const run = [...NEXT, "-n", "1000", "-i", "3", "--block-size", "300", ...args];
    const { stdout } = await cli(run, { cwd: temporaryFolder() });
    expect(linesOf(stdout)).toEqual(expected);
  });

  test("tokens as the config has them, unless told otherwise", async () => {
    const cwd = temporaryFolder();
    const options = { prefix: "ord", codec: "crockford32", check: true } as const;
    const service = () => Id64.speck({ instanceId: 5, key: SPECK, counter: new MemoryCounter(), ...options });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service().toConfig()));
    const expected = service();
    const next = async (...args: string[]) =>
      (await cli(["next", "--config", "config.json", "-s", "x.state", ...args], { cwd })).stdout;
    expect(await next()).toBe(`${expected.nextToken()}\n`);
    expect(await next("-f", "u64")).toBe(`${expected.nextU64()}\n`);
    const other = Id64.speck({ instanceId: 5, key: SPECK, counter: new MemoryCounter(), prefix: "inv", check: true });
    other.takeU64(2);
    expect(await next("-f", "base62", "--prefix", "inv")).toBe(`${other.nextToken()}\n`);
  });

  test("ids of a network with few rounds, for a config that has them", async () => {
    const cwd = temporaryFolder();
    const permutation = new Feistel64Permutation({ key: 11n, rounds: 4 });
    const service = new Id64({ instanceId: 5, permutation, counter: new MemoryCounter() });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service.toConfig()));
    const { stdout } = await cli(["next", "--config", "config.json", "-s", "x.state"], { cwd });
    expect(stdout).toBe(`${service.nextBase62()}\n`);
    const refused = await cli([...NEXT, "--kind", "feistel", "--rounds", "5"], { cwd });
    expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("--config") });
    expect(refused.stderr).toMatch(/^permid64: [^\n]*for ids that exist[^\n]* \(ERR_PERMID64_USAGE\)\n$/);
  });

  test("what the service with that config would, where options do not override it", async () => {
    const cwd = temporaryFolder();
    const service = Id64.feistel({
      instanceId: 5,
      key: 0x0123_4567_89ab_cdefn,
      rounds: 9,
      layout: { instanceBits: 8 },
      counter: new MemoryCounter(),
    });
    writeFileSync(join(cwd, "config.json"), JSON.stringify({ ...service.toConfig(), stateFile: "service.state" }));
    // Its key, not that of the environment.
    const env = { PERMID64_KEY: "1" };
    const { stdout, stderr } = await cli(["next", "--config", "config.json"], { cwd, env });
    expect(stderr).toMatch(CREATED);
    expect(existsSync(join(cwd, "service.state"))).toBe(true);
    expect(service.decodeBase62(stdout.trim())).toEqual(expect.objectContaining({ instanceId: 5, sequence: 0n }));
    const other = await cli(["next", "--config", "config.json", "-i", "6", "-s", "other.state"], { cwd, env });
    expect(service.decodeBase62(other.stdout.trim())).toEqual(expect.objectContaining({ instanceId: 6, sequence: 0n }));
    expect(existsSync(join(cwd, "other.state"))).toBe(true);
  });

  test.each([
    "base62",
    "crockford32",
    "u64",
  ] as const)("the same %s over blocks of any size, on either engine", async (format) => {
    const ids = Id64.feistel({ instanceId: 3, counter: new MemoryCounter() });
    const take = {
      base62: () => ids.takeBase62(1000),
      crockford32: () => ids.takeBase32(1000),
      u64: () => ids.takeU64(1000),
    };
    const text = [...take[format]()].map((id) => `${id}\n`).join("");
    for (const more of [[], ["--block-size", "1000"], ["--block-size", "7", "--engine", "bigint"]]) {
      const args = [...NEXT, "-n", "1000", "-i", "3", "--kind", "feistel", "-f", format, ...more];
      expect((await cli(args, { cwd: temporaryFolder() })).stdout).toBe(text);
    }
  });

  test("in an id space of its own", async () => {
    const cwd = temporaryFolder();
    await cli([...NEXT], { cwd });
    // Other parameters are refused in the same space, and fine in another.
    const refused = await cli([...NEXT, "--kind", "feistel"], { cwd });
    expect(refused).toEqual({
      status: 3,
      stdout: "",
      stderr: expect.stringMatching(/ERR_PERMID64_COUNTER_CONFIG\)\n$/),
    });
    expect((await cli([...NEXT, "--kind", "feistel", "--name", "other"], { cwd })).status).toBe(0);
  });
});

describe("ends", () => {
  test("quietly and soon when the reader has seen enough", async () => {
    const cwd = temporaryFolder();
    for (const format of ["base62", "crockford32", "u64"]) {
      const line = `{ permid64 next -s permid64.state -i 0 -n 10000000 -f ${format}; echo "status $?" >&2; } | head -n 2`;
      const { status, stdout, stderr } = await shell(line, { cwd });
      expect(status).toBe(0);
      expect(linesOf(stdout)).toHaveLength(2);
      expect(stderr.replace(CREATED_LINE, "")).toBe("status 0\n");
    }
    const { stdout } = await cli(["state", "show", "--json", "permid64.state"], { cwd });
    // What nobody read is wasted, but not much of the ten million.
    expect(BigInt(JSON.parse(stdout).mark)).toBeLessThan(3n * 1_000_000n);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("at %s with whole lines, and goes on behind them", async (signal) => {
    const cwd = temporaryFolder();
    const args = [...NEXT, "-n", MANY, "--block-size", "10000"];
    const child = startCli(args, { cwd });
    // The reader does not read on: what has been reserved is still written once it does.
    await new Promise((resolve) => child.stdout.once("readable", resolve));
    child.kill(signal);
    const { status, stdout } = await ended(child);
    expect(status).toBe(signal === "SIGINT" ? 130 : 143);
    const before = sequencesOf(stdout);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(before).toEqual(before.map((_, i) => BigInt(i)));
    const after = sequencesOf((await cli([...NEXT, "-n", "10"], { cwd })).stdout);
    expect(after).toEqual(after.map((_, i) => BigInt(before.length + i)));
  });

  test("at once at a second signal", async () => {
    const child = startCli([...NEXT, "-n", MANY], { cwd: temporaryFolder() });
    await new Promise((resolve) => child.stdout.once("readable", resolve));
    // Nobody reads on, so that the first one cannot end it.
    const repeat = setInterval(() => child.kill("SIGTERM"), 20);
    const signal = await new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    clearInterval(repeat);
    expect(signal).toBe("SIGTERM");
  });

  test("never having repeated a number when it is killed", async () => {
    const cwd = temporaryFolder();
    const seen: bigint[] = [];
    for (let round = 0; round < 5; round++) {
      const child = startCli([...NEXT, "-n", MANY, "--block-size", "5000"], { cwd });
      let lines = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        lines += chunk.length / 12;
        if (lines > round * 10_000) child.kill("SIGKILL");
      });
      const { status, stdout } = await ended(child);
      expect(status).toBe("SIGKILL");
      seen.push(...sequencesOf(stdout.slice(0, stdout.lastIndexOf("\n") + 1)));
    }
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("with the last number there is, which it issues", async () => {
    const cwd = temporaryFolder();
    const args = [...NEXT, "-n", "1000", "--layout", "32+32", "-i", "4000000000"];
    await cli([...args, "-n", "1"], { cwd });
    const raised = await cli(["state", "raise", "permid64.state", "-i", "4000000000", "--to", `${2 ** 32 - 100}`], {
      cwd,
    });
    expect(raised.status).toBe(0);
    const { status, stdout, stderr } = await cli(args, { cwd });
    expect(status).toBe(3);
    const ids = Id64.multiplicative({ instanceId: 0, layout: { instanceBits: 32 }, counter: new MemoryCounter() });
    const { sequence } = ids.decodeManyBase62(Buffer.from(stdout), { separator: 10 });
    expect([...sequence]).toEqual(Array.from({ length: 100 }, (_, i) => 2n ** 32n - 100n + BigInt(i)));
    expect(stderr).toMatch(/^permid64: Instance [^\n]* left\. \(PERMID64_NEARLY_EXHAUSTED\)$/m);
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_COUNTER_EXHAUSTED\)$/m);
  });

  test("with one line on a full disk", async () => {
    const { status, stderr } = await shell("permid64 next -s permid64.state -i 0 -n 3 > /dev/full", {
      cwd: temporaryFolder(),
    });
    expect(status).toBe(1);
    expect(stderr.replace(CREATED_LINE, "")).toMatch(/^permid64: ENOSPC[^\n]* \(ENOSPC\)\n$/);
  });
});

const CREATED_LINE = new RegExp(CREATED.source.slice(1, -1));

describe("refuses, having left no file behind,", () => {
  test.each([
    [["-n", "0"], {}],
    [["-n", "-1"], {}],
    [["-n", "1.5"], {}],
    [["-n", "1e3"], {}],
    [["-n", `${2 ** 53}`], {}],
    [["-n"], {}],
    [["-i", "65536"], {}],
    [["-i", "x"], {}],
    [["--block-size", "0"], {}],
    [["--block-size", "99999999"], {}],
    [["--kind", "aes"], {}],
    [["--kind", "feistel", "--rounds", "0"], {}],
    [["--kind", "feistel", "--rounds", "257"], {}],
    [["--rounds", "6"], {}],
    [["--kind", "feistel", "--rounds", "5"], {}],
    [["--kind", "speck", "--rounds", "6"], { PERMID64_KEY: SPECK }],
    [["--prefix", "Ord"], {}],
    [["--prefix", "ord_"], {}],
    [["--codec", "base62"], {}],
    [["-f", "u64", "--prefix", "ord"], {}],
    [["-f", "u64", "--check"], {}],
    [["--layout", "16"], {}],
    [["--layout", "16+47"], {}],
    [["--layout", "33+31"], {}],
    [["--format", "hex"], {}],
    [["--engine", "jit"], {}],
    [["--name", ""], {}],
    [["--state", ""], {}],
    [["--config", "missing.json"], {}],
    [["--config", "x.json", "--kind", "feistel"], {}],
    [["extra"], {}],
    [["--nonsense"], {}],
    [[], { PERMID64_A: "4" }],
    [[], { PERMID64_A: "" }],
    [[], { PERMID64_B: "-1" }],
    [[], { PERMID64_KEY: "7" }],
    [["--kind", "feistel"], { PERMID64_KEY: "" }],
    [["--kind", "feistel"], { PERMID64_KEY: "18446744073709551616" }],
    [["--kind", "feistel"], { PERMID64_KEY: "deadbeef" }],
    [["--kind", "feistel"], { PERMID64_KEY: SPECK }],
    [["--kind", "speck"], {}],
    [["--kind", "speck"], { PERMID64_KEY: "" }],
    [["--kind", "speck"], { PERMID64_KEY: "7" }],
    [["--kind", "speck"], { PERMID64_KEY: SPECK.slice(1) }],
    [["--kind", "speck"], { PERMID64_KEY: "0".repeat(32) }],
  ])("%j %j", async (args, env) => {
    const cwd = temporaryFolder();
    const { status, stdout, stderr } = await cli([...NEXT, ...args], { cwd, env });
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_[A-Z_]+\)\n$/);
    expect(existsSync(join(cwd, "permid64.state"))).toBe(false);
  });

  test.each([
    [[], "--state"],
    [["-s", "x.state"], "--instance"],
    [["-i", "42"], "--state"],
    [["-n", "3", "--kind", "feistel"], "--state"],
    [["--config", "config.json"], "--state"],
    [["--config", "config.json", "-i", "42"], "--state"],
  ])("to guess the file or the instance: %j", async (args, missing) => {
    const cwd = temporaryFolder();
    const service = Id64.multiplicative({ instanceId: 5, counter: new MemoryCounter() });
    writeFileSync(join(cwd, "config.json"), JSON.stringify(service.toConfig()));
    const { status, stdout, stderr } = await cli(["next", ...args], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: next needs [^\n]* \(ERR_PERMID64_USAGE\)\n$/);
    expect(stderr).toContain(missing);
    expect(readdirSync(cwd)).toEqual(["config.json"]);
  });

  test("a missing state that it may not create", async () => {
    const cwd = temporaryFolder();
    const { status, stderr } = await cli([...NEXT, "--no-create"], { cwd });
    expect(status).toBe(3);
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_COUNTER_NOT_INITIALIZED\)\n$/);
    expect(existsSync(join(cwd, "permid64.state"))).toBe(false);
  });
});
