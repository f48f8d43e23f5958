import { defineConfig } from "vitest/config";
import stores from "./test/counter/vitest.config.ts";
import platforms from "./test/platforms/vitest.config.ts";

export default defineConfig({
  test: {
    // One for each core: many tests do little but wait for processes.
    maxWorkers: "100%",
    // It keeps where "permid64" led, and so an older build in some test files, after "exports" of package.json changed.
    fsModuleCache: false,
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      {
        test: {
          name: "library",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "test/platforms/**", "test/counter/{postgres,redis,generator}/**"],
          testTimeout: 60_000,
          // Tests import "permid64", which Node resolves to this package's own exports: what runs is the built bundle.
          server: { deps: { external: [/\/dist\//] } },
        },
      },
      // Only browsers are system packages: npm run test:platforms.
      { test: { ...platforms.test, exclude: ["*browsers.test.ts"] } },
      { test: stores.test! },
    ],
  },
});
