import { defineConfig } from "vitest/config";

// All platforms, and a table of them: npm run test:platforms.
export default defineConfig({
  test: {
    name: "platforms",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: "./setup.ts",
    testTimeout: 60_000,
    fsModuleCache: false,
    reporters: ["default", "./table.ts", "../support/closing-line.ts"],
  },
});
