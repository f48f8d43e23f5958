import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacking } from "../support/lacking.ts";
import { chromium, firefox, webkit } from "./browsers.ts";
import { esbuild, vite } from "./bundlers.ts";
import { app, passed, type Result } from "./matrix.ts";
import { Tour } from "./pages.ts";

/** What the server serves from elsewhere in the app's folder. */
const aliases: Record<string, string> = { "/permid64.js": "node_modules/permid64/dist/permid64.js" };

beforeAll(async () => {
  const file = (path: string) => relative(app, path);
  aliases["/service-worker.js"] = file(await esbuild.bundle("pages/service-worker-thread.mjs"));
  const assets = dirname(await vite.bundle("pages/bundled.mjs"));
  aliases["/bundled.html"] = file(join(assets, "../index.html"));
  for (const name of readdirSync(assets)) aliases[`/assets/${name}`] = file(join(assets, name));
});

const [here, missing] = [true, false].map((found) =>
  [chromium, firefox, webkit].filter((each) => each.found === found),
);

test.for(missing!)("$platform is installed", ({ platform, packages }, context) => {
  context.task.meta.missing = platform;
  lacking(context, `${platform}: apt-get install --no-install-recommends ${packages}`);
});

describe.each(here!)("$platform", ({ platform, open }) => {
  let tour: Tour;
  beforeAll(async () => {
    tour = await Tour.start(open, aliases);
  }, 60_000);
  afterAll(() => tour?.end());

  test("a page", async (context) => {
    const page = (await tour.visit("/pages/plain.html")) as Result & { requests: string[] };
    await passed(context, { platform, version: tour.version, engine: "wasm" }, page);
    // The library is one file, and asks for no other.
    expect(page.requests).toEqual([
      "/conformance.mjs",
      "/node_modules/permid64/dist/permid64.js",
      "/pages/plain.mjs",
      "/pages/report.mjs",
      "/pages/suite.mjs",
      "/vectors.mjs",
    ]);
  });

  test("a page whose policy forbids WebAssembly", async (context) => {
    const page = (await tour.visit("/pages/policy.html?headers=policy&engine=auto")) as Result & { reports: string[] };
    const note = "Content-Security-Policy without wasm-unsafe-eval";
    await passed(context, { platform, version: tour.version, engine: "bigint", note }, page);
    // The page's owner hears of each try, though not from WebKit: of one by "auto", and one where the suite asks for "wasm".
    const report = "script-src wasm-eval";
    expect(page.reports).toEqual(platform === webkit.platform ? [] : [report, report]);
  });

  test("such a page that asks for BigInt", async (context) => {
    const page = (await tour.visit("/pages/policy.html?headers=policy&engine=bigint")) as Result & {
      reports: string[];
    };
    const note = 'the same with engine: "bigint", nothing reported';
    await passed(context, { platform, version: tour.version, engine: "bigint", note }, page, "bigint");
    expect(page.reports).toEqual([]);
  });

  test("a page in cross-origin isolation", async (context) => {
    const page = (await tour.visit("/pages/plain.html?headers=isolated")) as Result & { isolated: boolean };
    await passed(context, { platform, version: tour.version, engine: "wasm", note: "cross-origin isolation" }, page);
    expect(page.isolated).toBe(true);
  });

  test.for([
    ["web-worker", "wasm", "web worker"],
    ["service-worker", "wasm", "service worker"],
    ["frozen", "wasm", "frozen primordials"],
    ["no-webassembly", "bigint", "no WebAssembly"],
    ["twice", "wasm", "imported twice"],
  ] as const)("%s: %s", async ([page, engine, note], context) => {
    const result = (await tour.visit(`/pages/${page}.html`)) as Result;
    await passed(context, { platform, version: tour.version, engine, note }, result);
  });

  test("the page of the README", async () => {
    const page = await tour.visit("/pages/snippet.html");
    expect(page).toEqual({ failures: [], text: "instance 42, number 0, by wasm" });
  });

  test("what Vite bundles", async (context) => {
    const result = (await tour.visit("/bundled.html")) as Result;
    await passed(
      context,
      { platform, version: tour.version, engine: "wasm", note: `bundled by Vite ${vite.version}` },
      result,
    );
  });
});
