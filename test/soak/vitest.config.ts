import { defineConfig } from "vitest/config";

// Minutes, not seconds: npm run test:soak.
export default defineConfig({
  test: {
    name: "soak",
    root: import.meta.dirname,
    include: ["*.soak.ts"],
    testTimeout: 30 * 60_000,
    fsModuleCache: false,
    reporters: ["default", "../support/closing-line.ts"],
  },
});
