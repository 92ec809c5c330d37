import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/real/**", "**/node_modules/**", "dist/**"],
    // A developer's shell, and CI machines behind a proxy, set variables that this library reads.
    setupFiles: ["test/support/clean-environment.ts"],
    testTimeout: 20_000,
  },
});
