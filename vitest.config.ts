import { defineConfig } from "vitest/config";

// Tests import "permid64", which Node resolves to this package's own exports: what runs is the built bundle.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    reporters: ["default", "./test/support/closing-line.ts"],
    server: { deps: { external: [/\/dist\//] } },
  },
});
