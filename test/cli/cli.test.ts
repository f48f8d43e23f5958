import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Id64, MemoryCounter } from "permid64";
import { describe, expect, test } from "vitest";
import { cli, ended, NEXT, shell, terminal } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { vectors } from "../support/vectors.ts";

const SPECK = "000102030405060708090a0b0c0d0e0f";

test("the version is that of the package", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await cli(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test("an unknown command is one line", async () => {
  const { status, stderr } = await cli(["nxt"]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^permid64: unknown command 'nxt'[^\n]* \(ERR_PERMID64_USAGE\)\n$/);
});

describe("vectors", () => {
  test("are those of the reference, for each kind", async () => {
    const { stdout } = await cli(["vectors", "--instance", "42", "-n", "40"]);
    const { generators } = JSON.parse(stdout);
    const layout = { instanceBits: 16, sequenceBits: 48 };
    expect(generators).toEqual(
      (["multiplicative", "feistel", "identity"] as const).map((kind) => ({
        kind,
        ...(kind === "feistel" && { rounds: 6 }),
        instanceId: 42,
        layout,
        ids: vectors.generators.find((generator) => generator.kind === kind && generator.instanceId === 42)!.ids,
      })),
    );
  });

  test("follow the parameters", async () => {
    const { key, rounds, ids } = vectors.generators.find(({ kind, rounds }) => kind === "feistel" && rounds === 12)!;
    const args = ["vectors", "--kind", "feistel", "--rounds", "12", "--from", "3", "-n", "5"];
    const { generators } = JSON.parse((await cli(args, { env: { PERMID64_KEY: key! } })).stdout);
    expect(generators).toMatchObject([{ kind: "feistel", rounds, ids: ids.slice(3, 8) }]);
  });

  test("of Speck are those of its library, for a key", async () => {
    const { stdout } = await cli(["vectors", "--kind", "speck", "-i", "7", "-n", "3"], {
      env: { PERMID64_KEY: SPECK },
    });
    const ids = Id64.speck({ instanceId: 7, key: SPECK, counter: new MemoryCounter() });
    const { generators } = JSON.parse(stdout);
    expect(generators).toMatchObject([{ kind: "speck", instanceId: 7 }]);
    expect(generators[0].ids.map((row: string[]) => row[2])).toEqual([...ids.takeU64(3)].map(String));
  });

  test("reach the last number, and not further", async () => {
    const last = ["vectors", "--kind", "identity", "--from", "281474976710655"];
    expect(JSON.parse((await cli([...last, "-n", "1"])).stdout).generators[0].ids).toEqual([
      ["281474976710655", "281474976710655", "281474976710655", "001HvWXNAa7", "0007ZZZZZZZZZ"],
    ]);
    expect(await cli([...last, "-n", "2"])).toMatchObject({ status: 3, stdout: "" });
  });
});

describe("keygen", () => {
  test("prints a key, another one each time, and nothing else", async () => {
    const keys = await Promise.all([1, 2, 3].map(() => cli(["keygen"])));
    for (const key of keys) {
      expect(key).toEqual({ status: 0, stdout: expect.stringMatching(/^[0-9a-f]{32}\n$/), stderr: "" });
    }
    expect(new Set(keys.map(({ stdout }) => stdout)).size).toBe(keys.length);
  });

  test("makes what the other commands take", async () => {
    const line = `
      export PERMID64_KEY="$(permid64 keygen)"
      permid64 public encode --type order 123 | permid64 public decode --type order
      permid64 next --kind speck -s x.state -i 9 | permid64 decode --kind speck --tsv | cut -f3,4`;
    const { stdout } = await shell(line, { cwd: temporaryFolder() });
    expect(stdout).toBe("123\n9\t0\n");
  });
});

describe("keys", () => {
  const KEY = 0x7a69_5847_3625_1403n;
  const A = 0x1122_3344_5566_7789n;
  const B = 0x0f1e_2d3c_4b5a_6978n;
  const LONG = "7a695847362514032d1c0b0af9e8d7c6";
  const PREVIOUS = Buffer.from(LONG, "hex").reverse().toString("base64url");
  const forms = [KEY, A, B].flatMap((value) => [`${value}`, value.toString(16), `${BigInt.asIntN(64, value)}`]);
  forms.push(LONG, PREVIOUS.toLowerCase());
  const expectNoKey = (text: string) => {
    for (const form of forms) expect(text.toLowerCase()).not.toContain(form);
  };

  test.each([
    ["next", `--key=${KEY}`],
    ["next", "--key", `${KEY}`],
    ["next", "-k", `${KEY}`],
    ["--key", `${KEY}`, "next"],
    ["next", `--KEY=0x${KEY.toString(16)}`],
    ["next", "--kind", "feistel", "--a", `${A}`],
    ["decode", "--b", `${B}`, "E5xm7QFdS1Z"],
    ["vectors", `-a=${A}`],
    ["state", "import", "python.txt", "--key", `${KEY}`],
    ["next", "--kind", "speck", "--key", LONG],
    ["public", "encode", "--type", "order", `--key=${LONG}`, "1"],
    ["public", "decode", "--type", "order", "--previous-key", PREVIOUS, "x"],
  ])("are refused as arguments: %s %s", async (...args) => {
    const { status, stdout, stderr } = await cli(args, { cwd: temporaryFolder() });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]*PERMID64_KEY[^\n]* \(ERR_PERMID64_USAGE\)\n$/);
    expectNoKey(stderr);
  });

  test.each([
    ["next", `--keys=${KEY}`],
    ["next", "--keys", `${KEY}`],
    ["next", `-x${KEY}`],
    ["next", `${KEY}`],
    ["next", "feistel", `${KEY}`],
    ["vectors", `${KEY}`],
    ["keygen", LONG],
    ["keygen", `--seed=${LONG}`],
  ])("are not repeated where they are misplaced: %s %s", async (...args) => {
    const { status, stdout, stderr } = await cli(args, { cwd: temporaryFolder() });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^permid64: [^\n]* \(ERR_PERMID64_USAGE\)\n$/);
    expectNoKey(stderr);
  });

  test("are in no output and no error", async () => {
    const cwd = temporaryFolder();
    const env = { PERMID64_KEY: `${KEY}`, PERMID64_A: `${A}`, PERMID64_B: `${B}` };
    const config = {
      permutation: { kind: "feistel", key: `${KEY}`, rounds: 6 },
      instanceId: 1,
      layout: {},
      blockSize: 1,
    };
    writeFileSync(join(cwd, "config.json"), JSON.stringify(config));
    writeFileSync(join(cwd, "text.json"), `{"permutation": {"kind": "feistel", "key": ${KEY}n}}`);
    writeFileSync(
      join(cwd, "number.json"),
      JSON.stringify({ ...config, permutation: { kind: "feistel", key: 1, rounds: 6 } }).replace(":1,", `:${KEY},`),
    );
    const feistel = ["--kind", "feistel"];
    const runs = [
      [...NEXT, ...feistel],
      [...NEXT, "--kind", "multiplicative"],
      [...NEXT],
      [...NEXT, ...feistel, "--rounds", "0"],
      ["decode", ...feistel, "E5xm7QFdS1Z", "x"],
      ["vectors", "-i", "1"],
      ["vectors", "--config", "config.json"],
      ["vectors", "--config", "text.json"],
      ["vectors", "--config", "number.json"],
      ["state", "show", "permid64.state"],
    ];
    for (const args of runs) {
      const { stdout, stderr } = await cli(args, { cwd, env });
      expect(stdout + stderr).not.toBe("");
      expectNoKey(stdout + stderr);
    }
    const keys = { PERMID64_KEY: LONG, PERMID64_PREVIOUS_KEY: PREVIOUS };
    const speck = { ...config, permutation: { kind: "speck", key: LONG } };
    writeFileSync(join(cwd, "speck.json"), JSON.stringify(speck));
    writeFileSync(
      join(cwd, "short.json"),
      JSON.stringify({ ...config, permutation: { kind: "speck", key: `${LONG}00` } }),
    );
    const order = ["--type", "order"];
    for (const [args, changed] of [
      [[...NEXT, "--kind", "speck", "-s", "speck.state"], {}],
      [["decode", "--kind", "speck", "E5xm7QFdS1Z", "x"], {}],
      [["vectors", "--config", "speck.json"], {}],
      [["vectors", "--config", "short.json"], {}],
      [[...NEXT], {}],
      [[...NEXT, "--kind", "speck"], { PERMID64_KEY: `${LONG}0` }],
      [[...NEXT, "--kind", "speck"], { PERMID64_KEY: PREVIOUS.slice(1) }],
      [[...NEXT, "--kind", "feistel"], {}],
      [["public", "encode", ...order, "1"], {}],
      [["public", "encode", ...order, "--epoch", "0", "1", "x"], {}],
      [["public", "decode", ...order, "--epoch", "1", "x", "E5xm7QFdS1Z"], {}],
      [["public", "decode", ...order, "--epoch", "1", "x"], { PERMID64_PREVIOUS_KEY: LONG }],
      [["public", "decode", ...order, "--epoch", "1", "x"], { PERMID64_PREVIOUS_KEY: `${PREVIOUS}0` }],
      [["public", "decode", ...order, "--epoch", "1", "x"], { PERMID64_KEY: `0x${LONG}` }],
    ] as const) {
      const { stdout, stderr } = await cli(args, { cwd, env: { ...keys, ...changed } });
      expect(stdout + stderr).not.toBe("");
      expectNoKey(stdout + stderr);
    }
    for (const name of ["PERMID64_KEY", "PERMID64_A", "PERMID64_B"]) {
      for (const bad of [`${KEY}0`, `-${KEY}`, `${KEY.toString(16)}`, `0x${KEY.toString(16)}z`]) {
        const kind = name === "PERMID64_KEY" ? "feistel" : "multiplicative";
        const { status, stdout, stderr } = await cli(["vectors", "--kind", kind], { env: { [name]: bad } });
        expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
        expectNoKey(stderr);
      }
    }
  });
});

describe("on a terminal", () => {
  test("a long run tells how far it is, and Ctrl-C ends it", async () => {
    const child = terminal("permid64 next -s x.state -i 0 -n 9007199254740991 > /dev/null", { cwd: temporaryFolder() });
    let screen = "";
    let typed = false;
    child.stdout.on("data", (chunk) => {
      screen += chunk;
      if (typed || !/of 9,007,199,254,740,991 tokens, [0-9,]+ per second/.test(screen)) return;
      typed = true;
      child.stdin.write("\x03");
    });
    expect((await ended(child)).status).toBe(130);
    // It cleans up behind itself.
    expect(screen.replaceAll("^C", "").endsWith("\r\x1b[K")).toBe(true);
  });

  test("a short run shows nothing but what it was asked for", async () => {
    const child = terminal("permid64 decode --tsv E5xm7QFdS1Z");
    expect((await ended(child)).stdout).toBe("E5xm7QFdS1Z\t11821949021847552\t42\t0\r\n");
  });

  test("no progress goes where no terminal is", async () => {
    const line = "permid64 next -s x.state -i 0 -n 200000000 2>&1 > /dev/null | cat";
    expect((await shell(line, { cwd: temporaryFolder() })).stdout).toMatch(/^[^\n]*PERMID64_STATE_CREATED\)\n$/);
  });
});
