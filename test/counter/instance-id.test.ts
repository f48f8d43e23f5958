import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Id64, instanceIdFromEnv, instanceIdFromPodName, MemoryCounter } from "../support/library.ts";

afterEach(() => vi.unstubAllEnvs());

const TYPE = "ERR_PERMID64_INVALID_TYPE";
const RANGE = "ERR_PERMID64_OUT_OF_RANGE";
const EXPECTED = "an integer from 0 to 4294967295 in decimal";

const error = (type: string, code: string, message: string) => expect.objectContaining({ name: type, code, message });

describe("from an environment variable", () => {
  test.each([
    ["0", 0],
    ["7", 7],
    ["65535", 65535],
    ["4294967295", 2 ** 32 - 1],
  ])("%s", (text, id) => {
    vi.stubEnv("PERMID64_TEST_INSTANCE", text);
    expect(instanceIdFromEnv("PERMID64_TEST_INSTANCE")).toBe(id);
  });

  test.each([
    "",
    " 7",
    "7 ",
    "7\n",
    "+7",
    "-7",
    "-0",
    "07",
    "00",
    "7.0",
    "7e2",
    "0x7",
    "7n",
    "1_000",
    "４２",
    "4294967296",
    "99999999999999999999",
    "web-3",
  ])("%j is refused, and not shown", (text) => {
    vi.stubEnv("PERMID64_TEST_INSTANCE", text);
    expect(() => instanceIdFromEnv("PERMID64_TEST_INSTANCE")).toThrow(
      error(
        "RangeError",
        RANGE,
        `"PERMID64_TEST_INSTANCE" expected ${EXPECTED}, got another text of ${text.length} characters`,
      ),
    );
  });

  test("one that is not set is an error of its own", () => {
    vi.stubEnv("PERMID64_TEST_INSTANCE", undefined);
    expect(() => instanceIdFromEnv("PERMID64_TEST_INSTANCE")).toThrow(
      error("TypeError", TYPE, `"PERMID64_TEST_INSTANCE" expected ${EXPECTED} in the environment, got nothing`),
    );
    expect(() => instanceIdFromEnv(7 as never)).toThrow(error("TypeError", TYPE, '"name" expected a string, got 7'));
  });

  test("one that the layout has no room for is refused by the generator", () => {
    vi.stubEnv("PERMID64_TEST_INSTANCE", "65536");
    const instanceId = instanceIdFromEnv("PERMID64_TEST_INSTANCE");
    expect(() => Id64.identity({ instanceId, counter: new MemoryCounter() })).toThrow(RangeError);
  });
});

describe("from the name of a pod", () => {
  test.each([
    ["web-0", 0],
    ["web-3", 3],
    ["order-service-12", 12],
    ["a--5", 5],
    ["web-4294967295", 2 ** 32 - 1],
  ])("%s", (name, id) => {
    expect(instanceIdFromPodName(name)).toBe(id);
  });

  test.each([
    "",
    "web",
    "web-",
    "-3",
    "3",
    "web-03",
    "web-3a",
    "web-7d4b9c6f5-x2x9k",
    "web-4294967296",
    "web-3 ",
    "web-+3",
    "web_3",
  ])("%j is refused", (name) => {
    expect(() => instanceIdFromPodName(name)).toThrow(
      error(
        "RangeError",
        RANGE,
        `"name" expected the name of a StatefulSet's pod, such as "web-3", got ${JSON.stringify(name)}`,
      ),
    );
  });

  test("by default of the pod it runs in: POD_NAME, or else HOSTNAME", () => {
    vi.stubEnv("HOSTNAME", "web-4");
    vi.stubEnv("POD_NAME", undefined);
    expect(instanceIdFromPodName()).toBe(4);
    vi.stubEnv("POD_NAME", "web-5");
    expect(instanceIdFromPodName()).toBe(5);
    vi.stubEnv("POD_NAME", undefined);
    vi.stubEnv("HOSTNAME", undefined);
    expect(() => instanceIdFromPodName()).toThrow(error("TypeError", TYPE, '"name" expected a string, got undefined'));
    expect(() => instanceIdFromPodName(3 as never)).toThrow(
      error("TypeError", TYPE, '"name" expected a string, got 3'),
    );
  });
});

test("where there is no environment, there is nothing in it", () => {
  const script = `
    import { instanceIdFromEnv, instanceIdFromPodName } from "permid64";
    const codes = [() => instanceIdFromEnv("HOME"), () => instanceIdFromPodName()].map((call) => {
      delete globalThis.process;
      try { return call(); } catch ({ code }) { return code; }
    });
    console.log(codes.join(" "), instanceIdFromPodName("web-3"));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });
  expect(output).toBe(`${TYPE} ${TYPE} 3\n`);
});
