import { defineConfig } from "vitest/config";

// Counters on real servers. The fast tests are part of npm test; with the long ones, npm run test:faults.
export default defineConfig({
  test: {
    name: "stores",
    root: import.meta.dirname,
    include: ["{postgres,redis,generator}/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: a server and those who load it take both.
    fileParallelism: false,
    server: { deps: { external: [/\/dist\//] } },
    fsModuleCache: false,
    reporters: ["default", "../support/closing-line.ts"],
  },
});
